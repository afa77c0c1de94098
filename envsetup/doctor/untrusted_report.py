"""A saved report may come from anybody: what a reader would paste is derived anew from its codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from envsetup import __version__
from envsetup.doctor import (
    Examination,
    diagnose,
    is_proven,
    report_of,
    selected_rules,
    unseen,
    verdict_of,
    was_unseen,
)
from envsetup.doctor.about_target import about, told_path
from envsetup.doctor.catalogue import choose_outcomes
from envsetup.doctor.requirements import CODE as NEED_CODE
from envsetup.doctor.requirements import Need, NeedError, read_need
from envsetup.knowledge import Knowledge
from envsetup.model import Finding, Fix, Report, Target, Unreadable, Verdict
from envsetup.plan import Request, make_plan
from envsetup.rules.definition import Rule
from envsetup.rules.registry import find_rule
from envsetup.rules.suppress import WEIGHT

BAD_TO_WORSE: tuple[Verdict, ...] = ("ok", "unknown", "warnings", "failed")
INTERPRETER = re.compile(
    r"(?!\\\\|//)(?:[^\x00-\x1f\x7f]{0,400}[/\\])?python(?:3(?:\.\d{1,2})?)?t?(?:\.exe)?"
)
"""A path that ends in an interpreter's name and lies on no other host."""


def derived_anew(report: Report, knowledge: Knowledge) -> Report:
    """The report with fixes and commands of ours: what its own said to run is gone.

    Findings of unknown codes stay as data, with nothing to paste. The plan is made again from the
    report's machine, which is data too, and so are the verdict and whether anything is proven.
    """
    plan = make_plan(report.machine, knowledge, Request()) if report.plan else None
    rules = {code: find_rule(code) for code in {f.code for f in report.findings}}
    findings = tuple(_own(f, rules[f.code]) for f in report.findings)
    verdict, proven = _judged(report)
    anew = replace(report, findings=findings, plan=plan, verdict=verdict, proven=proven)
    return about_saved(anew, report.target)


def _judged(report: Report) -> tuple[Verdict, bool]:
    """Verdict and proof by what the report holds; its own word counts where it is the worse one."""
    facts = report.machine, report.findings, report.checks
    verdict = max(verdict_of(*facts), report.verdict, key=BAD_TO_WORSE.index)
    return verdict, report.proven and is_proven(*facts)


def about_saved(report: Report, target: Target | None) -> Report:
    """The report of a saved target; what is no interpreter's path becomes part of no command."""
    path = (target and target.path) or told_path(report.machine) or ""
    if INTERPRETER.fullmatch(path):
        return about(report, target, by_conda=False)
    return replace(report, target=target and replace(target, path=None))


def _own(finding: Finding, rule: Rule | None) -> Finding:
    if rule is not None and rule.fixes:
        return replace(finding, slug=rule.slug, fixes=rule.fixes)
    if rule is not None:
        page = Fix(text="Read its page", argv=("envsetup", "explain", rule.code))
        return replace(finding, slug=rule.slug, fixes=(page,))
    return replace(finding, fixes=())


def judged_anew(saved: Report, knowledge: Knowledge, examination: Examination) -> Report:
    """The report of the same run by the rules of today: its machine is judged, its outcomes stay.

    A report that travels leaves out what is personal, so that rules may find less in it: what the
    same version found stays. Its demands are put again beside those of `examination`.
    """
    if was_unseen(saved.machine):
        assert isinstance(saved.machine.python, Unreadable)
        empty = unseen(saved.machine.python.error, replace(examination, level=saved.level))
        return about_saved(empty, saved.target)
    stated = {need.text for need in examination.needs}
    needs = (*examination.needs, *(n for n in _needs(saved) if n.text not in stated))
    wanted = replace(examination, needs=needs, level=saved.level)
    outcomes = choose_outcomes(saved.checks, examination.select, examination.ignore)
    if examination.devices is not None:
        outcomes = tuple(o for o in outcomes if o.device in examination.devices)
    diagnosis = diagnose(saved.machine, knowledge, wanted, outcomes)
    if saved.tool_version == __version__:
        kept = _chosen(saved.findings, examination)
        diagnosis = replace(diagnosis, findings=tuple(_together(diagnosis.findings, kept)))
    if diagnosis.plan is None and saved.plan is not None:
        diagnosis = replace(diagnosis, plan=make_plan(saved.machine, knowledge, Request()))
    anew = report_of(saved.machine, diagnosis, wanted, outcomes, saved.timings_s)
    return about_saved(replace(anew, left_out=saved.left_out), saved.target)


def _needs(saved: Report) -> Iterator[Need]:
    """The demands that were not met."""
    for finding in saved.findings:
        if finding.code == NEED_CODE:
            try:
                yield read_need(finding.subject or "")
            except NeedError:
                continue  # from a newer envsetup: the finding stays as data


def _chosen(findings: Iterable[Finding], examination: Examination) -> Iterator[Finding]:
    """Those that the selection leaves; one of an unknown code where nothing is selected."""
    rules = selected_rules(examination.select, examination.ignore, preview=True)
    codes, given = {rule.code for rule in rules}, tuple(findings)
    known = {code: find_rule(code) for code in {f.code for f in given}}
    for one in given:
        rule = known.get(one.code)
        if one.code in codes or (rule is None and not examination.select):
            yield _own(one, rule)


def _together(anew: Iterable[Finding], saved: Iterable[Finding]) -> Iterator[Finding]:
    """What is found anew, never lighter than it was, and what was found before alone."""
    found, before = tuple(anew), {(f.code, f.subject): f for f in saved}
    codes = {f.code for f in (*found, *before.values())}
    for one in found:
        old = before.pop((one.code, one.subject), one)
        yield replace(one, severity=max(one.severity, old.severity, key=WEIGHT.__getitem__))
    for one in before.values():
        cause = one.suppressed_by if one.suppressed_by in codes else None
        yield replace(one, suppressed_by=cause)
