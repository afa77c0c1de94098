"""Which environment is under examination: the places in their order, and what is passed over in them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from envsetup.model import Settings, Target
from envsetup.target import TargetError, find_target, required
from envsetup.target.discovery import Candidate, choose
from envsetup.target.project_root import folders_to_search
from envsetup.target.project_settings import find_settings
from envsetup.target.versions import Wanted, wanted

posix = pytest.mark.skipif(sys.platform == "win32", reason="fake interpreters are scripts")
pytestmark = posix


def environment(folder: Path, *, torch: bool = False, cfg: str = "version = 3.12.4\n") -> Path:
    """An environment by its files alone; gives its interpreter."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (folder / "pyvenv.cfg").write_text(cfg, "utf-8")
    if torch:
        (folder / "lib" / "python3.12" / "site-packages" / "torch").mkdir(parents=True)
    return python


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text, "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment that envsetup runs in; made for it alone once `.venv-tool` is its name."""
    home = tmp_path / "opt" / "tool"
    monkeypatch.setattr(sys, "prefix", str(home))
    monkeypatch.setattr(sys, "executable", str(environment(home)))
    return home


@pytest.fixture
def pipx(tool: Path) -> Path:
    (tool / "pipx_metadata.json").write_text("{}", "utf-8")
    return tool


def found(environ: dict[str, str], folder: Path, settings: Settings | None = None) -> Target:
    return find_target(None, {"HOME": "/no/home", **environ}, str(folder), settings)


def taken(target: Target) -> tuple[str | None, str | None]:
    return target.path, target.chosen_by


# -- the order -----------------------------------------------------------------------------------


def test_each_place_comes_before_the_next(tmp_path: Path, pipx: Path) -> None:
    project = tmp_path / "project"
    places = {n: environment(tmp_path / n) for n in ("active", "conda", "base")}
    (tmp_path / "base" / "condabin").mkdir()
    named, venv = environment(project / "env"), environment(project / ".venv")
    first = program(tmp_path / "bin" / "python3", "")
    first.unlink()
    first.symlink_to(sys.executable)
    settings = Settings(file="pyproject.toml", python="env")
    environ = {
        "VIRTUAL_ENV": str(tmp_path / "active"),
        "CONDA_PREFIX": str(tmp_path / "conda"),
        "PATH": str(tmp_path / "bin"),
    }

    assert taken(found(environ, project, settings)) == (str(places["active"]), "VIRTUAL_ENV")
    del environ["VIRTUAL_ENV"]
    assert taken(found(environ, project, settings)) == (str(named), "project")
    assert taken(found(environ, project)) == (str(places["conda"]), "CONDA_PREFIX")
    environ["CONDA_PREFIX"] = str(tmp_path / "base")
    assert taken(found(environ, project)) == (str(venv), ".venv")
    assert taken(found(environ, tmp_path / "bin")) == (str(places["base"]), "conda-base")
    del environ["CONDA_PREFIX"]
    assert taken(found(environ, tmp_path / "bin")) == (str(first), "PATH")
    assert taken(found({"PATH": "/nowhere"}, tmp_path / "bin")) == (None, None)


def test_where_envsetup_runs_comes_before_the_base_of_conda_and_path(
    tmp_path: Path, tool: Path
) -> None:
    environment(tmp_path / "base")
    (tmp_path / "base" / "condabin").mkdir()

    target = found({"CONDA_PREFIX": str(tmp_path / "base"), "PATH": "/usr/bin"}, tmp_path)

    assert taken(target) == (sys.executable, "own")
    assert target.shared


