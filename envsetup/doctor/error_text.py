"""What an error text means on a machine: its nominations, weighed by the machine's facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from envsetup.errors.match import Nomination, nominated
from envsetup.errors.normalize import normalize
from envsetup.errors.rank import Match, ranked
from envsetup.model import value_of
from envsetup.rules.decision import Decision, decide

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge
    from envsetup.model import Machine

REPEATED = "torch said the same words on that machine, and no other fact tells of it"


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
    for one in nominations:
        if _only_repeats(decisions[one.rule.code], one.words):
            repeated = Decision(ruling="undecided", reason=REPEATED)
            decisions[one.rule.code] = repeated
    return ranked(nominations, decisions, value_of(machine.os), surely=surely)


def _only_repeats(decision: Decision, words: str) -> bool:
    """Whether what confirms is no more than the text's own words, as torch said them there."""
    said = [normalize(e.value).lowered for e in decision.facts if e.fact == "torch_runtime"]
    alone = bool(said) and len(said) == len(decision.facts)
    return decision.ruling == "confirmed" and alone and any(words.lower() in one for one in said)
