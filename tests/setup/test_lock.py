"""The lock on an environment: the kernel's, held by whoever works there, whatever number its process has."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from envsetup.installer.at_work import at_work
from envsetup.installer.distributions import installed
from envsetup.installer.forecast import ApplyError
from envsetup.installer.journal import Environment, Journal
from envsetup.installer.lock import LOCK, Busy, locked
from envsetup.installer.marker import mark
from envsetup.installer.running import run_told
from envsetup.model import Python
from tests.setup.offered import Silence

HOLDER = """
import subprocess, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from envsetup.installer.lock import locked
from tests.setup.offered import Silence
with locked(Path(sys.argv[1]), Silence()) as lock:
    print("held", flush=True)
    if sys.argv[3:]:
        print(subprocess.Popen(["sleep", "60"], pass_fds=lock.inherited).pid, flush=True)
    sys.stdin.read()
"""


def hold(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Another process that holds the lock until its input ends."""
    root = str(Path(__file__).resolve().parents[2])
    argv = [sys.executable, "-c", HOLDER, str(folder), root, *words]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_run_that_still_works_is_waited_for_and_then_named(tmp_path: Path) -> None:
    tell = Silence()
    with hold(tmp_path) as other:
        said = pytest.raises(Busy, match="another run of envsetup.*when it has ended")
        with said, locked(tmp_path, tell, wait_s=0.3):
            pass
        other.kill()
    assert any("waiting" in step for step in tell.steps)


def test_a_killed_run_holds_nothing_though_its_number_is_in_use(tmp_path: Path) -> None:
    with hold(tmp_path) as other:
        other.kill()
        other.wait()
    (tmp_path / LOCK).write_text("1\n")  # a process with this number is always there

    with locked(tmp_path, Silence(), wait_s=0) as lock:
        assert lock.doubt is None
    assert not (tmp_path / LOCK).exists()


def test_an_installer_that_outlives_its_run_keeps_the_lock(tmp_path: Path) -> None:
    with hold(tmp_path, "installer") as other:
        assert other.stdout is not None
        installer = int(other.stdout.readline())
        other.kill()
        other.wait()
        try:
            with pytest.raises(Busy), locked(tmp_path, Silence(), wait_s=0.2):
                pass
        finally:
            os.kill(installer, signal.SIGKILL)

    with locked(tmp_path, Silence()) as lock:
        assert lock.doubt is None


def test_an_installer_is_started_with_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path, Silence()) as lock:
        script = "import os, sys; os.fstat(int(sys.argv[1]))"
        argv = [sys.executable, "-c", script, str(lock.descriptor)]

        assert run_told(argv, dict(os.environ), print, 60.0, lock.inherited)[0] == 0
        assert run_told(argv, dict(os.environ), print, 60.0)[0] != 0


def test_threads_take_turns(tmp_path: Path) -> None:
    inside, most = [], []

    def work() -> None:
        with locked(tmp_path, Silence()):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1] * 8


def test_what_was_planted_as_a_lock_is_neither_followed_nor_written(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    env = tmp_path / "env"
    env.mkdir()
    (env / LOCK).symlink_to(mine)
    with pytest.raises(OSError), locked(env, Silence()):
        pass
    (env / LOCK).unlink()
    os.mkfifo(env / LOCK)
    with pytest.raises(OSError, match="no plain file"), locked(env, Silence()):
        pass
    (env / LOCK).unlink()
    os.link(mine, env / LOCK)
    with locked(env, Silence()):
        pass

    assert mine.read_text() == "mine"


def test_a_file_system_without_locks_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: int) -> bool:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("envsetup.installer.lock._try", none)
    tell = Silence()

    with locked(tmp_path, tell) as lock:
        assert lock.inherited == ()

    assert any("has no locks (Function not implemented)" in step for step in tell.steps)


def target(folder: Path) -> Python:
    site = folder / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True, exist_ok=True)
    return Python(
        executable="python",
        version="3.11.7",
        prefix=str(folder),
        in_venv=True,
        site_packages=(str(site),),
    )


def test_what_was_cut_off_is_put_back_as_soon_as_the_environment_is_held(tmp_path: Path) -> None:
    python = target(tmp_path)
    (Path(python.site_packages[0]) / "old.py").write_text("old")
    environment = Environment.of(python)
    assert environment is not None
    journal = Journal.begin(environment, installed(environment.roots).values(), ["new"])
    tell = Silence()

    with at_work(python, tell):
        assert not journal.place.exists()

    assert any("cut off" in step for step in tell.steps)


def test_an_environment_that_a_setup_left_half_made_is_refused_with_its_command(
    tmp_path: Path,
) -> None:
    python = target(tmp_path)
    mark(tmp_path, "incomplete")

    with (
        pytest.raises(ApplyError, match=f"envsetup setup {tmp_path}") as caught,
        at_work(python, Silence()),
    ):
        pass

    assert caught.value.usage


def test_who_may_not_write_there_changes_nothing_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("envsetup.installer.lock._open", refused)

    with locked(tmp_path, Silence()) as lock:
        assert (lock.descriptor, lock.doubt) == (None, None)
