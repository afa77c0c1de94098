"""Judges: every rule asked for its finding, with the facts of one machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from envsetup.model import Absent, Finding, Known, Machine, Undecided
from envsetup.rules.definition import Draft, Rule, Undecidable

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge


def judge_all(
    machine: Machine, knowledge: Knowledge, rules: Iterable[Rule]
) -> tuple[tuple[Finding, ...], tuple[Undecided, ...]]:
    """Every finding that the facts give, none explained by another yet, and who could not decide."""
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    for one in rules:
        found, open_still = judge_one(one, machine, knowledge)
        findings += found
        undecided += open_still
    return tuple(findings), tuple(undecided)


def judge_one(
    one: Rule, machine: Machine, knowledge: Knowledge
) -> tuple[tuple[Finding, ...], tuple[Undecided, ...]]:
    """What one rule finds, or why it can't decide; neither where it doesn't apply."""
    try:
        return judge_or_raise(one, machine, knowledge), ()
    except Undecidable as why:
        told = Undecided(code=one.code, reason=str(why), missing_facts=why.missing_facts)
    except Exception as bug:  # a rule's bug is its own outcome and hides no other rule
        reason = f"the rule itself failed ({type(bug).__name__}: {bug}); please report it"
        told = Undecided(code=one.code, reason=reason)
    return (), (told,)


def judge_or_raise(one: Rule, machine: Machine, knowledge: Knowledge) -> tuple[Finding, ...]:
    """What one rule finds. Raises Undecidable where it can't tell, and whatever its bug raises."""
    if one.judge is None or not runs_on(one, machine):
        return ()
    _system_known(one, machine)
    return tuple(complete(one, draft) for draft in _judge(one, machine, knowledge))


KINDS = ("container", "nvidia_driver", "tegra", "wsl")
"""Facts of which each makes a machine one of a kind."""


def is_about(one: Rule, machine: Machine) -> bool:
    """False where the rule is about another system, or about a kind of machine that this surely isn't."""
    kinds = (getattr(machine, name) for name in KINDS if name in one.needs)
    return runs_on(one, machine) and not any(isinstance(kind, Absent) for kind in kinds)


def runs_on(one: Rule, machine: Machine) -> bool:
    """False where the rule is about another system."""
    return not isinstance(machine.os, Known) or machine.os.value in one.platforms


def _system_known(one: Rule, machine: Machine) -> None:
    """A rule for one system alone can't decide where nobody told the system."""
    if not isinstance(machine.os, Known) and len(one.platforms) == 1:
        raise Undecidable("which system this is isn't known", "os")


def _judge(one: Rule, machine: Machine, knowledge: Knowledge) -> tuple[Draft, ...]:
    assert one.judge is not None
    given: dict[str, object] = {}
    for name in one.needs:
        if name in ("machine", "knowledge"):
            given[name] = machine if name == "machine" else knowledge
            continue
        fact = getattr(machine, name)
        if isinstance(fact, Absent):
            return ()
        if not isinstance(fact, Known):
            raise Undecidable(fact.error, name)
        given[name] = fact.value
    return tuple(one.judge(**given))


def complete(one: Rule, draft: Draft) -> Finding:
    """The finding that a rule's draft makes."""
    return Finding(
        code=one.code,
        slug=one.slug,
        severity=draft.severity or one.severity,
        confidence=draft.confidence,
        message=draft.message,
        subject=draft.subject,
        evidence=draft.evidence,
        fixes=draft.fixes,
    )
