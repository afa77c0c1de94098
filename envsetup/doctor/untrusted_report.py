"""A saved report may come from anybody: what a reader would paste is derived anew from its codes."""

from __future__ import annotations

from msgspec.structs import replace

from envsetup.knowledge import Knowledge
from envsetup.model import Finding, Fix, Report
from envsetup.plan import Request, make_plan
from envsetup.rules.registry import find_rule


def derived_anew(report: Report, knowledge: Knowledge) -> Report:
    """The report with fixes and commands of ours: what its own said to run is gone.

    Findings of unknown codes stay as data, with nothing to paste. The plan is made again from the
    report's machine, which is data too.
    """
    plan = make_plan(report.machine, knowledge, Request()) if report.plan else None
    return replace(report, findings=tuple(map(_own, report.findings)), plan=plan)


def _own(finding: Finding) -> Finding:
    rule = find_rule(finding.code)
    if rule is not None and rule.fixes:
        return replace(finding, slug=rule.slug, fixes=rule.fixes)
    if rule is not None:
        page = Fix(text="Read its page", argv=("envsetup", "explain", rule.code))
        return replace(finding, slug=rule.slug, fixes=(page,))
    return replace(finding, fixes=())
