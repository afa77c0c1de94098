"""`[tool.envsetup]` of the nearest pyproject.toml: what a project demands of every `doctor` in it.

Options of the command line beat it, each as a whole: `--ignore` replaces `ignore`.
"""

from __future__ import annotations

import os
from typing import Any, NoReturn

from envsetup.host.input_files import read_file
from envsetup.model import Settings

FILE = "pyproject.toml"
LARGEST_BYTES = 1 << 20
FAIL_ON = ("error", "warning", "note", "never")

LEVELS = ("quick", "standard", "deep")
LISTS = {
    "select": '["PY", "CP104"]',
    "ignore": '["PY", "CP104"]',
    "require": '["torch>=2.6", "gpus:8"]',
}
"""Key whose value is a list of strings, to an example."""
CHOICES = {"fail-on": FAIL_ON, "level": LEVELS}


class SettingsError(ValueError):
    """The table is wrong; the text names file, key and remedy."""


KEYS = {
    "select": "select",
    "ignore": "ignore",
    "fail-on": "fail_on",
    "require": "require",
    "preview": "preview",
    "python": "python",
    "level": "level",
}
"""Key of the table to field."""


def find_settings(folder: str) -> Settings | None:
    """The table in the nearest pyproject.toml that has one, of the folder and those above it.

    Raises SettingsError naming file, key and remedy where the table is wrong.
    """
    place = os.path.realpath(folder)
    while True:
        found = _settings_in(os.path.join(place, FILE), folder)
        if found is not None:
            return found
        above = os.path.dirname(place)
        if above == place:
            return None
        place = above


def _settings_in(path: str, folder: str) -> Settings | None:
    data = _bytes(path)
    if b"envsetup" not in data:  # most files, and no TOML need be read for them
        return None
    shown = _relative(path, folder)
    table = _table(data, shown)
    return None if table is None else _read(table, shown)


def _bytes(path: str) -> bytes:
    """The file's bytes; none where it isn't there, isn't a file or may not be read."""
    if not os.path.isfile(path):
        return b""
    try:
        return read_file(path, LARGEST_BYTES)
    except OSError:
        return b""


def _relative(path: str, folder: str) -> str:
    """A path that says nothing of homes and names where the file stands in a folder above."""
    try:
        return os.path.relpath(path, os.path.realpath(folder))
    except ValueError:  # another drive
        return path


def _table(data: bytes, shown: str) -> dict[str, Any] | None:
    from envsetup.host.toml_input import decode_toml

    try:
        tool = decode_toml(data).get("tool", {})
    except ValueError as error:
        if b"tool.envsetup" not in data:
            return None  # broken, and nothing in it is for us
        raise SettingsError(f"{shown}: no valid TOML: {error}. Mend the file.") from error
    table = tool.get("envsetup") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise SettingsError(
            f"{shown}: tool.envsetup is {_kind(table)}. Make it a table: [tool.envsetup]"
        )
    return table


def _read(table: dict[str, Any], shown: str) -> Settings:
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in KEYS:
            _refuse(shown, key, f"is no setting.{_nearest(key)} Known are {', '.join(KEYS)}.")
        values[KEYS[key]] = _checked(key, value, shown)
    return Settings(file=shown, **values)


def _checked(key: str, value: object, shown: str) -> object:
    if key == "preview":
        if not isinstance(value, bool):
            _refuse(shown, key, f"is {_kind(value)}. Give true or false.")
        return value
    if key in CHOICES:
        if value not in CHOICES[key]:
            said = repr(value)[:80] if isinstance(value, str) else _kind(value)
            _refuse(shown, key, f"is {said}. Give one of {', '.join(CHOICES[key])}.")
        return value
    if key == "python":
        if not isinstance(value, str) or not value.strip():
            said = repr(value) if isinstance(value, str) else _kind(value)
            _refuse(shown, key, f'is {said}. Give a path, such as ".venv".')
        return value
    if not isinstance(value, list):
        _refuse(shown, key, f"is {_kind(value)}. Give a list of strings, such as {LISTS[key]}.")
    for place, one in enumerate(value):
        if not isinstance(one, str):
            _refuse(shown, f"{key}[{place}]", f"is {_kind(one)}. Give a string.")
    return tuple(value)


def _refuse(shown: str, key: str, why: str) -> NoReturn:
    raise SettingsError(f"{shown}: tool.envsetup.{_plain(key)} {why}")


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:80]


def _nearest(key: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key.lower().replace("_", "-"), KEYS, n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def _kind(value: object) -> str:
    """What TOML calls it."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a float"),
        (str, "a string"),
        (dict, "a table"),
        (list, "an array"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "a date")
