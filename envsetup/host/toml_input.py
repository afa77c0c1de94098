"""TOML that others wrote."""

from __future__ import annotations

import sys
from typing import Any

from envsetup.host.json_input import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def decode_toml(data: bytes) -> dict[str, Any]:
    """The document. Raises InputError for whatever is none, numbers of endless digits among it."""
    try:
        document: dict[str, Any] = tomllib.loads(data.decode("utf-8-sig"))
        return document
    except RecursionError as error:
        raise InputError("nested too deeply") from error
    except ValueError as error:
        raise InputError(str(error)) from error
