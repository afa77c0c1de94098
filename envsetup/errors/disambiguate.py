"""Pairs of rules that one message stands for alike: the numbers beside it tell which is meant.

A GPU without kernels is too new or too old; MPS is missing because macOS is old or for another reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

_AROUND = 4000
"""Characters on each side of the message in which its numbers are looked for."""
_NEWEST_FLOOR = 75
"""The lowest capability that the newest builds still carry: below it "too old" is meant."""
_FIRST_BLACKWELL = 100
"""From here on "too new" is meant: no build has yet dropped these."""
_MPS_FLOOR = 14
"""The highest macOS that any torch's MPS asks for: from here on macOS isn't too old."""

_TOLD = re.compile(
    r"\bsm_(\d{2,3})[a-z]? (?:is )?not (?:compatible|supported)"
    r"|\b(?:no|lacks?|without|requires?|missing) sm_(\d{2,3})[a-z]?\b"
    r"|of (?:cuda|compute) capability (?:\(CC\) )?(\d{1,2}\.\d)",
    re.IGNORECASE,
)
_SUPPORTED = re.compile(
    r"supports (?:the )?(?:CUDA capabilities )?((?:sm_\d{2,3}[a-z]?[ ,]*){1,30})"
)
_MINIMUM = re.compile(r"minimum.{0,120}?(\d{1,2}\.\d)", re.IGNORECASE)
_NAME = re.compile(
    r"\b(?:NVIDIA|GeForce|Tesla|Quadro|RTX|GTX) ?[A-Z0-9][\w -]{1,30}", re.IGNORECASE
)
_BOARD_FORM = re.compile(r"(?<=\b[KM]\d\d)[a-z]{1,2}\b", re.IGNORECASE)
"""What Tesla's names of the same chip end in by how the board is cooled: K40c, K40m, K20Xm."""
_MACOS = re.compile(r"\bmacOS[ -](\d{2})\.\d{1,2}(?![\d.]{0,4}\+)", re.IGNORECASE)


def ruled_out(
    text: str, found: Mapping[str, int], knowledge: Knowledge | None = None
) -> frozenset[str]:
    """Codes that can't be meant, of those that were found in a text (each with its place)."""
    without: set[str] = set()
    if "AR101" in found and "AR102" in found:
        without |= _wrong_age(_near(text, found["AR101"]), knowledge)
    if "MC102" in found and "MC103" in found:
        without |= _macos(_near(text, found["MC102"]))
    return frozenset(without)


def _near(text: str, place: int) -> str:
    return text[max(0, place - _AROUND) : place + _AROUND]


def _wrong_age(text: str, knowledge: Knowledge | None) -> set[str]:
    gpu = _TOLD.search(text)
    if gpu is None:
        return _by_name(text, knowledge)
    own = int(gpu[1] or gpu[2] or _number(gpu[3]))
    listed = _SUPPORTED.search(text, gpu.end())
    numbers = [int(n) for n in re.findall(r"sm_(\d{2,3})", listed.group(1))] if listed else []
    if numbers:
        return {"AR102"} if own > max(numbers) else {"AR101"}
    least = _MINIMUM.search(text, gpu.end())
    floor = _number(least.group(1)) if least else _NEWEST_FLOOR
    return {"AR102"} if own >= floor else {"AR101"}


def _by_name(text: str, knowledge: Knowledge | None) -> set[str]:
    """A name decides only where all GPUs named are old, or all are newer than most builds."""
    if knowledge is None:
        return set()
    names = {_BOARD_FORM.sub("", m.group(0)) for m in _NAME.finditer(text)}
    told = {_number(cc) for n in names if (cc := knowledge.compute_capability(n)) is not None}
    if told and max(told) < _NEWEST_FLOOR:
        return {"AR101"}
    return {"AR102"} if told and min(told) >= _FIRST_BLACKWELL else set()


def _number(capability: str) -> int:
    major, _, minor = capability.partition(".")
    return int(major) * 10 + int(minor)


def _macos(text: str) -> set[str]:
    system = _MACOS.search(text)
    if system is None:
        return set()
    return {"MC102"} if int(system.group(1)) >= _MPS_FLOOR else {"MC103"}
