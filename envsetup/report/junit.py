"""JUnit XML as Jenkins and GitLab read it: a suite of findings, and one of checks a device."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from envsetup.model import Finding, Machine, Outcome, Report
from envsetup.report.escaping import fix_line
from envsetup.report.left_out import left_out_lines

ERRORS = ("crashed", "timed-out", "not-started")


def render(report: Report, **_: object) -> str:
    root = ET.Element("testsuites", name="envsetup")
    found = [_finding(f, report.machine) for f in report.findings] or [_healthy()]
    _suite(root, "findings", [*found, *map(_left_out, left_out_lines(report))])
    for device in dict.fromkeys(o.device for o in report.checks):
        mine = [o for o in report.checks if o.device == device]
        _suite(root, f"checks on {device}", [_check(o) for o in mine])
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str, cases: list[ET.Element]) -> None:
    count = {
        tag: sum(c.find(tag) is not None for c in cases) for tag in ("failure", "error", "skipped")
    }
    total = sum(float(c.get("time", "0")) for c in cases)
    suite = ET.SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(count["failure"]),
        errors=str(count["error"]),
        skipped=str(count["skipped"]),
        time=f"{total:.3f}",
    )
    suite.extend(cases)


def _case(group: str, name: str, seconds: float = 0.0) -> ET.Element:
    return ET.Element("testcase", classname=group, name=name, time=f"{seconds:.3f}")


def _told(case: ET.Element, tag: str, message: str, text: str, kind: str = "") -> None:
    child = ET.SubElement(case, tag, message=message)
    if kind:
        child.set("type", kind)
    child.text = text


def _left_out(words: str) -> ET.Element:
    case = _case("envsetup.findings", "left out")
    _told(case, "skipped", words, "")
    return case


def _healthy() -> ET.Element:
    return _case("envsetup.findings", "no finding")


def _finding(finding: Finding, machine: Machine) -> ET.Element:
    about = f" ({finding.subject})" if finding.subject else ""
    case = _case("envsetup.findings", f"{finding.code} {finding.slug}{about}")
    text = "\n".join([finding.message, *(f"fix: {fix_line(f, machine)}" for f in finding.fixes)])
    if finding.suppressed_by:
        _told(case, "skipped", f"explained by {finding.suppressed_by}", "")
    elif finding.severity == "error":
        _told(case, "failure", finding.message, text, finding.severity)
    else:
        output = ET.SubElement(case, "system-out")
        output.text = f"{finding.severity}: {text}"
    return case


def _check(outcome: Outcome) -> ET.Element:
    case = _case(f"envsetup.checks.{outcome.device}", outcome.id, outcome.duration_s)
    text = "\n".join(filter(None, [outcome.message, outcome.log_tail]))
    if outcome.status == "skipped":
        _told(case, "skipped", outcome.message, "")
    elif outcome.status == "failed":
        _told(case, "failure", outcome.message or outcome.status, text, outcome.status)
    elif outcome.status in ERRORS:
        _told(case, "error", outcome.message or outcome.status, text, outcome.status)
    elif outcome.status == "flaky":
        output = ET.SubElement(case, "system-out")
        output.text = f"flaky: {text}"
    return case
