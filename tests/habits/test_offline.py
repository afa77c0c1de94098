"""`--offline` means it: in no command is a name looked up or a socket opened that leaves the machine.

Two witnesses, both in the tool and in all that it starts: Python's audit hook, and a library that
stands before the C functions, so that native code (gloo) is seen too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envsetup.host import LocalHost
from envsetup.host.questions import MASTER_LEADS_TO
from envsetup.installer.offline import local_places, without_network
from envsetup.model import Absent, Known, Unreadable

FAKES = Path(__file__).parents[1] / "fakes"
AUDIT = """
import os, sys
LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")
def hook(event, given):
    if not event.startswith("socket."):
        return
    leaves = event in ("socket.connect", "socket.sendto", "socket.sendmsg")
    to = given[1] if leaves and len(given) > 1 and isinstance(given[1], tuple) else ()
    if event in LOOKUPS or to and not str(to[0]).startswith(("127.", "::1")):
        with open(os.environ["NETWORK_LOG"], "a") as log:
            log.write(event + " " + repr(given[-1]) + chr(10))
sys.addaudithook(hook)
"""
TRAINING = {
    "MASTER_ADDR": "master.nowhere.example",
    "MASTER_PORT": "29511",
    "RANK": "0",
    "WORLD_SIZE": "2",
    "PIP_INDEX_URL": "http://index.nowhere.example/simple",
    "PIP_FIND_LINKS": "http://wheels.nowhere.example/torch/",
    "HTTPS_PROXY": "http://proxy.nowhere.example:3128",
}
QUICK = [
    ("doctor", "--level", "quick"),
    ("doctor", "--level", "quick", "--format", "json", "--full"),
    ("probe",),
    ("install-plan",),
    ("install-plan", "--mirror", "http://mirror.nowhere.example/whl"),
    ("install-plan", "--format", "json", "--why-not", "2.0.0+cpu"),
    ("explain", "DS103"),
    ("explain", "--error", "Unable to resolve hostname to a (local) address"),
    ("knowledge", "show"),
    ("checks", "run", "no-such-check"),
    ("setup", "new", "--dry-run"),
    ("setup", "new", "--mirror", "http://mirror.nowhere.example/whl"),
]
SLOW = [
    ("install-plan", "torch==2.0.*", "--dry-run"),
    ("doctor",),
    ("checks", "run", "distributed"),
]


@pytest.fixture(scope="session")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The library before the C functions; empty where there is no compiler or no such mechanism."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return ""
    library = tmp_path_factory.mktemp("network") / "network.so"
    argv = [compiler, "-shared", "-fPIC", "-o", str(library), str(FAKES / "network.c"), "-ldl"]
    subprocess.run(argv, check=True)
    return str(library)


class Watched:
    """A shell in which everything that asks the network is written down."""

    def __init__(self, folder: Path, preloaded: str) -> None:
        self.folder, self.log = folder, folder / "network.log"
        hooks = folder / "hooks"
        hooks.mkdir()
        (hooks / "sitecustomize.py").write_text(AUDIT)
        seen = {"NETWORK_LOG": str(self.log), "PYTHONPATH": str(hooks), "HOME": str(folder)}
        seen |= {"LD_PRELOAD": preloaded} if preloaded else {}
        self.environ = {**os.environ, **TRAINING, **seen}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "envsetup", *words]
        return subprocess.run(
            argv, env=self.environ, cwd=self.folder, capture_output=True, text=True, timeout=280
        )

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def watched(tmp_path: Path, preloaded: str) -> Watched:
    return Watched(tmp_path, preloaded)


def test_the_witnesses_see_what_they_are_for(watched: Watched) -> None:
    script = "import socket\ntry: socket.getaddrinfo('nowhere.example', 1)\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", script], env=watched.environ, check=True)
    assert any("socket.getaddrinfo" in line for line in watched.asked)
    if watched.environ.get("LD_PRELOAD", "").endswith("network.so"):
        assert "getaddrinfo nowhere.example" in watched.asked


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_no_command_asks_the_network(watched: Watched, words: tuple[str, ...]) -> None:
    done = watched.run(*words, "--offline")

    assert watched.asked == [], done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", SLOW, ids=" ".join)
def test_nor_what_it_runs_in_the_target(
    watched: Watched, words: tuple[str, ...], target_python: str
) -> None:
    done = watched.run(*words, "--offline", "--python", target_python)

    assert watched.asked == [], done.stderr
    assert "Traceback" not in done.stderr


def test_without_offline_the_names_are_looked_up_where_rules_need_them(watched: Watched) -> None:
    watched.run("doctor", "--level", "quick")

    assert any("master.nowhere.example" in line for line in watched.asked)


@pytest.mark.parametrize("words", [("install-plan",), ("setup", "new", "--dry-run")], ids=" ".join)
def test_a_plan_looks_up_no_name(watched: Watched, words: tuple[str, ...]) -> None:
    watched.run(*words)

    assert watched.asked == []


def test_rules_that_need_a_name_say_that_it_was_not_looked_up(watched: Watched) -> None:
    told = json.loads(
        watched.run("doctor", "--level", "quick", "--offline", "--format", "json").stdout
    )

    reasons = {row["code"]: row["reason"] for row in told["undecided"]}
    assert "--offline" in reasons["DS103"]
    assert not {"DS103", "DS105"} & {row["code"] for row in told["findings"]}


@pytest.mark.parametrize(
    ("master", "whereto"),
    [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("localhost", "loopback"),
        ("192.0.2.7", "elsewhere"),
    ],
)
def test_an_address_needs_no_lookup(
    monkeypatch: pytest.MonkeyPatch, master: str, whereto: str
) -> None:
    monkeypatch.setenv("MASTER_ADDR", master)
    told = LocalHost(no_lookups="--offline was given").ask(MASTER_LEADS_TO)

    assert isinstance(told, Known)
    assert told.value.whereto == whereto


def test_a_name_is_not_looked_up_and_none_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    host = LocalHost(no_lookups="--offline was given")
    monkeypatch.setenv("MASTER_ADDR", "node1")
    assert isinstance(host.ask(MASTER_LEADS_TO), Unreadable)
    monkeypatch.delenv("MASTER_ADDR")
    assert isinstance(host.ask(MASTER_LEADS_TO), Absent)


@pytest.mark.parametrize(
    ("setting", "kept"),
    [
        ("https://x.example/whl", []),
        ("/opt/wheels HTTPS://x.example/a", ["/opt/wheels"]),
        ("file:///opt/wheels", ["file:///opt/wheels"]),
        ("C:\\wheels ftp://x.example", ["C:\\wheels"]),
        ("git+ssh://x.example/a wheels", ["wheels"]),
    ],
)
def test_of_find_links_only_places_here_stay(setting: str, kept: list[str]) -> None:
    assert local_places(setting) == kept


def test_addresses_of_a_configuration_file_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(f"[global]\nfind-links = https://x.example/a\n    {tmp_path}\n")
    env = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    told = without_network({**env, "PIP_CONFIG_FILE": str(file)}, sys.executable)

    assert told["PIP_FIND_LINKS"] == str(tmp_path)
    assert told["PIP_NO_INDEX"] == "1"
