"""Setup makes an environment from an index on the loopback, falls back without it, and leaves no ruins."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from envsetup.host import LocalHost
from envsetup.installer import (
    Job,
    SetupError,
    carry_out,
    extras,
    held_folder,
    prepare,
    state_of,
)
from envsetup.installer.fallback import pinned
from envsetup.knowledge import load
from envsetup.testing import machine, value
from tests.setup.offered import Silence, host, wheel

CLOSED = "http://127.0.0.1:9/whl"
"""Port 9 discards: nothing listens there."""


def job(folder: Path, **more: object) -> Job:
    given = Job(folder=str(folder), base=sys.executable, backend="cpu", allow_cpu=True)
    return replace(given, **more)


def set_up(wanted: Job, machine: LocalHost, tell: Silence | None = None) -> object:
    knowledge, tell = load(), tell or Silence()
    with held_folder(Path(wanted.folder), tell) as lock:
        ready = prepare(wanted, machine, knowledge)
        assert ready.plan.action in ("install", "keep"), ready.plan
        return carry_out(wanted, ready, knowledge, machine, tell, lock)


def planned_version(folder: Path) -> str:
    """What the plan takes on this machine, as the wheels of the test must be named."""
    plan = prepare(job(folder), host(), load()).plan
    if plan.action != "install" or plan.build != "cpu":
        pytest.skip("this machine has no labelled CPU build")
    return f"{plan.torch_version}+cpu"


def test_a_new_environment_gets_torch_from_the_index_and_is_kept_afterwards(
    tmp_path: Path, index: tuple[str, Path]
) -> None:
    url, page = index
    folder = tmp_path / "env"
    wheel(page, planned_version(folder))

    plan = set_up(job(folder, mirror=url), host())

    assert plan.action == "install"  # type: ignore[attr-defined]
    assert state_of(folder) == "ours"
    again = prepare(job(folder, mirror=url), host(), load())
    assert again.state == "ours"
    assert value(again.machine.torch).version.endswith("+cpu")
    assert again.plan.action == "keep"


def test_without_the_index_the_exact_build_comes_from_what_pip_is_offered(tmp_path: Path) -> None:
    folder, links = tmp_path / "env", tmp_path / "links"
    links.mkdir()
    wheel(links, planned_version(folder))
    tell = Silence()

    plan = set_up(job(folder, mirror=CLOSED), host(links), tell)

    assert next(w.code for w in plan.warnings) == "index-unreachable-fallback"  # type: ignore[attr-defined]
    assert any("can't be used" in step for step in tell.steps)
    assert state_of(folder) == "ours"


def test_where_nothing_fits_the_error_says_so_and_nothing_is_left(tmp_path: Path) -> None:
    folder, links = tmp_path / "env", tmp_path / "links"
    links.mkdir()
    wheel(links, "0.4.1+cpu")

    with pytest.raises(SetupError, match=r"nothing that pip is offered here fits") as caught:
        set_up(job(folder, mirror=CLOSED), host(links))

    assert not caught.value.usage
    assert not folder.exists()


@pytest.mark.parametrize("moment", ["making", "installing"])
def test_an_interruption_leaves_nothing(
    tmp_path: Path, index: tuple[str, Path], moment: str
) -> None:
    url, page = index
    folder = tmp_path / "env"
    wheel(page, planned_version(folder))

    with pytest.raises(KeyboardInterrupt):
        set_up(job(folder, mirror=url), host(), Silence(stop_at=moment))

    assert not folder.exists()


def test_a_folder_that_is_no_environment_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("dear")

    with pytest.raises(SetupError, match="no virtual environment") as caught:
        prepare(job(tmp_path), host(), load())

    assert caught.value.usage
    assert [p.name for p in tmp_path.iterdir()] == ["letters"]


def test_an_environment_of_others_changes_only_with_leave(
    tmp_path: Path, index: tuple[str, Path]
) -> None:
    import venv

    url, page = index
    folder = tmp_path / "env"
    wheel(page, planned_version(folder))
    venv.create(folder, with_pip=True)

    with pytest.raises(SetupError, match="--yes") as caught:
        set_up(job(folder, mirror=url), host())
    assert caught.value.usage
    assert not list(folder.glob("lib/*/site-packages/torch"))

    set_up(job(folder, mirror=url, yes=True), host())
    assert state_of(folder) == "foreign"


def test_a_bare_wheel_counts_only_as_the_build_that_it_is_known_to_be() -> None:
    linux = machine(os="linux", arch="x86_64")
    windows = machine(os="windows", arch="x86_64")
    knowledge = load()

    assert pinned("2.13.0", "cpu", ["2.13.0+cpu", "2.13.0"], knowledge, linux) == "2.13.0+cpu"
    assert pinned("2.13.0", "cpu", ["2.13.0"], knowledge, linux) is None
    assert pinned("2.13.0", "cpu", ["2.13.0"], knowledge, windows) == "2.13.0"
    assert pinned("2.13.0", "cpu", ["2.12.0+cpu"], knowledge, linux) is None


def test_other_packages_stand_beside_the_joint_choice() -> None:
    given = Job(folder="x", base="y", requirements=("torchvision", "numpy>=2"))

    assert extras(given) == ["numpy>=2"]


@pytest.mark.parametrize("text", ["--pre", "torch @ http://127.0.0.1/x.whl", "a b", ""])
def test_an_option_or_address_is_no_requirement(tmp_path: Path, text: str) -> None:
    with pytest.raises(SetupError), contextlib.suppress(KeyError):
        prepare(job(tmp_path / "env", requirements=(text,)), host(), load())