@pytest.mark.parametrize("place", ["VIRTUAL_ENV", "CONDA_PREFIX", ".venv"])
def test_where_envsetup_runs_without_torch_waits_for_another(
    tmp_path: Path, tool: Path, place: str
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    environ = {} if place == ".venv" else {place: str(tool)}
    if place == ".venv":
        (project / ".venv").symlink_to(tool)
    own = found(environ, project)
    other = environment(tmp_path / "other")
    more = {"CONDA_PREFIX": str(tmp_path / "other")} if place != "CONDA_PREFIX" else {}
    if place == "CONDA_PREFIX":
        other = environment(project / ".venv")

    assert own.chosen_by == place
    assert own.shared
    target = found({**environ, **more}, project)
    assert target.path == str(other)
    assert not target.shared


def test_where_envsetup_runs_counts_in_its_place_with_torch(tmp_path: Path, tool: Path) -> None:
    (tool / "lib" / "python3.12" / "site-packages" / "torch").mkdir(parents=True)
    environment(tmp_path / "p" / ".venv")

    target = found({"VIRTUAL_ENV": str(tool)}, tmp_path / "p")

    assert target.chosen_by == "VIRTUAL_ENV"
    assert target.shared


# -- what is passed over ---------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["pipx_metadata.json", "uv-receipt.toml", ".venv-tool", "cache"])
def test_what_was_made_for_a_tool_is_passed_over_in_every_place(
    tmp_path: Path, pipx: Path, mark: str
) -> None:
    folder = tmp_path / {"cache": "uv-cache/archive-v0/x", ".venv-tool": ".venv-tool"}.get(
        mark, "x"
    )
    python = environment(folder, torch=True)
    if mark not in ("cache", ".venv-tool"):
        (folder / mark).touch()
    project = tmp_path / "project"
    project.mkdir()
    (project / ".venv").symlink_to(folder)
    environ = {
        "VIRTUAL_ENV": str(folder),
        "CONDA_PREFIX": str(folder),
        "PATH": str(folder / "bin"),
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
    }
    settings = Settings(file="pyproject.toml", python=str(folder))

    target = found(environ, project, settings)

    assert target.path is None
    assert target.passed_over[0].place == "VIRTUAL_ENV"
    assert "made for a tool alone" in target.passed_over[0].reason
    assert find_target(str(folder), environ).path == str(python)


def test_a_stale_activation_is_passed_over_and_told(tmp_path: Path, pipx: Path) -> None:
    venv = environment(tmp_path / ".venv")

    target = found({"VIRTUAL_ENV": str(tmp_path / "gone")}, tmp_path)

    assert taken(target) == (str(venv), ".venv")
    assert [o.reason for o in target.passed_over] == ["there is no such folder"]


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() != 0, reason="only root gives away")
def test_a_foreign_venv_above_is_passed_over(tmp_path: Path, pipx: Path) -> None:
    environment(tmp_path / ".venv")
    os.chown(tmp_path / ".venv", 12345, 12345)

    target = found({}, tmp_path)

    assert target.path is None
    assert "another user" in target.passed_over[0].reason


def test_a_shim_with_nothing_behind_it_is_passed_over(tmp_path: Path, pipx: Path) -> None:
    program(
        tmp_path / "a" / "shims" / "python3",
        "echo 'pyenv: python3: command not found' >&2; exit 127",
    )
    real = os.path.realpath(sys.executable)
    shim = program(tmp_path / "b" / "shims" / "python3", f'exec {real} "$@"')

    empty = found({"PATH": str(tmp_path / "a" / "shims")}, tmp_path)
    both = found({"PATH": f"{tmp_path}/a/shims:{shim.parent}"}, tmp_path)

    assert empty.path is None
    assert "shim" in empty.passed_over[-1].reason
    assert both.chosen_by == "PATH"
    assert os.path.realpath(both.path or "") == real


def test_the_alias_of_the_store_is_none(tmp_path: Path, pipx: Path) -> None:
    program(tmp_path / "Microsoft" / "WindowsApps" / "python3", "exit 9009")

    target = found({"PATH": str(tmp_path / "Microsoft" / "WindowsApps")}, tmp_path)

    assert target.path is None
    assert "store" in target.passed_over[-1].reason


def test_an_activated_environment_beside_the_project_s_own_says_so(
    tmp_path: Path, pipx: Path
) -> None:
    active = environment(tmp_path / "active")
    named = environment(tmp_path / "p" / "env")
    settings = Settings(file="pyproject.toml", python="env/bin/python")

    target = found({"VIRTUAL_ENV": str(tmp_path / "active")}, tmp_path / "p", settings)
    same = found({"VIRTUAL_ENV": str(tmp_path / "p" / "env")}, tmp_path / "p", settings)

    assert target.path == str(active)
    assert [o.path for o in target.passed_over] == [str(named)]
    assert same.passed_over == ()


def test_the_first_that_fits_is_chosen_and_each_before_it_told() -> None:
    places = [
        Candidate(path="/a/bin/python", place="VIRTUAL_ENV", why_not="gone"),
        Candidate(path="/b/bin/python", place="CONDA_PREFIX", own=True),
        Candidate(path="/c/bin/python", place=".venv"),
        Candidate(path="/d/bin/python", place="PATH"),
    ]

    target = choose(places)

    assert taken(target) == ("/c/bin/python", ".venv")
    assert {o.path for o in target.passed_over} == {"/a/bin/python", "/b/bin/python"}
    assert choose(places[:2]).path == "/b/bin/python"
    assert choose([]).path is None


def test_nothing_found_says_how_to_name_one() -> None:
    with pytest.raises(TargetError, match="--python.*envsetup setup"):
        required(Target())


# -- .venv in a folder above -----------------------------------------------------------------------


def test_the_search_ends_at_the_root_of_the_project(tmp_path: Path) -> None:
    deep = tmp_path / "outer" / "ws" / "pkg" / "src"
    deep.mkdir(parents=True)
    ws = tmp_path / "outer" / "ws"
    (ws / "pkg" / "pyproject.toml").touch()

    assert folders_to_search(str(deep), None)[-1] == str(ws / "pkg")
    (ws / "pyproject.toml").touch()
    assert folders_to_search(str(deep), None)[-1] == str(ws)
    (ws / "pkg" / ".git").mkdir()
    assert folders_to_search(str(deep), None)[-1] == str(ws / "pkg")


def test_the_search_ends_at_home(tmp_path: Path) -> None:
    deep = tmp_path / "home" / "a" / "b"
    deep.mkdir(parents=True)

    assert folders_to_search(str(deep), str(tmp_path / "home")) == [
        str(deep), str(tmp_path / "home" / "a"), str(tmp_path / "home"),
    ]  # fmt: skip


