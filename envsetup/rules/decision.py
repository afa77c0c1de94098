"""What a machine's facts say to candidates that an error text has named: each with the fact that says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from envsetup.model import Absent, Evidence, Fact, Finding, Fix, Known, Machine, Record, Undecided
from envsetup.rules.definition import Rule
from envsetup.rules.engine import is_about, judge_one

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

Ruling: TypeAlias = Literal["confirmed", "contradicted", "undecided"]
_MOST_FACTS = 4
_LONGEST_VALUE = 120
_NAMES = ("version", "name", "model", "runtime", "path", "executable")
"""Fields that stand for their record, the first that is there."""

_NO_TORCH = "no torch is installed in the environment that was looked at: is it the right one?"
_PASTED = "a pasted text tells only a part of the facts"
_IN_PART = ("environment", "packages", "programs", "python", "storage", "extensions")
"""Facts of which a pasted text tells some, and never what isn't there."""


class Decision(Record):
    ruling: Ruling
    reason: str
    """The finding's own message, or why there is none."""
    facts: tuple[Evidence, ...] = ()
    fixes: tuple[Fix, ...] = ()


class _Watched:
    """A machine that remembers which of its facts were asked for."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.asked: dict[str, Fact[Any]] = {}

    def __getattr__(self, name: str) -> object:
        value = getattr(self._machine, name)
        if isinstance(value, (Known, Absent)):
            self.asked[name] = value
        return value


def decide(rules: Iterable[Rule], machine: Machine, knowledge: Knowledge) -> dict[str, Decision]:
    """By code, for each rule: whether it is so on this machine."""
    return {one.code: _decision(one, machine, knowledge) for one in rules}


def _decision(one: Rule, machine: Machine, knowledge: Knowledge) -> Decision:
    system = machine.os.value if isinstance(machine.os, Known) else None
    if system is not None and system not in one.platforms:
        where = " and ".join(one.platforms)
        fact = Evidence(fact="os", value=system, source=machine.os.source)  # type: ignore[union-attr]
        return Decision(ruling="contradicted", reason=f"it happens on {where} only", facts=(fact,))
    if one.judge is None:
        return Decision(ruling="undecided", reason=one.undecidable)
    watched = _Watched(machine)
    findings, undecided = judge_one(one, cast("Machine", watched), knowledge)
    if findings:
        return _confirmed(findings)
    if undecided:
        return _open(undecided)
    if isinstance(machine.torch, Absent) and "torch" in watched.asked:
        return Decision(ruling="undecided", reason=_NO_TORCH)
    why = one.unseen or (_PASTED if any(map(_in_part, watched.asked.items())) else "")
    if why and is_about(one, machine):
        reason = f"facts don't show it, and {why}"
        return Decision(ruling="undecided", reason=reason, facts=_facts(watched.asked))
    return Decision(
        ruling="contradicted", reason="the facts say otherwise", facts=_facts(watched.asked)
    )


def _in_part(asked: tuple[str, Fact[Any]]) -> bool:
    name, fact = asked
    return name in _IN_PART and isinstance(fact, Known) and fact.source.kind == "text"


def _confirmed(findings: tuple[Finding, ...]) -> Decision:
    first = findings[0]
    return Decision(
        ruling="confirmed", reason=first.message, facts=first.evidence, fixes=first.fixes
    )


def _open(undecided: tuple[Undecided, ...]) -> Decision:
    first = undecided[0]
    missing = ", ".join(first.missing_facts)
    reason = f"{missing}: {first.reason}" if missing else first.reason
    return Decision(ruling="undecided", reason=reason)


def _facts(asked: dict[str, Fact[Any]]) -> tuple[Evidence, ...]:
    """What the rule looked at; the system comes last, since every rule asks for it."""
    names = sorted(asked, key=lambda name: name == "os")
    return tuple(_evidence(name, asked[name]) for name in names[:_MOST_FACTS])


def _evidence(name: str, fact: Fact[Any]) -> Evidence:
    if isinstance(fact, Known):
        return Evidence(fact=name, value=in_words(fact.value), source=fact.source)
    tried = fact.tried[0] if isinstance(fact, Absent) and fact.tried else None
    return Evidence(fact=name, value="none", source=tried)


def in_words(value: object) -> str:
    """A fact's value in one short line."""
    if isinstance(value, dict):
        shown = ", ".join(f"{k}={in_words(v)}" for k, v in list(value.items())[:3])
        said = f"{shown} …" if len(value) > 3 else shown or "none"
    elif isinstance(value, (tuple, list)):
        shown = ", ".join(in_words(v) for v in value[:3])
        said = f"{shown} and {len(value) - 3} more" if len(value) > 3 else shown or "none"
    elif isinstance(value, Record):
        said = _record_in_words(value)
    else:
        said = str(value)
    return said if len(said) <= _LONGEST_VALUE else said[: _LONGEST_VALUE - 1] + "…"


def _record_in_words(value: Record) -> str:
    told = [getattr(value, n) for n in _NAMES if getattr(value, n, None) is not None]
    first = told[0] if told else next(iter(_plain_fields(value)), "known")
    if isinstance(first, Known):
        first = first.value
    elif isinstance(first, Record):
        first = "not known"
    name = getattr(value, "name", None)
    return f"{name} {first}" if name and name is not first else str(first)


def _plain_fields(value: Record) -> list[str]:
    fields = ((n, getattr(value, n)) for n in value.__struct_fields__)
    return [f"{n} {v}" for n, v in fields if isinstance(v, (str, int, float)) and v is not None]
