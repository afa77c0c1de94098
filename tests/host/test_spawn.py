"""Nothing that envsetup starts outlives it: not an interrupt at the worst moment, not `kill -9`."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from envsetup.host import run_program, spawn
from envsetup.host.watchdog import SCRIPT
from tests.leftovers import MARK, is_there, marked, none_left, watchdogs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and groups of POSIX")
needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")

SLOW_START = Path(__file__).with_name("slow_start.py")
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
IN_A_THREAD = ("doctor", "--level", "quick")
IN_THE_MAIN_THREAD = ("checks", "run", "import")


@pytest.fixture
def hung(tmp_path: Path) -> Path:
    """A program in the interpreter's place that starts another, and neither ever ends."""
    program = tmp_path / "hung"
    program.write_text(
        '#!/bin/sh\nsleep 600 &\necho "$$ $!" > "$0.part"\nmv "$0.part" "$0.pids"\nwait\n', "utf-8"
    )
    program.chmod(0o755)
    return program


@pytest.fixture
def begun() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Programs that the test started, ended with it."""
    programs: list[subprocess.Popen[bytes]] = []
    yield programs
    for program in programs:
        program.kill()
        program.wait()


def numbers_in(file: Path, run: subprocess.Popen[bytes]) -> list[int]:
    while not file.exists():
        assert run.poll() is None, "it ended before it started the program"
        time.sleep(0.005)
    return [int(word) for word in file.read_text("utf-8").split()]


def start(begun: list[subprocess.Popen[bytes]], *argv: str, **env: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    run = subprocess.Popen(argv, stdout=quiet, stderr=quiet, env={**os.environ, **env})
    begun.append(run)
    return run


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("words", [IN_A_THREAD, IN_THE_MAIN_THREAD], ids=" ".join)
def test_an_interrupt_while_a_program_is_being_started_ends_it(
    begun: list[subprocess.Popen[bytes]],
    hung: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    number: str,
) -> None:
    told = tmp_path / "child"
    argv = (sys.executable, str(SLOW_START), str(told), "envsetup", *words, "--python", str(hung))
    run = start(begun, *argv)
    children = numbers_in(told, run)
    run.send_signal(getattr(signal, number))

    assert run.wait(60) == 130
    assert not none_left(lambda: list(filter(is_there, children)))


USES_THE_HOST = """
import sys
from pathlib import Path
from envsetup.host import run_program
try:
    run_program([sys.argv[1]], 600)
except KeyboardInterrupt:
    Path(sys.argv[2]).touch()
    sys.stdin.read()
"""


def test_a_program_of_somebody_who_imports_envsetup_is_ended_before_the_interrupt_is_raised(
    begun: list[subprocess.Popen[bytes]], hung: Path, tmp_path: Path
) -> None:
    user, told, caught = (tmp_path / name for name in ("user.py", "child", "caught"))
    user.write_text(USES_THE_HOST, "utf-8")
    argv = [sys.executable, str(SLOW_START), str(told), str(user), str(hung), str(caught)]
    run = subprocess.Popen(argv, stdin=subprocess.PIPE)
    begun.append(run)
    (child,) = numbers_in(told, run)
    run.send_signal(signal.SIGINT)
    while not caught.exists():
        assert run.poll() is None
        time.sleep(0.005)

    assert not is_there(child)
    run.communicate()
    assert run.returncode == 0


@pytest.mark.parametrize("words", [IN_A_THREAD, IN_THE_MAIN_THREAD], ids=" ".join)
def test_nothing_is_left_where_envsetup_is_killed(
    begun: list[subprocess.Popen[bytes]], hung: Path, words: tuple[str, ...]
) -> None:
    run = start(begun, sys.executable, "-m", "envsetup", *words, "--python", str(hung))
    pids = numbers_in(Path(f"{hung}.pids"), run)
    assert all(map(is_there, pids))
    run.kill()

    assert not none_left(lambda: list(filter(is_there, pids)))
    if Path("/proc/self").exists():
        assert not none_left(lambda: watchdogs(run.pid))


@needs_proc
def test_an_end_by_itself_leaves_no_watchdog(
    begun: list[subprocess.Popen[bytes]], hung: Path
) -> None:
    hung.write_text("#!/bin/sh\nexit 9\n", "utf-8")
    run = start(begun, sys.executable, "-m", "envsetup", "probe", "--python", str(hung))

    assert run.wait(60) == 0
    assert not watchdogs(run.pid)


@needs_proc
@pytest.mark.parametrize("number", [*SIGNALS, "SIGKILL"])
def test_a_signal_at_any_moment_leaves_nothing(
    begun: list[subprocess.Popen[bytes]], hung: Path, number: str
) -> None:
    """A few moments each; `tests/long/interrupts.py` takes as many as one likes."""
    chance = random.Random(number)
    for turn in range(4):
        mark = f"{os.getpid()}-{number}-{turn}"
        argv = (sys.executable, "-m", "envsetup", "doctor", "--python", str(hung))
        run = start(begun, *argv, **{MARK: mark})
        time.sleep(chance.uniform(0.05, 0.6))
        run.send_signal(getattr(signal, number))
        run.wait(60)

        assert not none_left(lambda mark=mark: marked(mark)), (turn, number)  # type: ignore[misc]
        assert not none_left(lambda run=run: watchdogs(run.pid)), (turn, number)  # type: ignore[misc]


def background_child(run: Callable[[list[str]], str]) -> int:
    return int(run(["sh", "-c", "sleep 600 > /dev/null 2>&1 & echo $!"]))


def test_what_a_program_left_in_the_background_ends_with_it() -> None:
    child = background_child(lambda argv: run_program(argv, 60).stdout)

    assert not none_left(lambda: list(filter(is_there, [child])))


def test_a_program_is_ended_by_the_end_of_its_block() -> None:
    with tempfile.TemporaryFile() as log:
        with spawn(["sh", "-c", "sleep 600 & echo $!; wait"], log) as program:
            while not os.fstat(log.fileno()).st_size:
                assert program.poll() is None
                time.sleep(0.005)
        log.seek(0)
        child = int(log.read())

    assert program.returncode == -signal.SIGKILL
    assert not program.abandoned
    assert not none_left(lambda: list(filter(is_there, [program.pid, child])))


def test_the_watchdog_kills_what_is_on_its_list_alone() -> None:
    own = {"start_new_session": True}
    programs = [subprocess.Popen(["sleep", "600"], **own) for _ in range(4)]  # type: ignore[call-overload]
    kept, ended, also_kept, also_ended = programs
    lines = "".join(f"+ {one.pid}\n" for one in programs)
    lines += f"- {kept.pid}\n- {also_kept.pid}\n"
    try:
        done = subprocess.run(["/bin/sh", "-c", SCRIPT], input=lines, text=True, timeout=60)
        assert done.returncode == 0
        assert ended.wait(60) == also_ended.wait(60) == -signal.SIGKILL
        assert kept.poll() is None
        assert also_kept.poll() is None
    finally:
        for one in programs:
            one.kill()
            one.wait()
