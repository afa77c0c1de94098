"""A saved report may come from anybody: what a reader would paste is derived anew from its codes."""

from __future__ import annotations

import re

from msgspec.structs import replace

from envsetup.doctor import is_proven, verdict_of
from envsetup.doctor.about_target import about, told_path
from envsetup.knowledge import Knowledge
from envsetup.model import Finding, Fix, Report, Target, Verdict
from envsetup.plan import Request, make_plan
from envsetup.rules.definition import Rule
from envsetup.rules.registry import find_rule

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
