"""`[tool.envsetup]` for a command: what in it an option of the command line doesn't beat."""

from __future__ import annotations

import os

import click

from envsetup.model import Settings
from envsetup.target.project_settings import SettingsError
from envsetup.target.project_settings import find_settings as read_settings

PARAMETERS = {
    "select": "select",
    "ignore": "ignore",
    "fail_on": "fail_on",
    "requires": "require",
    "preview": "preview",
    "python": "python",
    "level": "level",
}
"""Parameter of a command to the field that it beats."""


def find_settings(folder: str) -> Settings | None:
    """As `envsetup.target.project_settings.find_settings`. Raises click.UsageError."""
    try:
        return read_settings(folder)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def settings_here() -> Settings | None:
    """Those of the working folder, without what options of the running command beat.

    Raises click.UsageError as `find_settings`.
    """
    from click.core import ParameterSource
    from msgspec.structs import replace

    try:
        found = find_settings(os.getcwd())
    except FileNotFoundError:  # the working folder is gone
        return None
    if found is None:
        return None
    source = click.get_current_context().get_parameter_source
    given = [name for name in PARAMETERS if source(name) not in (None, ParameterSource.DEFAULT)]
    return replace(found, **{PARAMETERS[name]: None for name in given})
