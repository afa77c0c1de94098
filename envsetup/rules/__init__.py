"""What can be wrong with an environment: one rule a file, found by listing this folder.

A rule is a function under `@rule(...)`. It asks for facts by parameter name: a parameter named after
a field of `Machine` gets that fact's value. Where the fact is unreadable the rule is undecided, where
it is absent the rule does not apply. `machine` and `knowledge` give the whole of each; a rule that
finds a deeper fact missing raises `Undecidable`. The docstring of the module is the rule's page.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from envsetup.model import (
    Absent,
    Confidence,
    Evidence,
    Finding,
    Fix,
    Known,
    Machine,
    OsName,
    Record,
    Severity,
    Undecided,
)

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge


class Draft(Record):
    """A finding as a rule's function gives it; the engine adds what the rule says of itself."""

    message: str
    subject: str | None = None
    evidence: tuple[Evidence, ...] = ()
    fixes: tuple[Fix, ...] = ()
    confidence: Confidence = "high"
    severity: Severity | None = None
    """Only where one finding weighs otherwise than its rule."""


class Undecidable(Exception):
    """Raised by a rule that needs a fact which is not known."""

    def __init__(self, reason: str, *missing_facts: str) -> None:
        super().__init__(reason)
        self.missing_facts = missing_facts


class Symptom(Record):
    """Words of an error message that speak for a rule.

    `pattern` is a regular expression (searched without regard to case, its colons and quotes
    optional, in time linear in the text: no nested or adjacent unbounded repeats). `confidence` says
    how much a match alone is worth.
    """

    pattern: str
    confidence: Confidence = "high"


Judge: TypeAlias = Callable[..., Iterator[Draft]]
State: TypeAlias = Literal["preview", "stable"]


class Rule(Record):
    """What a rule says of itself, with the function that judges (None: only error texts reveal it)."""

    code: str
    slug: str
    title: str
    severity: Severity
    platforms: tuple[OsName, ...]
    page: str
    symptoms: tuple[Symptom, ...] = ()
    excludes: tuple[str, ...] = ()
    """Patterns in an error text that rule this one out."""
    suppresses: tuple[str, ...] = ()
    """Codes whose findings this one explains."""
    yields_to: tuple[str, ...] = ()
    """Beginnings of codes: a catch-all is explained by any finding above note that has one."""
    ask: str = ""
    """What to look at to be sure, where an error text leaves it open."""
    fixes: tuple[Fix, ...] = ()
    """What to do where only the error text is known."""
    state: State = "stable"
    """`preview`: judges only where it is asked for, by name or altogether."""
    formerly: tuple[str, ...] = ()
    """Codes and slugs that this one had before: they lead here for ever."""
    since: str = "0.1"
    needs: tuple[str, ...] = ()
    judge: Judge | None = None


_BY_MODULE: dict[str, list[Rule]] = {}
_EVERYWHERE: tuple[OsName, ...] = ("linux", "windows", "macos")


def rule(
    *,
    code: str,
    slug: str,
    title: str,
    severity: Severity,
    platforms: tuple[OsName, ...] = _EVERYWHERE,
    symptoms: Sequence[Symptom] = (),
    excludes: Sequence[str] = (),
    suppresses: Sequence[str] = (),
    yields_to: Sequence[str] = (),
    ask: str = "",
    fixes: Sequence[Fix] = (),
    state: State = "stable",
    formerly: Sequence[str] = (),
    since: str = "0.1",
    page: str | None = None,
) -> Callable[[Judge], Judge]:
    """Registers a function as a rule. `page` is given only where a close family shares a module."""

    def register(judge: Judge) -> Judge:
        _register(judge.__module__, judge, page)
        return judge

    def _register(module: str, judge: Judge | None, text: str | None) -> None:
        parameters = tuple(inspect.signature(judge).parameters) if judge else ()
        _BY_MODULE.setdefault(module, []).append(
            Rule(
                code=code,
                slug=slug,
                title=title,
                severity=severity,
                platforms=platforms,
                page=inspect.cleandoc(text or sys.modules[module].__doc__ or ""),
                symptoms=tuple(symptoms),
                excludes=tuple(excludes),
                suppresses=tuple(suppresses),
                yields_to=tuple(yields_to),
                ask=ask,
                fixes=tuple(fixes),
                state=state,
                formerly=tuple(formerly),
                since=since,
                needs=parameters,
                judge=judge,
            )
        )

    return register


def text_rule(module: str, **about: Any) -> None:
    """Registers a rule that no fact decides: it has a page and symptoms, and no judge."""

    def placeholder() -> Iterator[Draft]:
        return iter(())

    placeholder.__module__ = module
    rule(**about)(placeholder)
    rules = _BY_MODULE[module]
    rules[-1] = _without_judge(rules[-1])


def _without_judge(one: Rule) -> Rule:
    from msgspec.structs import replace

    return replace(one, judge=None, needs=())


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    for name in [m.name for m in pkgutil.iter_modules(__path__)]:
        importlib.import_module(f"{__name__}.{name}")
    rules = sorted((r for rs in _BY_MODULE.values() for r in rs), key=lambda r: r.code)
    names = [name for r in rules for name in (r.code, r.slug, *r.formerly)]
    assert len(names) == len(set(names)), "two rules share a code or a name"
    return tuple(rules)


