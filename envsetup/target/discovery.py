"""Which environment is under examination: the first that is there, in the order of the contract.

Looking gives candidates, in order and one at a time; `choose` alone decides between them.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from envsetup.model import ChosenBy, PassedOver, Record, Settings, Target
from envsetup.target.environments import (
    foreign_owner,
    half_made,
    holds_torch,
    interpreter_in,
    is_conda_base,
    is_own,
    made_for_a_tool,
    prefix_of,
    told_version,
)
from envsetup.target.project_root import folders_to_search
from envsetup.target.versions import find_version, is_shim, is_store_alias, programs, see, wanted
from envsetup.target.words import TargetError

NAME_ONE = (
    "Name one with --python (a path, the folder of an environment, or a version such as 3.12), "
    "activate one, or make one: envsetup setup"
)
OWN_WITHOUT_TORCH = "envsetup runs in it, and it holds no torch"


class Candidate(Record):
    """An interpreter, or the folder where none is, that stands in one of the places."""

    path: str
    place: ChosenBy
    why_not: str = ""
    """Why it can't be the one meant; empty where it can."""
    own: bool = False
    """Whether envsetup runs in it."""
    torch: bool = False
    """Whether it holds torch; looked at where envsetup runs in it."""


def find_target(
    python: str | None,
    environ: Mapping[str, str],
    folder: str | None = None,
    settings: Settings | None = None,
) -> Target:
    """The environment to examine: as named, else found; `path` is None where there is none.

    `folder` is the working folder, None where it is gone; `settings` are those of its project.
    Raises TargetError where what is named is not there.
    """
    if python is not None:
        path = _named(python, environ, folder, settings)
        return Target(path=path, chosen_by="option", shared=is_own(prefix_of(path)))
    found = choose(_candidates(environ, folder, settings))
    if found.chosen_by != "VIRTUAL_ENV":
        return found
    return _with_what_the_project_says(found, _project(environ, folder, settings))


def find_base(python: str | None, environ: Mapping[str, str]) -> str:
    """The interpreter that a new environment is made from: as named, else the active one, else our own.

    Raises TargetError where what is named is not there.
    """
    if python is not None:
        return _named(python, environ, None, None)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable)
        if folder and (inside := interpreter_in(folder)) is not None:
            return str(inside)
    return sys.executable


def required(target: Target) -> str:
    """The interpreter. Raises TargetError, which says what was passed over, where none was found."""
    if target.path is not None:
        return target.path
    seen = "; ".join(f"{one.path} ({one.reason})" for one in target.passed_over)
    raise TargetError(
        "no environment was found to examine" + (f": passed over {seen}" if seen else "")
        + f". {NAME_ONE}"
    )  # fmt: skip


def choose(candidates: Iterable[Candidate]) -> Target:
    """The first that fits. Where envsetup runs without torch counts only behind the four first places."""
    passed: list[PassedOver] = []
    waiting: Candidate | None = None
    for one in candidates:
        if one.place in ("own", "conda-base", "PATH") and waiting is not None:
            return _chosen(waiting, passed)
        if one.why_not:
            passed += _once(PassedOver(path=one.path, place=one.place, reason=one.why_not), passed)
        elif one.own and not one.torch and one.place != "own":
            waiting = waiting or one
        else:
            return _chosen(one, passed, waiting)
    return _chosen(waiting, passed) if waiting else Target(passed_over=tuple(passed))


def _once(one: PassedOver, told: list[PassedOver]) -> list[PassedOver]:
    """Nothing where its environment stands among those told: one may stand in several places."""
    return [] if prefix_of(one.path) in {prefix_of(o.path) for o in told} else [one]


def _chosen(one: Candidate, passed: list[PassedOver], waiting: Candidate | None = None) -> Target:
    if waiting is not None and waiting.path != one.path:
        left = PassedOver(path=waiting.path, place=waiting.place, reason=OWN_WITHOUT_TORCH)
        passed = [left, *passed]
    return Target(path=one.path, chosen_by=one.place, passed_over=tuple(passed), shared=one.own)


