"""The literal part of a pattern by which a plain substring search finds its places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_COLON = re.compile(r"(?<!\(\?): ")
_QUOTE = re.compile(r"""(?<!\[)(['"])(?![?*+{\]])""")


def forgiving(pattern: str) -> str:
    """The pattern with its colons and quotes optional: who retells a message leaves them out."""
    return _QUOTE.sub("[\"']?", _COLON.sub(":? ", pattern))


@cache
def literals(pattern: str) -> tuple[str, ...]:
    """For each top-level alternative of a pattern the longest text that every match of it holds.

    Raises ValueError where an alternative has none of three characters: such a symptom can't be
    looked up cheaply, and says too little anyway.
    """
    parts = _alternatives(forgiving(pattern))
    longest = tuple(max(_runs(part), key=len, default="") for part in parts)
    if any(len(one) < 3 for one in longest):
        raise ValueError(f"no literal of three characters in every alternative of {pattern!r}")
    return longest


_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[:=!]|\(\?<[=!]|\{\d*,?\d*\}|[*+?]\??|.", re.DOTALL
)


def _tokens(pattern: str) -> list[str]:
    return _TOKEN.findall(pattern)


def _alternatives(pattern: str) -> Iterator[str]:
    depth, part = 0, ""
    for token in _tokens(pattern):
        depth += token.startswith("(") - (token == ")")
        if token == "|" and depth == 0:
            yield part
            part = ""
        else:
            part += token
    yield part


def _runs(pattern: str) -> Iterator[str]:
    """Runs of literal characters outside groups, classes and repeats, in lower case."""
    depth, run = 0, ""
    for token in _tokens(pattern):
        depth += token.startswith("(") - (token == ")")
        plain = _plain(token) if depth == 0 else None
        if plain is not None:
            run += plain
            continue
        optional = token[0] in "*?{"
        yield run[:-1] if optional else run
        run = ""
    yield run


def _plain(token: str) -> str | None:
    """The character that a token stands for, None where it stands for more than one."""
    if len(token) == 2 and token[0] == "\\":
        return None if token[1].isalnum() else token[1]
    return token.lower() if len(token) == 1 and token not in "()[]{}*+?.^$|" else None
