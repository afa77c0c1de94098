"""The scripts that run in the target: files of `envsetup.checks`, found by name and never imported here."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from envsetup.target.words import TargetError


def checks_folder() -> Path:
    """Where the scripts that run in the target lie.

    Raises TargetError where envsetup runs from a clone that isn't installed.
    """
    spec = importlib.util.find_spec("envsetup.checks")
    if spec is None or not spec.submodule_search_locations:
        raise TargetError(
            "the checks are not there: envsetup runs from a clone that isn't installed. "
            "Install it: python -m pip install -e ."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def target_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The user's own variables, with nothing written beside the target's modules."""
    kept = {k: v for k, v in environ.items() if k != "__PYVENV_LAUNCHER__"}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}


def check_sources() -> dict[str, str]:
    """Path to text of every check's file, by name; those that begin with _ are machinery."""
    files = sorted(checks_folder().glob("*.py"))
    return {str(f): f.read_text(encoding="utf-8") for f in files if not f.name.startswith("_")}
