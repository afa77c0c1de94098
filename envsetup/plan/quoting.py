"""How an argument list is written for a shell: for display and copying only, never to be run by us."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

POWERSHELL_PLAIN = re.compile(r"[\w./:\\=+~-]+\Z")


def posix(argv: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """A line for sh, bash, zsh; variables come before the command."""
    words = [f"{name}={shlex.quote(value)}" for name, value in (env or {}).items()]
    return " ".join(words + [_posix_word(word) for word in argv])


def _posix_word(word: str) -> str:
    """Quoted but for a leading `~/`, which the shell shall expand: so paths below home are told."""
    return f"~/{shlex.quote(word[2:])}" if word[2:] and word.startswith("~/") else shlex.quote(word)


def powershell(argv: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """A line for PowerShell, where a variable needs a statement of its own and a quoted program `&`."""
    settings = [f"$env:{name} = {_single(value)}; " for name, value in (env or {}).items()]
    words = [
        w if POWERSHELL_PLAIN.match(w) and not w.startswith("-=") else _single(w) for w in argv
    ]
    call = "& " if words and words[0].startswith("'") else ""
    return "".join(settings) + call + " ".join(words)


SINGLE_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
"""PowerShell ends a single-quoted string at any of these; doubled each stands for itself (about_Quoting_Rules,
and the language specification's single-quote-char)."""


def _single(word: str) -> str:
    return "'" + SINGLE_QUOTES.sub(r"\1\1", word) + "'"


def shell_line(argv: Sequence[str], env: Mapping[str, str] | None = None, os: str = "linux") -> str:
    """A line in the shell that people use on that system."""
    return powershell(argv, env) if os == "windows" else posix(argv, env)
