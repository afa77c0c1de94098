"""JSON that others wrote, decoded strictly: a value of the type asked for, or one error that names the place."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import msgspec

T = TypeVar("T")

LONGEST_INTEGER = 19
"""Digits of the largest integer of 64 bits."""
MANY_DIGITS = re.compile(rb"[0-9]{19}")
LONG_NUMBER = re.compile(rb"(?<![\d.eE+\w\"])-?(\d{19,})(?![\d.eE])")
TOKEN = re.compile(rb'"(?P<plain>[^"\\]*)"|(?P<escaped>")|[][{}]|' + LONG_NUMBER.pattern)
"""A string without escapes, the beginning of one with escapes, a bracket, a long number."""
STRING_PART = re.compile(rb'[^"\\]*(?:"|\\.|\Z)', re.DOTALL)
COLON = re.compile(rb"\s*:")
DEEPEST, NAMED_KEYS = 64, 6


class InputError(ValueError):
    """The data is not what it must be; the text says where it departs."""


class Token(NamedTuple):
    keys: dict[int, str]
    """Depth to the last key there, as it stands now."""
    depth: int
    digits: bytes

    @property
    def place(self) -> str:
        """The first keys on the way to it, as `$.machine.gpus`."""
        way = (self.keys[d] for d in range(self.depth + 1) if d in self.keys)
        return ".".join(["$", *itertools.islice(way, NAMED_KEYS)])


def decode(data: bytes, kind: type[T], *, head: bool = False) -> T:
    """The value of that type. Raises InputError. Of the `head` of a document numbers don't matter."""
    try:
        if not head:
            _no_huge_number(data)
        return msgspec.json.decode(data, type=kind)
    except RecursionError as error:
        raise InputError(f"nested too deeply (at {_deep(data)})") from error
    except InputError:
        raise
    except ValueError as error:  # wrong types, broken JSON, bytes that are no UTF-8
        raise InputError(str(error)) from error


def _no_huge_number(data: bytes) -> None:
    """Raises InputError naming an integer beyond 64 bits: nothing on a machine is counted so."""
    if not MANY_DIGITS.search(data) or not LONG_NUMBER.search(data):
        return
    for token in _tokens(data):
        digits = token.digits
        if digits and (len(digits) > LONGEST_INTEGER or int(digits) >= 2**63):
            raise InputError(f"a whole number beyond 64 bits (at {token.place})")


def _deep(data: bytes) -> str:
    """Where nesting goes deeper than in any report."""
    return next((token.place for token in _tokens(data) if token.depth > DEEPEST), "$")


def _tokens(data: bytes) -> Iterator[Token]:
    """Brackets, keys and long numbers with their depth and place; broken JSON gives fewer.

    Strings with escapes are walked piece by piece: a pattern for the whole would keep a state for each.
    """
    keys: dict[int, str] = {}
    depth = at = 0
    while token := TOKEN.search(data, at):
        at = token.end()
        text = token.group("plain")
        if token.group("escaped"):
            at = _end_of_string(data, at)
            text = data[token.end() : token.end() + 80]
        if text is not None:
            if COLON.match(data, at):
                keys[depth] = text.decode("utf-8", "replace")[:40]
            continue
        bracket = token.group()
        if bracket in b"[{":
            depth += 1
            keys.pop(depth, None)
        elif bracket in b"]}":
            depth -= 1
        yield Token(keys, depth, b"" if bracket in b"[{]}" else bracket.lstrip(b"-"))


def _end_of_string(data: bytes, at: int) -> int:
    while part := STRING_PART.match(data, at):
        at = part.end()
        if at >= len(data) or data[at - 1 : at] == b'"' and not part.group().endswith(b'\\"'):
            break
    return at
