"""What goes to strangers from here: reports and errors without what names this machine or its user."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypedDict

from envsetup.host.identity import host_names, user_names


class Own(TypedDict):
    names: tuple[str, ...]
    hosts: tuple[str, ...]
    folder: str


def own() -> Own:
    """Our own names and where we stand, as `redact` and its like take them."""
    return {
        "names": user_names(os.environ),
        "hosts": host_names(os.environ),
        "folder": working_folder(),
    }


def working_folder() -> str:
    """Empty where it is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def private(text: str) -> str:
    """A text that may be passed on, such as an error in JSON or a traceback, as a report would have it."""
    from envsetup.host import LocalHost
    from envsetup.model import Machine
    from envsetup.probes import environment
    from envsetup.report.redact import redact_text

    return redact_text(text, Machine(**environment.probe(LocalHost())), **own())


def without_credentials(text: str) -> str:
    """A text for the user's own terminal: paths and hosts stay."""
    from envsetup.report.redact import credentials_out

    return credentials_out(text)


def unless_it_fails(clean: Callable[[str], str], text: str, instead: str) -> str:
    """The cleaned text; where even cleaning fails, words that give nothing away."""
    try:
        return clean(text)
    except Exception:
        return instead
