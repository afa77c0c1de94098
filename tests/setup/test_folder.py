"""The folder of `setup`: what can't become an environment is said in words, and nothing of others is removed."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from envsetup.cli import root
from envsetup.installer.folder import SetupError, half_made, held_folder, state_of
from envsetup.installer.lock import LOCK
from envsetup.installer.marker import mark
from envsetup.probes.unfinished import MARKER
from tests.setup.offered import Silence


def cut_off(folder: Path, *more: str) -> None:
    """What a setup leaves that is killed while it installs."""
    folder.mkdir(exist_ok=True)
    mark(folder, "incomplete")
    for name in ("pyvenv.cfg", "bin/python", "lib/python3.11/site-packages/torch/half.py", *more):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("half")
    (folder / "lib64").symlink_to("lib")
    (folder / LOCK).touch()


def everything(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_what_a_killed_setup_left_is_cleared_up(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    cut_off(folder)
    assert state_of(folder) == "incomplete"

    with held_folder(folder, Silence()):
        assert state_of(folder) == "new"
        assert everything(folder) == [LOCK]


@pytest.mark.parametrize(
    "mine", ["data", "lib/python3.11/site-packages/mine.py", "bin/mine", "lib/mine/x"]
)
def test_what_somebody_put_into_a_half_made_environment_keeps_it_from_being_cleared(
    tmp_path: Path, mine: str
) -> None:
    folder = tmp_path / "env"
    cut_off(folder)
    (folder / mine).parent.mkdir(exist_ok=True)
    (folder / mine).write_text("mine")
    if mine != "data":
        future = (folder / MARKER).stat().st_mtime + 60
        os.utime(folder / mine, (future, future))
    before = everything(folder)

    with (
        pytest.raises(SetupError, match=mine.split("/")[-1]) as caught,
        held_folder(folder, Silence()),
    ):
        pass

    assert caught.value.usage
    assert everything(folder) == [name for name in before if name != LOCK]


def test_what_came_after_the_last_sign_of_life_is_not_the_setups(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    cut_off(folder)
    past = (folder / MARKER).stat().st_mtime - 3600
    os.utime(folder / MARKER, (past, past))  # as if it had been killed an hour ago

    with pytest.raises(SetupError, match="was not put there by it"), held_folder(folder, Silence()):
        pass

    assert (folder / "lib/python3.11/site-packages/torch/half.py").exists()


def planted(folder: Path) -> None:
    folder.mkdir()
    (folder / MARKER).write_text('{"made_by": "envsetup", "state": "incomplete"}')


def copied(folder: Path) -> None:
    cut_off(folder.with_name("original"))
    shutil.copytree(folder.with_name("original"), folder, symlinks=True)


@pytest.mark.parametrize("plant", [planted, copied])
def test_a_marker_from_elsewhere_empties_nothing(
    tmp_path: Path, plant: Callable[[Path], None]
) -> None:
    folder = tmp_path / "env"
    plant(folder)
    (folder / "data").write_text("mine")
    before = everything(folder)

    with pytest.raises(SetupError) as caught, held_folder(folder, Silence()):
        pass

    assert caught.value.usage
    assert everything(folder) == before


def test_a_complete_marker_from_elsewhere_gives_no_leave_to_change(tmp_path: Path) -> None:
    original, folder = tmp_path / "original", tmp_path / "env"
    original.mkdir()
    (original / "pyvenv.cfg").touch()
    mark(original, "complete")
    shutil.copytree(original, folder)

    assert state_of(original) == "ours"
    assert state_of(folder) == "foreign"


def test_a_failure_clears_what_was_made(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "env"

    def begin() -> None:
        with held_folder(folder, Silence()), half_made(folder, Silence()):
            (folder / "lib").mkdir()
            (folder / "lib" / "x.py").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin()

    assert not (tmp_path / "deep").exists()


def test_an_empty_folder_stays_after_a_failure(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()

    with (
        pytest.raises(KeyboardInterrupt),
        held_folder(folder, Silence()),
        half_made(folder, Silence()),
    ):
        raise KeyboardInterrupt

    assert everything(tmp_path) == ["env"]


def test_a_link_to_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    folder = tmp_path / ".venv"
    folder.symlink_to("scratch")

    with held_folder(folder, Silence()), half_made(folder, Silence()):
        (folder / "pyvenv.cfg").touch()

    assert folder.is_symlink()
    assert state_of(folder) == state_of(tmp_path / "scratch") == "ours"


# -- what can't become an environment: a sentence and exit 2 ------------------------------------------


def dangling(folder: Path) -> None:
    folder.symlink_to("nowhere")


def loop(folder: Path) -> None:
    folder.symlink_to(folder.name)


def file(folder: Path) -> None:
    folder.write_text("mine")


def link_to_file(folder: Path) -> None:
    file(folder.with_name("file"))
    folder.symlink_to("file")


def setup(folder: str) -> tuple[int, str]:
    done = CliRunner().invoke(root, ["setup", folder, "--python", sys.executable, "--allow-cpu"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize("obstacle", [dangling, loop, file, link_to_file])
@pytest.mark.parametrize("below", ["", "below"])
def test_what_is_in_the_way_is_named(
    tmp_path: Path, obstacle: Callable[[Path], None], below: str
) -> None:
    obstacle(tmp_path / "env")

    code, said = setup(str(tmp_path / "env" / below))

    assert (code, "env" in said, "Traceback" in said) == (2, True, False), said
    assert not (tmp_path / "nowhere").exists()


def test_a_name_that_is_too_long_is_said(tmp_path: Path) -> None:
    code, said = setup(str(tmp_path / ("x" * 300)))

    assert (code, "too long" in said) == (2, True)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EACCES, "may write"), (errno.EROFS, "may write"), (errno.ENOSPC, "Make room")],
)
@pytest.mark.parametrize("what", ["pathlib.Path.mkdir", "envsetup.installer.folder.mark"])
def test_a_folder_that_can_not_be_made_or_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str, what: str
) -> None:
    def refused(path: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    folder = tmp_path / "env"
    if what != "pathlib.Path.mkdir":
        folder.mkdir()
    monkeypatch.setattr(what, refused)

    held = held_folder(folder, Silence())
    with pytest.raises(SetupError, match=words) as caught, held, half_made(folder, Silence()):
        pass

    assert caught.value.usage
    assert os.strerror(number) in str(caught.value)
