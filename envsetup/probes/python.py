"""The target interpreter, from its own raw answer."""

from __future__ import annotations

from typing import Any

import msgspec

from envsetup.model import Absent, Fact, Known, Python, Unreadable

RENAMED = {"platform": "platform_tag"}


def read(interpreter: Fact[dict[str, object]]) -> Fact[Python]:
    """The record of the interpreter; keys that a newer script adds are passed over."""
    if isinstance(interpreter, (Absent, Unreadable)):
        return interpreter
    known = set(Python.__struct_fields__)
    raw: dict[str, Any] = {RENAMED.get(k, k): v for k, v in interpreter.value.items()}
    if isinstance(raw.get("platform_tag"), str):
        raw["platform_tag"] = raw["platform_tag"].replace("-", "_").replace(".", "_")
    if "prefix" in raw and "base_prefix" in raw:
        raw.setdefault("in_venv", raw["prefix"] != raw["base_prefix"])
    try:
        value = msgspec.convert({k: v for k, v in raw.items() if k in known}, Python)
    except msgspec.ValidationError as error:
        text = f"the interpreter's answer is not what was asked: {error}"
        return Unreadable(error=text, source=interpreter.source)
    return Known(value=value, source=interpreter.source)