def _with_what_the_project_says(found: Target, said: Iterable[Candidate]) -> Target:
    others = [one for one in said if one.path != found.path and not one.why_not]
    reason = "[tool.envsetup] names it, and the activated environment comes first"
    more = tuple(PassedOver(path=o.path, place=o.place, reason=reason) for o in others)
    return Target(
        path=found.path,
        chosen_by=found.chosen_by,
        passed_over=(*found.passed_over, *more),
        shared=found.shared,
    )


# -- the places ----------------------------------------------------------------------------------


def _candidates(
    environ: Mapping[str, str], folder: str | None, settings: Settings | None
) -> Iterator[Candidate]:
    yield from _environments(environ, folder, settings)
    yield from _own(environ)
    yield from _variable("CONDA_PREFIX", "conda-base", environ, base=True)
    yield from _on_path(environ)


def _environments(
    environ: Mapping[str, str], folder: str | None, settings: Settings | None
) -> Iterator[Candidate]:
    """The four first places: what somebody activated, named in a project, or put beside their work."""
    yield from _variable("VIRTUAL_ENV", "VIRTUAL_ENV", environ)
    yield from _project(environ, folder, settings)
    yield from _variable("CONDA_PREFIX", "CONDA_PREFIX", environ, base=False)
    yield from _dot_venvs(environ, folder)


def _variable(
    name: str, place: ChosenBy, environ: Mapping[str, str], base: bool | None = None
) -> Iterator[Candidate]:
    folder = environ.get(name)
    if folder and (base is None or is_conda_base(folder, environ) is base):
        yield _environment(os.path.abspath(folder), place, environ)


def _environment(folder: str, place: ChosenBy, environ: Mapping[str, str]) -> Candidate:
    inside = interpreter_in(folder)
    if inside is None:
        gone = "there is no Python in it" if os.path.isdir(folder) else "there is no such folder"
        gone = half_made(folder) or gone
        return Candidate(path=folder, place=place, why_not=gone)
    return _interpreter(str(inside), place, environ)


def _interpreter(path: str, place: ChosenBy, environ: Mapping[str, str]) -> Candidate:
    prefix = prefix_of(path)
    maker, own = made_for_a_tool(prefix, environ), is_own(prefix)
    why_not = f"it was made for a tool alone (by {maker})" if maker else ""
    torch = own and holds_torch(prefix)
    return Candidate(path=path, place=place, why_not=why_not, own=own, torch=torch)


def _project(
    environ: Mapping[str, str], folder: str | None, settings: Settings | None
) -> Iterator[Candidate]:
    """`python` of [tool.envsetup]. Raises TargetError for one that a project may not name."""
    if folder is None or settings is None or settings.python is None:
        return
    root = os.path.dirname(os.path.abspath(os.path.join(folder, settings.file)))
    path = os.path.abspath(os.path.join(root, os.path.expanduser(settings.python)))
    prefix = path if os.path.isdir(path) else prefix_of(path)
    inside = not os.path.isabs(settings.python) and path.startswith(root.rstrip(os.sep) + os.sep)
    if not inside and not os.path.isfile(os.path.join(prefix, "pyvenv.cfg")):
        raise TargetError(
            f"{settings.file}: tool.envsetup.python is {settings.python!r}, which is neither a path "
            "inside the project nor an environment with a pyvenv.cfg. Name one of these, or give "
            "--python."
        )
    if not os.path.exists(path):
        yield Candidate(
            path=path, place="project", why_not="[tool.envsetup] names it; it isn't there"
        )
    elif foreign_owner(prefix) or foreign_owner(os.path.join(folder, settings.file)):
        why_not = "it, or the pyproject.toml that names it, belongs to another user"
        yield Candidate(path=path, place="project", why_not=why_not)
    elif os.path.isdir(path):
        yield _environment(path, "project", environ)
    else:
        yield _interpreter(path, "project", environ)


