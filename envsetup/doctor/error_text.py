"""What an error text means on a machine: its nominations, weighed by the machine's facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from envsetup.errors.match import Nomination, nominated
from envsetup.errors.rank import Match, ranked
from envsetup.model import value_of
from envsetup.rules.decision import decide

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge
    from envsetup.model import Machine


def explain_error(
    text: str, machine: Machine | None = None, knowledge: Knowledge | None = None
) -> tuple[Match, ...]:
    """Rules that the text speaks for, best first; with the machine that it comes from, facts decide."""
    nominations = nominated(text, knowledge)
    if machine is None or knowledge is None:
        return ranked(nominations)
    return weighed(nominations, machine, knowledge)


def weighed(
    nominations: Sequence[Nomination],
    machine: Machine,
    knowledge: Knowledge,
    *,
    surely: bool = True,
) -> tuple[Match, ...]:
    """Best first, by what the facts say to each; `surely`: the text comes from that machine."""
    decisions = decide([one.rule for one in nominations], machine, knowledge)
    return ranked(nominations, decisions, value_of(machine.os), surely=surely)
