"""The one door through which every text of a report goes into a format: nothing in it acts there.

`through` applies a format's door to all strings of a record, those of dictionaries' keys too, so a
new field is covered by being there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from envsetup.model import Fix, Machine, value_of
from envsetup.report.texts import mapped
from envsetup.sanitize import one_line, one_word, plain

T = TypeVar("T")

XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
MARKDOWN_START = re.compile(r"^(\d{0,9})([-+=.)])")
"""What makes a list or a heading where it begins a line."""
MARKDOWN_LINKS = re.compile(r"@|:(?=//)|(?:(?<=#)|(?<=\bGH-)|(?<=\bwww))(?=[\w.])", re.IGNORECASE)
"""Where GitHub makes links of bare words: mentions, addresses, numbers of issues."""
NOTHING_WIDE = "\N{ZERO WIDTH SPACE}"


def command_line(argv: Sequence[str], machine: Machine) -> str:
    """A command as the shell of that machine's system takes it."""
    from envsetup.plan.quoting import shell_line

    words = [one_word(word) for word in argv]
    return shell_line(words, os=value_of(machine.os) or "linux")


def fix_line(fix: Fix, machine: Machine) -> str:
    """A fix with its command, where it has one, and what it takes beyond the user's own rights."""
    how = f": {command_line(fix.argv, machine)}" if fix.argv else ""
    return fix.text + how + (f" [{fix.safety}]" if fix.safety != "safe" else "")


def xml_text(text: str) -> str:
    """Text with the characters dropped that XML 1.0 forbids, and others that steer made visible."""
    return plain(XML_FORBIDDEN.sub("", text))


def markdown_text(text: str) -> str:
    """Text on one line: no markup, no mention, no link, no HTML."""
    unlinked = MARKDOWN_LINKS.sub(lambda m: m.group() + NOTHING_WIDE, one_line(text))
    return MARKDOWN_START.sub(r"\1\\\2", MARKDOWN_SPECIAL.sub(r"\\\1", unlinked))


# -- the door ------------------------------------------------------------------------------------


class Door(NamedTuple):
    """What a format does to every text, and to that of some fields in another way."""

    every: Callable[[str], str]
    fields: Mapping[str, Callable[[str], str]]


DOORS = {
    "text": Door(one_line, {"log_tail": plain, "argv": one_word}),
    "markdown": Door(markdown_text, {"argv": one_word}),
    "html": Door(plain, {}),  # the templates escape by themselves
    "junit": Door(xml_text, {}),  # ElementTree escapes
    "github": Door(plain, {}),  # the commands' own escapes follow
}
"""Format to its door; JSON's is json_text, since its strings hold any text."""


def through(value: T, format: str) -> T:
    """The same record, every text in it harmless in that format."""
    door = DOORS.get(format)
    return value if door is None else mapped(value, door.every, door.fields)
