#!/usr/bin/env python3
"""SIGKILL at random moments of `install-plan --apply` and `setup`, each followed by the same command.

Every environment must end as it was before or as planned, by the hashes of its files, and no process may be
left. Run it through `tests/long/run`; the suite runs a few of the kills (tests/setup/test_killed.py).
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import functools
import hashlib
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.leftovers import MARK, marked  # noqa: E402 - the clone's own, found by the path above
from tests.setup.offered import Quiet, wheel  # noqa: E402 - as the line before

OLD = "2.9.0"
REAL = "2.13.0"
"""The real torch that lies where pip is set to look."""
CLOSED = "http://127.0.0.1:9/whl"
PAUSE_S = 2.0


class Server(http.server.ThreadingHTTPServer):
    """Says nothing of clients that were killed."""

    def handle_error(self, *_: object) -> None:
        pass


def planned_version() -> str:
    """The torch that a plan takes here, as the wheels must be named."""
    words = ["install-plan", "--python", sys.executable, "--backend", "cpu", "--allow-cpu"]
    argv = [sys.executable, "-P", "-m", "envsetup", *words, "--format", "json"]
    told = subprocess.run(argv, cwd="/", capture_output=True, text=True, check=True)
    return str(json.loads(told.stdout)["torch_version"])


@contextlib.contextmanager
def index(folder: Path, version: str, modules: int, *, real: bool) -> Iterator[str]:
    """A mirror on the loopback: a torch of many files and two packages that it needs; or an empty one."""
    for name in ("torch", "needed", "needed2"):
        page = folder / "whl" / "cpu" / name
        page.mkdir(parents=True)
        if not real:
            needs = ("needed", "needed2") if name == "torch" else ()
            release = f"{version}+cpu" if needs else "1.0"
            wheel(page, release, name, modules if needs else modules // 3, needs)
    handler = functools.partial(Quiet, directory=str(folder))
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/whl"
    server.shutdown()
    server.server_close()
    thread.join()


def hashes(folder: Path) -> dict[str, str]:
    """Every file but compiled modules: its hash, or where a link leads."""
    found = {}
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        names = [name for name in names if name != ".lock"]  # uv's own: empty, and it stays
        for name in [
            *names,
            *(one for one in folders if os.path.islink(os.path.join(inside, one))),
        ]:
            path = Path(inside, name)
            data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            if name == ".envsetup.json":  # the number of the folder in it is another in each round
                data = data.partition(b'"folder"')[0]
            found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
    return found


def difference(now: dict[str, str], wanted: dict[str, str]) -> str:
    other = sorted(k for k in now.keys() | wanted.keys() if now.get(k) != wanted.get(k))
    return f"{len(other)} files differ: {', '.join(other[:5])}"


class Round:
    """One command, killed and run again; `before` and `planned` are what the environment may end as."""

    def __init__(
        self, work: Path, command: str, installer: str, mirror: str, version: str, *, real: bool
    ) -> None:
        self.folder, self.command, self.real = work / "env", command, real
        self.installer = installer
        self._kept = work / "kept"
        self.token = uuid.uuid4().hex
        self.env = self._surroundings()
        self.argv = self._words(mirror, version)

    def _words(self, mirror: str, version: str) -> list[str]:
        python = str(self.folder / "bin" / "python")
        named = [f"torch=={version}", "--apply", "--python", python]
        words = ["install-plan", *named] if self.command == "apply" else ["setup", str(self.folder)]
        words += ["--python", sys.executable] if self.command == "setup" else []
        words += [
            "--backend",
            "cpu",
            "--allow-cpu",
            "--installer",
            self.installer,
            "--mirror",
            mirror,
        ]
        return [sys.executable, "-P", "-m", "envsetup", *words]

    def _surroundings(self) -> dict[str, str]:
        env = {
            k: v for k, v in os.environ.items() if self.real or not k.startswith(("PIP_", "UV_"))
        }
        if not self.real:
            env |= {
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "UV_NO_CONFIG": "1",
            }
        tools = str(Path(sys.executable).parent)
        return {**env, MARK: self.token, "PATH": f"{tools}{os.pathsep}{env.get('PATH', '')}"}

    def prepare(self, modules: int) -> None:
        """Makes what is there before, and learns what the command makes of it and how long it takes."""
        if self.command == "apply":
            subprocess.run([sys.executable, "-m", "venv", str(self.folder)], check=True)
            with tempfile.TemporaryDirectory() as old:
                file = wheel(Path(old), f"{OLD}+cpu", modules=modules)
                pip = [
                    str(self.folder / "bin" / "python"),
                    "-m",
                    "pip",
                    "install",
                    "-q",
                    "--no-index",
                ]
                subprocess.run([*pip, str(file)], check=True, env=self.env)
            shutil.copytree(self.folder, self._kept, symlinks=True)
        self.before = hashes(self.folder)
        started = time.monotonic()
        self.said = self.run().stderr
        self.seconds = time.monotonic() - started
        self.planned = hashes(self.folder)
        if not self.planned:
            raise RuntimeError(f"the command itself made nothing: {self.said}")

    def reset(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._kept.exists():
            shutil.copytree(self._kept, self.folder, symlinks=True)

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.argv, env=self.env, cwd="/", capture_output=True, text=True)

    def killed(self, after_s: float) -> None:
        """Starts the command and kills it alone: what it started is not our business."""
        with open(os.devnull, "wb") as nowhere:
            process = subprocess.Popen(
                self.argv, env=self.env, cwd="/", stdout=nowhere, stderr=nowhere
            )
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(after_s)
            process.send_signal(signal.SIGKILL)
            process.wait()

    def left(self) -> list[str]:
        """Processes of this round that still run, whoever started them."""
        return [f"process {pid} still runs" for pid in marked(self.token)]

    def state(self) -> str:
        """What a kill left, in a word."""
        now = hashes(self.folder)
        if any("/.envsetup-restore/manifest.json" in name for name in now):
            return "journal"
        if b"incomplete" in _bytes(self.folder / ".envsetup.json"):
            return "half-made"
        now = {name: told for name, told in now.items() if name != ".envsetup.lock"}
        kept = {name for name in now if ".envsetup-restore" in name}
        now = {name: told for name, told in now.items() if name not in kept}
        return "before" if now == self.before else "planned" if now == self.planned else "ANOTHER"

    def wrong(self, after_s: float, pause_s: float) -> tuple[str, list[str]]:
        """What the kill left, and what is wrong after the same command was run once more."""
        self.killed(after_s)
        if pause_s:
            time.sleep(pause_s)
        left = self.left() if pause_s else []
        wrong = [f"{pause_s:g} s after the kill: {one}" for one in left]
        state = self.state()
        again = self.run()
        now = hashes(self.folder)
        if now not in (self.before, self.planned):
            wrong.append(difference(now, self.planned))
        if again.returncode not in (0, 1):
            wrong.append(f"exit code {again.returncode}")
        wrong += [f"at the end: {one}" for one in self.left()]
        if state == "ANOTHER":
            wrong.append("nothing tells that the environment is half changed")
        return state, [*wrong, again.stderr[-2000:]] if wrong else []


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def kills(
    command: str, installer: str, count: int, seed: int, modules: int = 1500, *, real: bool = False
) -> list[str]:
    """Kills `count` times; everything that was wrong. Prints a line for each kill."""
    dice, wrong = random.Random(seed), list[str]()
    version = REAL if real else planned_version()
    states: collections.Counter[str] = collections.Counter()
    with (
        tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True) as folder,
        index(Path(folder) / "served", version, modules, real=real) as mirror,
    ):
        if real and command == "setup":
            mirror = CLOSED  # then it takes what pip is offered
        one = Round(Path(folder), command, installer, mirror, version, real=real)
        one.prepare(modules)
        print(f"{command} with {installer}: {one.seconds:.1f} s without a kill", flush=True)
        for number in range(count):
            one.reset()
            after_s = dice.uniform(0.2, one.seconds * 1.05)
            pause_s = PAUSE_S if number % 2 else 0.0
            state, found = one.wrong(after_s, pause_s)
            states[state] += 1
            wrong += [
                f"{command}, {installer}, kill {number} after {after_s:.2f} s: {w}" for w in found
            ]
            when = f"after {pause_s:g} s" if pause_s else "at once"
            print(
                f"  {number:3} killed at {after_s:6.2f} s: {state:9} again {when}: {found or 'ok'}",
                flush=True,
            )
    print(
        f"{command} with {installer}: {count} kills, {len(wrong)} wrong; left by the kill: {dict(states)}",
        flush=True,
    )
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", default="apply,setup")
    parser.add_argument("--installers", default="pip,uv")
    parser.add_argument("--kills", type=int, default=20, help="of each command with each installer")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument(
        "--real", action="store_true", help="the real torch, from where pip is set to look"
    )
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    wrong = []
    for command in given.commands.split(","):
        for installer in given.installers.split(","):
            wrong += kills(command, installer, given.kills, given.seed, real=given.real)
    print(
        "\n".join(wrong)
        or "every environment ended as before or as planned, and no process was left"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
