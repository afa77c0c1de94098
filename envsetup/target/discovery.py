"""Which interpreter is under examination."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from envsetup.target.words import TargetError


def find_target(python: str | None, environ: Mapping[str, str]) -> str:
    """The interpreter to examine: as named, else of the active environment, else our own.

    Raises TargetError where what is named is not there or can't be started.
    """
    if python is not None:
        return _named(python, environ)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable)
        if folder:
            return _of_environment(variable, folder)
    return sys.executable


def _named(python: str, environ: Mapping[str, str]) -> str:
    has_folder = os.sep in python or bool(os.altsep and os.altsep in python)
    found = python if has_folder else shutil.which(python, path=environ.get("PATH"))
    if found is None:
        if not os.path.exists(python):
            raise TargetError(
                f"--python {python!r}: no such program on PATH. Give the path of a Python interpreter."
            )
        found = python
    path = Path(found)
    if os.path.isdir(path):
        inside = interpreter_in(path)
        if inside is None:
            raise TargetError(
                f"--python {python!r} is a folder without a Python in it. Name the interpreter."
            )
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


def _of_environment(variable: str, folder: str) -> str:
    inside = interpreter_in(Path(folder))
    if inside is None:
        raise TargetError(
            f"{variable} names {folder!r}, but there is no Python in it. "
            f"Activate another environment, unset {variable}, or give --python."
        )
    return str(inside)


def interpreter_in(environment: Path) -> Path | None:
    """The interpreter of a virtual or conda environment, or None."""
    places = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
    return next((environment / p for p in places if os.path.exists(environment / p)), None)
