"""A report of a large cluster node at its worst: 64 GPUs, 2,000 packages, 10,000 findings."""

from __future__ import annotations

import cProfile
import pstats
import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from envsetup.model import Known, Package, Report
from envsetup.report import FORMATS, load, render
from envsetup.report.redact import redact
from envsetup.testing import value
from tests.report.conftest import made_up

GITHUB_TAKES_CHARACTERS = 65_536


@dataclass(frozen=True)
class Size:
    gpus: int = 64
    packages: int = 2_000
    findings: int = 10_000

    def __mul__(self, times: int) -> Size:
        return Size(self.gpus * times, self.packages * times, self.findings * times)


def report_of(size: Size) -> Report:
    """The last finding is the worst: whoever shows a part must have looked for it."""
    small = made_up("a <b> & `c`")
    gpu, finding, outcome = value(small.machine.gpus)[0], small.findings[0], small.checks[0]
    machine = replace(
        small.machine,
        gpus=Known(value=tuple(replace(gpu, index=i) for i in range(size.gpus)), source=gpu.source),
        packages=Known(
            value=tuple(Package(name=f"package-{i}", version="1") for i in range(size.packages)),
            source=gpu.source,
        ),
    )
    notes = [
        replace(finding, severity="note", suppressed_by=None, message=f"number {i}.")
        for i in range(size.findings - 1)
    ]
    worst = replace(finding, severity="error", suppressed_by=None, message="the worst")
    checks = [
        replace(outcome, id=f"check-{n}", device=f"cuda:{i}", status="passed")
        for i in range(size.gpus)
        for n in range(30)
    ]
    broken = replace(outcome, id="the-broken", device="cuda:0", status="failed")
    return replace(
        small, machine=machine, findings=(*notes, worst), checks=(*checks, broken), verdict="failed"
    )


@pytest.fixture(scope="module")
def huge() -> Report:
    return redact(report_of(Size()))


def test_an_issue_takes_it_and_the_worst_is_in_it(huge: Report) -> None:
    text = render(huge, "markdown")
    page = MarkdownIt("commonmark").enable("table").render(text)

    assert len(text) < GITHUB_TAKES_CHARACTERS
    assert text.index("the worst") < text.index("number 0.")
    assert text.index("the-broken") < text.index("check-0")
    assert text.count("<details>") == text.count("</details>")
    told = len(set(re.findall(r"number \d+\.", text)))
    assert f"{len(huge.findings) - 1 - told} more findings are in the JSON report." in page


def test_the_verdict_and_the_worst_are_the_first_annotations(huge: Report) -> None:
    first, second, *_ = render(huge, "github").splitlines()
    assert "verdict: failed" in first
    assert second.startswith("::error ")


def test_nothing_is_lost_where_all_belongs(huge: Report) -> None:
    assert load(render(huge, "json").encode()) == huge
    suites = {s.get("name"): s for s in ET.fromstring(render(huge, "junit"))}
    assert suites["findings"].get("tests") == str(len(huge.findings))
    assert len([s for s in suites if s and s.startswith("checks on cuda:")]) == 64
    page = render(huge, "html")
    assert len(set(re.findall(r"number \d+\.", page))) == len(huge.findings) - 1


@pytest.mark.parametrize("name", FORMATS)
def test_the_work_grows_with_the_size_alone(name: str) -> None:
    small = Size(gpus=4, packages=100, findings=500)
    once, fourfold = (_calls(name, report_of(size)) for size in (small, small * 4))
    assert fourfold < 4.4 * once


def _calls(name: str, report: Report) -> int:
    """How many functions are called to make it."""
    render(made_up(), name)  # what is loaded at the first time is no part of it
    profile = cProfile.Profile()
    profile.runcall(lambda: render(redact(report), name))
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]
