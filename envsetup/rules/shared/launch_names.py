"""Where the names of a training's machines lead: what the rules about them share."""

from __future__ import annotations

from collections.abc import Mapping

from envsetup.model import Launch, Whereto
from envsetup.rules import Undecidable

UNANSWERED = "no resolver answered in time"


def own_name_leads(launch: Launch) -> Whereto:
    """Where this machine's own name leads. Raises Undecidable where nobody looked."""
    if launch.host_name is None:
        raise Undecidable(launch.not_looked_up or UNANSWERED, "launch.host_name")
    return launch.host_name


def master_leads(launch: Launch, environment: Mapping[str, str]) -> Whereto | None:
    """Where MASTER_ADDR leads, None where it isn't set. Raises Undecidable where nobody looked."""
    if launch.master is None and "MASTER_ADDR" in environment:
        raise Undecidable(launch.not_looked_up or UNANSWERED, "launch.master")
    return launch.master
