"""The sentence for an environment in which envsetup began something and has not ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envsetup.cli.output import say

if TYPE_CHECKING:
    from envsetup.model import Fact, Unfinished


def warn(unfinished: Fact[Unfinished]) -> None:
    """Says on standard error what was begun, where something was: `doctor` has a finding instead."""
    from envsetup.model import Known

    if isinstance(unfinished, Known):
        begun = "a setup" if unfinished.value == "setup" else "an installation"
        say(
            f"warning: {begun} by envsetup was begun in this environment and has not ended: it was cut off, or "
            "still works. The same command run again puts that right first (envsetup explain PY115)."
        )


def warn_of(interpreter: Fact[dict[str, object]]) -> None:
    """As `warn`, where nothing was probed: only what the interpreter says of itself is known."""
    from envsetup.host import LocalHost
    from envsetup.probes import python, unfinished

    warn(unfinished.read(LocalHost(), python.read(interpreter)))
