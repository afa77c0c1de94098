"""Makes text from outside harmless to show."""

from __future__ import annotations

import re
from collections.abc import Sequence

from envsetup.model import Machine, value_of

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters and those that turn the direction of writing, but for tab and line feed."""
XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """Text without control characters: nothing in it can steer a terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", encodable(text))


def encodable(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates, as undecodable file names leave them, become ?."""
    return text.encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    return " ".join(plain(text).split())


def command_line(argv: Sequence[str], machine: Machine) -> str:
    """A command as the shell of that machine's system takes it."""
    from envsetup.plan.quoting import shell_line

    return one_line(shell_line(argv, os=value_of(machine.os) or "linux"))


def xml_text(text: str) -> str:
    """Text with the characters dropped that XML 1.0 forbids, and others that steer made visible."""
    return plain(XML_FORBIDDEN.sub("", text))