def judge_all(
    machine: Machine, knowledge: Knowledge, rules: Iterable[Rule] | None = None
) -> tuple[tuple[Finding, ...], tuple[Undecided, ...]]:
    """Every finding, root causes marked on what they explain, and every rule that could not decide.

    Without `rules`, every stable one judges.
    """
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    chosen = tuple([r for r in all_rules() if r.state == "stable"] if rules is None else rules)
    for one in chosen:
        found, open_still = judge_one(one, machine, knowledge)
        findings += found
        undecided += open_still
    from envsetup.rules.heard import explained, heard, overheard

    said, cause = heard(machine, findings, chosen)
    findings += overheard(machine, (*findings, *said), chosen)
    return explained(suppress((*findings, *said), chosen), cause), tuple(undecided)


def judge_one(
    one: Rule, machine: Machine, knowledge: Knowledge
) -> tuple[tuple[Finding, ...], tuple[Undecided, ...]]:
    """What one rule finds, or why it can't decide; neither where it doesn't apply."""
    if one.judge is None or not _applies(one, machine):
        return (), ()
    try:
        drafts = _judge(one, machine, knowledge)
        return tuple(complete(one, draft, machine) for draft in drafts), ()
    except Undecidable as why:
        told = Undecided(code=one.code, reason=str(why), missing_facts=why.missing_facts)
    except Exception as bug:  # a rule's bug is its own outcome and hides no other rule
        reason = f"the rule itself failed ({type(bug).__name__}: {bug}); please report it"
        told = Undecided(code=one.code, reason=reason)
    return (), (told,)


def _applies(one: Rule, machine: Machine) -> bool:
    return not isinstance(machine.os, Known) or machine.os.value in one.platforms


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


def complete(one: Rule, draft: Draft, machine: Machine) -> Finding:
    """The finding that a rule's draft makes, its fixes for that machine's shell."""
    from envsetup.rules.shells import for_machine

    return Finding(
        code=one.code,
        slug=one.slug,
        severity=draft.severity or one.severity,
        confidence=draft.confidence,
        message=draft.message,
        subject=draft.subject,
        evidence=draft.evidence,
        fixes=for_machine(draft.fixes, machine),
    )


_WEIGHT: dict[Severity, int] = {"note": 0, "warning": 1, "error": 2}


def suppress(findings: tuple[Finding, ...], rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """Marks each finding that another, present one explains, unless it weighs more than that one."""
    from msgspec.structs import replace

    by_code = {one.code: one for one in rules}
    weights: dict[str, int] = {}
    for f in findings:
        weights[f.code] = max(weights.get(f.code, 0), _WEIGHT[f.severity])

    def above(f: Finding) -> str | None:
        enough = [code for code in sorted(weights) if weights[code] >= _WEIGHT[f.severity]]
        causes = (c for c in enough if c in by_code and f.code in by_code[c].suppresses)
        return next(causes, None) or _better(by_code.get(f.code), enough, weights)

    return tuple(replace(f, suppressed_by=above(f)) for f in findings)


def _better(one: Rule | None, codes: Iterable[str], weights: dict[str, int]) -> str | None:
    """The finding before which a catch-all steps back."""
    if one is None or not one.yields_to:
        return None
    serious = (code for code in codes if weights[code] and code != one.code)
    return next((code for code in serious if code.startswith(one.yields_to)), None)


def fact_evidence(machine: Machine, name: str, value: str | None = None) -> Evidence:
    """Evidence from a known fact of the machine, with its own source."""
    fact = getattr(machine, name)
    assert isinstance(fact, Known), name
    return Evidence(
        fact=name, value=str(fact.value) if value is None else value, source=fact.source
    )


def find_rule(code_or_slug: str) -> Rule | None:
    """The rule of that code (any case) or slug, or the one that once was called so."""
    wanted = code_or_slug.strip().lower()
    own = _in_own_file(wanted)
    return own or next((r for r in all_rules() if wanted in names_of(r)), None)


def _in_own_file(wanted: str) -> Rule | None:
    """The rule whose file is named after it, without loading the others."""
    name = wanted.replace("-", "_")
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith(f"{name}_") or module.name.partition("_")[2] == name:
            importlib.import_module(f"{__name__}.{module.name}")
            here = _BY_MODULE.get(f"{__name__}.{module.name}", [])
            return next((r for r in here if wanted in names_of(r)), None)
    return None


def names_of(one: Rule) -> tuple[str, ...]:
    """What the rule is and was called, in lower case."""
    return tuple(name.lower() for name in (one.code, one.slug, *one.formerly))


def renamed(word: str) -> Rule | None:
    """The rule that once had this code or slug and has another now."""
    old = word.strip().lower()
    return next((r for r in all_rules() if old in names_of(r)[2:]), None)


SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def sections(page: str) -> dict[str, str]:
    """A page's sections by heading, in order."""
    parts = SECTION.split(page)
    return {h.strip(): body.strip() for h, body in zip(parts[1::2], parts[2::2], strict=True)}
