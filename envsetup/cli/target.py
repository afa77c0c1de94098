"""The environment that a command is about: as `--python` names it, else found from where the user stands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from envsetup.cli.exits import Exit, Failure
from envsetup.cli.private import working_folder

if TYPE_CHECKING:
    from envsetup.model import Target
    from envsetup.report.paths import Where


def target_here(python: str | None) -> Target:
    """The environment; its `path` is None where none was found.

    Raises envsetup.target.TargetError where what is named is not there, and click.UsageError where
    the project's settings are wrong.
    """
    from envsetup.cli.settings import find_settings
    from envsetup.target import find_target

    folder = working_folder()
    settings = find_settings(folder) if folder and python is None else None
    return find_target(python, os.environ, folder or None, settings)


def target_or_failure(python: str | None) -> Target:
    """As `target_here`. Raises Failure (exit 4) in place of TargetError."""
    from envsetup.target import TargetError

    try:
        return target_here(python)
    except TargetError as error:
        raise Failure(str(error), Exit.TARGET_UNUSABLE) from error


def which_text(target: Target | None) -> str:
    """Which environment was taken and why, a line each; empty where it was named."""
    from envsetup.report.which_target import which_lines

    return "".join(f"{line}\n" for line in which_lines(target, where_here()))


def where_here() -> Where:
    """Where the user stands: paths are told from there."""
    from envsetup.host import local_os
    from envsetup.report.paths import Where

    home = os.path.expanduser("~")
    return Where(folder=working_folder(), home=home if os.path.isabs(home) else "", os=local_os())