def test_the_nearest_venv_counts(tmp_path: Path, pipx: Path) -> None:
    environment(tmp_path / ".venv")
    near = environment(tmp_path / "a" / ".venv")
    (tmp_path / "a" / "b" / ".venv").mkdir(parents=True)  # nothing in it

    target = found({}, tmp_path / "a" / "b")

    assert target.path == str(near)
    assert target.passed_over[0].reason == "there is no Python in it"


# -- [tool.envsetup] -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["/usr/bin/python3", "../outside/bin/python", "/usr"])
def test_a_project_may_not_name_any_program(tmp_path: Path, value: str) -> None:
    settings = Settings(file="pyproject.toml", python=value)

    with pytest.raises(TargetError, match=r"tool\.envsetup\.python"):
        found({}, tmp_path, settings)


def test_a_project_may_name_an_environment_elsewhere(tmp_path: Path, pipx: Path) -> None:
    python = environment(tmp_path / "envs" / "shared")
    project = tmp_path / "p" / "src"
    project.mkdir(parents=True)
    (tmp_path / "p" / "pyproject.toml").write_text(
        f'[tool.envsetup]\npython = "{tmp_path}/envs/shared"\nlevel = "quick"\n', "utf-8"
    )

    settings = find_settings(str(project))

    assert settings is not None
    assert settings.level == "quick"
    assert taken(found({}, project, settings)) == (str(python), "project")


def test_what_a_project_names_and_isn_t_there_is_told(tmp_path: Path, pipx: Path) -> None:
    settings = Settings(file="pyproject.toml", python=".venv")

    target = found({"PATH": ""}, tmp_path, settings)

    assert target.path is None
    assert "isn't there" in target.passed_over[0].reason


# -- --python by its version -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "version", "free"),
    [("3.12", "3.12", False), ("3.14t", "3.14", True), ("python3.9", "3.9", False),
     ("cpython@3.13.1", "3.13.1", False), ("3", "3", False)],
)  # fmt: skip
def test_a_word_that_is_a_version(word: str, version: str, free: bool) -> None:
    assert wanted(word) == Wanted(version=version, free_threaded=free)


@pytest.mark.parametrize(
    "word", ["python", "2.7", "./3.12x", "pypy3.10", "/usr/bin/python3.12", ""]
)
def test_a_word_that_is_none(word: str) -> None:
    assert wanted(word) is None


def fake(path: Path, version: str, free: int = 0) -> Path:
    return program(path, f'echo "{version} {free} {path}"')


@pytest.mark.parametrize("place", ["path", "pyenv", "uv"])
def test_a_version_is_looked_up_where_pythons_are(tmp_path: Path, place: str) -> None:
    files = {
        "path": tmp_path / "bin" / "python3.12",
        "pyenv": tmp_path / ".pyenv" / "versions" / "3.12.9" / "bin" / "python",
        "uv": tmp_path / ".local/share/uv/python/cpython-3.12.9-linux-x86_64-gnu/bin/python",
    }
    fake(files[place], "3.12.9")
    environ = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}

    assert find_target("3.12", environ).path == str(files[place])
    assert find_target("3.12.9", environ).chosen_by == "option"
    with pytest.raises(TargetError, match=r"no Python 3\.13 was found"):
        find_target("3.13", environ)
    with pytest.raises(TargetError, match=r"no Python 3\.12t was found"):
        find_target("3.12t", environ)


def test_a_name_that_lies_and_a_shim_of_nothing_are_passed_over(tmp_path: Path) -> None:
    fake(tmp_path / "a" / "python3.12", "3.11.2")
    program(tmp_path / "shims" / "python3.12", "echo 'pyenv: version not installed' >&2; exit 127")
    right = fake(tmp_path / "b" / "python3.12", "3.12.1")
    path = os.pathsep.join(str(tmp_path / name) for name in ("a", "shims", "b"))

    assert find_target("3.12", {"HOME": str(tmp_path), "PATH": path}).path == str(right)


def test_the_newest_of_a_minor_version_is_taken(tmp_path: Path) -> None:
    versions = tmp_path / ".pyenv" / "versions"
    fake(versions / "3.12.9" / "bin" / "python", "3.12.9")
    newest = fake(versions / "3.12.10" / "bin" / "python", "3.12.10")

    assert find_target("3.12", {"HOME": str(tmp_path), "PATH": ""}).path == str(newest)


def test_an_environment_of_that_version_comes_first(tmp_path: Path) -> None:
    python = environment(tmp_path / "p" / ".venv", cfg="home = /usr/bin\nversion = 3.12.4\n")
    fake(tmp_path / "bin" / "python3.12", "3.12.9")
    fake(tmp_path / "bin" / "python3.11", "3.11.9")
    environ = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}

    assert find_target("3.12", environ, str(tmp_path / "p")).path == str(python)
    assert find_target("3.11", environ, str(tmp_path / "p")).path == str(
        tmp_path / "bin/python3.11"
    )