def _dot_venvs(environ: Mapping[str, str], folder: str | None) -> Iterator[Candidate]:
    home = environ.get("HOME") or environ.get("USERPROFILE")
    for place in folders_to_search(folder, home) if folder else ():
        venv = os.path.join(place, ".venv")
        if not os.path.isdir(venv):
            continue
        if foreign_owner(venv):
            yield Candidate(path=venv, place=".venv", why_not="it belongs to another user")
        else:
            yield _environment(venv, ".venv", environ)


def _own(environ: Mapping[str, str]) -> Iterator[Candidate]:
    """Where envsetup runs; conda's base environment has a place of its own."""
    if sys.executable and not is_conda_base(sys.prefix, environ):
        yield _interpreter(sys.executable, "own", environ)


def _on_path(environ: Mapping[str, str]) -> Iterator[Candidate]:
    for path in programs(("python3", "python"), environ):
        if is_store_alias(path):
            why_not = "it is Windows' alias that opens the store"
            yield Candidate(path=path, place="PATH", why_not=why_not)
        elif is_shim(path):
            behind = see(path, environ)
            why_not = "" if behind else "it is a shim with no Python behind it"
            yield _unless_own(behind.executable if behind else path, why_not, environ)
        else:
            yield _unless_own(path, "", environ)


def _unless_own(path: str, why_not: str, environ: Mapping[str, str]) -> Candidate:
    if why_not:
        return Candidate(path=path, place="PATH", why_not=why_not)
    one = _interpreter(os.path.abspath(path), "PATH", environ)
    own = "envsetup runs in it" if one.own and not one.why_not else one.why_not
    return Candidate(path=one.path, place="PATH", why_not=own, own=one.own)


# -- what --python names -------------------------------------------------------------------------


def _named(
    python: str, environ: Mapping[str, str], folder: str | None, settings: Settings | None
) -> str:
    version = wanted(python)
    if version is None or os.path.exists(python):
        return _of_path(python, environ)
    for one in _environments(environ, folder, settings) if folder else ():
        told = None if one.why_not else told_version(prefix_of(one.path))
        if told is not None and version.met_by(told, version.free_threaded):
            return one.path
    found = find_version(version, environ)
    if found is None:
        shown = version.version + "t" * version.free_threaded
        raise TargetError(
            f"--python {python!r}: no Python {shown} was found on PATH, at pyenv's or among uv's own. "
            f"Install it, for example with `uv python install {shown}`, or give the path of an "
            "interpreter."
        )
    return found


def _of_path(python: str, environ: Mapping[str, str]) -> str:
    has_folder = os.sep in python or bool(os.altsep and os.altsep in python)
    python = os.path.expanduser(python)
    found = python if has_folder else shutil.which(python, path=environ.get("PATH"))
    if found is None:
        if not os.path.exists(python):
            raise TargetError(
                f"--python {python!r}: no such program on PATH. Give the path of a Python "
                "interpreter, the folder of an environment, or a version such as 3.12."
            )
        found = python
    path = Path(found)
    if os.path.isdir(path):
        inside = interpreter_in(path)
        if inside is None:
            remedy = half_made(python) or "Name the interpreter."
            raise TargetError(f"--python {python!r} is a folder without a Python in it. {remedy}")
        path = inside
    try:
        path.stat()
    except FileNotFoundError as error:
        raise TargetError(
            f"--python {python!r} doesn't exist. Give the path of an interpreter."
        ) from error
    except OSError as error:
        raise TargetError(
            f"--python {python!r} can't be reached: {error.strerror}. Give the path of an interpreter "
            "that this user may run."
        ) from error
    if not os.access(path, os.X_OK):
        raise TargetError(f"--python {python!r} may not be executed. Check its permissions.")
    return os.path.abspath(path)
