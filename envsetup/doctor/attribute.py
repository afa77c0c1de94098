"""What torch itself said when its import or CUDA failed: the rules that it nominates, judged by facts.

A text nominates, facts convict: a nominated rule whose judge finds its defect is the cause; one whose
judge sees every case and finds nothing is not named; what facts leave open is named as likely.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from envsetup.errors.rank import match_error
from envsetup.model import (
    Absent,
    Evidence,
    Finding,
    Machine,
    Record,
    Severity,
    Undecided,
    Unreadable,
    value_of,
)
from envsetup.rules import Draft, Rule, fact_evidence
from envsetup.rules.engine import complete, is_about
from envsetup.rules.suppress import WEIGHT

LONGEST = 300
IMPORT_ERROR = re.compile(r"\b(?:Import|ModuleNotFound|OS)Error\b")
UNEXPECTED = "Unexpected error from cudaGetDeviceCount"
"""What torch never says of a machine that merely has no GPU or driver."""
CATCH_ALLS = ("PY113", "DR114")
"""Rules that say no more than that the import, or CUDA, failed."""


class Judged(Record):
    """What the rules said from facts alone, and which rules were asked."""

    findings: tuple[Finding, ...]
    undecided: tuple[Undecided, ...]
    rules: tuple[Rule, ...]


class Attribution(Record):
    """What torch's own words add to what the facts gave."""

    findings: tuple[Finding, ...] = ()
    """Likely ones."""
    cause: str | None = None
    """The code, convicted or likely, that explains why torch failed."""
    severity: Severity = "note"
    """The weight of that failure: what explains it carries at least as much."""

    @property
    def causes(self) -> dict[str, str]:
        """The codes that say no more than that torch failed, each with what explains it."""
        return dict.fromkeys(CATCH_ALLS, self.cause) if self.cause else {}

    def weighed(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, the one that explains the failure with at least the failure's weight."""
        given = tuple(findings)
        mine = [f for f in given if f.code == self.cause]
        first = max(mine, key=lambda f: WEIGHT[f.severity], default=None)
        return tuple(
            replace(f, severity=_heavier(f.severity, self.severity)) if f is first else f
            for f in given
        )


class _Failure(Record):
    """An error of torch's, the code that says no more than that it happened, and its weight."""

    told: Evidence
    catch_all: str
    severity: Severity


def attribute(machine: Machine, judged: Judged) -> Attribution:
    """Who is to blame for the failure of torch that the machine's facts tell of, if there is one."""
    failure = _import_failed(machine) or _cuda_failed(machine)
    named = _of_torch(failure, judged, machine) if failure is not None else Attribution()
    found = (*judged.findings, *named.findings)
    beside = tuple(_of_others(machine, {one.code for one in found}, judged))
    return replace(named, findings=(*named.findings, *beside))


def _of_torch(failure: _Failure, judged: Judged, machine: Machine) -> Attribution:
    """The first nominee that facts convict or leave open; before an open one what explains any failure."""
    nominees = _nominees(failure.told)
    cause = _convicted(nominees, failure, judged)
    if cause is not None:
        return Attribution(cause=cause, severity=failure.severity)
    rule = _likely(nominees, judged, machine)
    if rule is None:
        return Attribution()
    words = f"Likely the reason why torch fails: {_in_sentence(rule.title)}. It says: "
    finding = _finding(rule, failure.told, words, _heavier(rule.severity, failure.severity))
    return Attribution(findings=(finding,), cause=rule.code, severity=failure.severity)


def _convicted(nominees: Sequence[str], failure: _Failure, judged: Judged) -> str | None:
    """The code of what facts alone have found: by the text's order, then what explains such failures."""
    found = {f.code for f in judged.findings}
    errors = {f.code for f in judged.findings if f.severity == "error"}
    explaining = (r.code for r in judged.rules if failure.catch_all in r.suppresses)
    named = (code for code in nominees if code in found and code not in CATCH_ALLS)
    return next(named, None) or next((code for code in explaining if code in errors), None)


def _of_others(machine: Machine, there: set[str], judged: Judged) -> Iterator[Finding]:
    """What the import of something else, such as an extension, died of while torch spoke."""
    runtime = value_of(machine.torch_runtime)
    for line in runtime.warnings if runtime is not None else ():
        if not IMPORT_ERROR.search(line):
            continue
        told = fact_evidence(machine, "torch_runtime", line[:LONGEST])
        nominees = _nominees(told)
        rule = None if there.intersection(nominees) else _likely(nominees, judged, machine)
        if rule is not None:
            there.add(rule.code)
            words = f"An import failed beside torch, likely for this: {_in_sentence(rule.title)}. It says: "
            yield _finding(rule, told, words, _lighter(rule.severity, "warning"))


def _nominees(told: Evidence) -> tuple[str, ...]:
    """Codes that the words surely speak for, best first."""
    return tuple(m.code for m in match_error(str(told.value)) if m.confidence == "high")


def _likely(nominees: Sequence[str], judged: Judged, machine: Machine) -> Rule | None:
    """The first nominated rule that facts leave open."""
    by_code = {rule.code: rule for rule in judged.rules}
    undecided = {one.code for one in judged.undecided}
    asked = (by_code[code] for code in nominees if code in by_code and code not in CATCH_ALLS)
    return next((r for r in asked if is_about(r, machine) and _is_open(r, undecided)), None)


def _is_open(rule: Rule, undecided: Iterable[str]) -> bool:
    return rule.judge is None or not rule.exhaustive or rule.code in undecided


def _finding(rule: Rule, told: Evidence, words: str, severity: Severity) -> Finding:
    draft = Draft(
        message=f"{words}{told.value}",
        subject="torch",
        evidence=(told,),
        fixes=rule.fixes,
        confidence="medium",
        severity=severity,
    )
    return complete(rule, draft)


def _in_sentence(title: str) -> str:
    """A title inside a sentence: its first word small, unless that is a name."""
    first = title.split(" ", 1)[0]
    return title[:1].lower() + title[1:] if first[1:].islower() or first == "A" else title


def _heavier(one: Severity, other: Severity) -> Severity:
    return max(one, other, key=WEIGHT.__getitem__)


def _lighter(one: Severity, other: Severity) -> Severity:
    return min(one, other, key=WEIGHT.__getitem__)


def _import_failed(machine: Machine) -> _Failure | None:
    """The error of an import that was tried; damaged files explain any such error by themselves."""
    runtime, torch = machine.torch_runtime, value_of(machine.torch)
    if not isinstance(runtime, Unreadable) or runtime.source.kind != "target":
        return None
    if torch is not None and torch.broken_files:
        return None
    told = Evidence(fact="torch_runtime", value=runtime.error[:LONGEST], source=runtime.source)
    return _Failure(told=told, catch_all="PY113", severity="error")


def _cuda_failed(machine: Machine) -> _Failure | None:
    """The error with which CUDA didn't start; where there is no GPU that is mostly as it should be."""
    runtime, without = value_of(machine.torch_runtime), isinstance(machine.gpus, Absent)
    if runtime is None or runtime.cuda_available or not runtime.cuda_error:
        return None
    if without and UNEXPECTED not in runtime.cuda_error:
        return None
    told = fact_evidence(machine, "torch_runtime", runtime.cuda_error[:LONGEST])
    return _Failure(told=told, catch_all="DR114", severity="warning" if without else "error")
