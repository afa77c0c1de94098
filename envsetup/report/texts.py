"""All texts of a record, changed by a function: in fields, lists, and dictionaries with their keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

T = TypeVar("T")
Change = Callable[[str], str]


def mapped(
    value: T,
    change: Change,
    fields: Mapping[str, Change] | None = None,
    entry: Callable[[str, str], str] | None = None,
) -> T:
    """The same value with every text changed; what has no text that changes is the same object.

    `fields` gives fields of some names a change of their own; `entry` makes the text of a
    dictionary's entry from its key and text.
    """
    others = fields or {}

    def anew(part: Any, change: Change) -> Any:
        if isinstance(part, str):
            return change(part)
        if isinstance(part, Struct):
            return _struct(part, change)
        if isinstance(part, (tuple, list)):
            made = [anew(one, change) for one in part]
            same = all(a is b for a, b in zip(made, part, strict=True))
            return part if same else type(part)(made)
        if isinstance(part, dict):
            return {anew(k, change): _entry(k, v, change) for k, v in part.items()}
        return part

    def _entry(key: Any, part: Any, change: Change) -> Any:
        if entry is not None and isinstance(part, str):
            return entry(key, part)
        return anew(part, change)

    def _struct(part: Struct, change: Change) -> Any:
        found = {}
        for name in part.__struct_fields__:
            old = getattr(part, name)
            new = anew(old, others.get(name, change))
            if new is not old:
                found[name] = new
        return replace(part, **found) if found else part

    made: T = anew(value, change)
    return made


def texts_of(value: object) -> set[str]:
    """All texts in it, each once."""
    found: set[str] = set()

    def note(text: str) -> str:
        found.add(text)
        return text

    mapped(value, note)
    return found
