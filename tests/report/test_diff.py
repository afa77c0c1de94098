"""What counts as worse between two reports, and what that makes of the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from envsetup.cli import root as cli
from envsetup.model import (
    Finding,
    Gpu,
    Known,
    Machine,
    NvidiaDriver,
    Outcome,
    Report,
    TorchRuntime,
    Unreadable,
)
from envsetup.report import render
from envsetup.report.changes import render as render_diff
from envsetup.report.diff import Change, compare, weighing
from envsetup.testing import SOURCE, driver, gpu, known, torch


def cards(*names: str) -> Known[tuple[Gpu, ...]]:
    return known(tuple(gpu(index=i, name=n, compute_capability="8.0") for i, n in enumerate(names)))


def driven(version: str, cuda: str = "13.0") -> Known[NvidiaDriver]:
    return known(driver(version, cuda_version=cuda))


HEALTHY = Machine(
    os=known("linux"),
    gpus=cards("A100", "A100"),
    nvidia_driver=driven("580.65.06"),
    torch=known(torch("2.13.0+cu130")),
    torch_runtime=known(TorchRuntime(version="2.13.0+cu130", cuda_available=True)),
)


def finding(severity: str = "error", **fields: Any) -> Finding:
    stated = {"code": "ST101", "slug": "disk", "confidence": "high", "message": "full"}
    return Finding(severity=severity, **{**stated, **fields})  # type: ignore[arg-type]


def check(status: str = "passed", id: str = "matmul", seconds: float = 1.0) -> Outcome:
    return Outcome(id=id, device="cuda:0", status=status, duration_s=seconds)  # type: ignore[arg-type]


def report(machine: Machine = HEALTHY, **parts: Any) -> Report:
    made: dict[str, Any] = {"tool_version": "0.1.0", "created_at": "2026-11-23T00:00:00+00:00"}
    return Report(verdict="ok", proven=True, machine=machine, **made, **parts)


def only(before: Report, after: Report) -> Change:
    (change,) = compare(before, after)
    return change


@pytest.mark.parametrize(
    ("field", "now", "name", "severity"),
    [
        ("nvidia_driver", driven("550.54.14"), "driver", "warning"),
        ("nvidia_driver", driven("580.65.06", "12.9"), "driver_cuda", "warning"),
        ("gpus", cards("A100"), "gpus", "error"),
        ("gpus", cards(), "gpus", "error"),
        ("torch", known(torch("2.13.0+cpu")), "torch_backend", "error"),
        ("torch_runtime", known(TorchRuntime(cuda_available=False)), "cuda_available", "error"),
    ],
)
def test_what_the_machine_lost_is_worse(field: str, now: Any, name: str, severity: str) -> None:
    changes = {c.name: c for c in compare(report(), report(replace(HEALTHY, **{field: now})))}

    assert (changes[name].worse, changes[name].severity) == (True, severity)
    assert not any(c.worse for n, c in changes.items() if n != name)


@pytest.mark.parametrize(
    ("field", "now"),
    [
        ("nvidia_driver", driven("580.95.05")),
        ("nvidia_driver", driven("580.65")),
        ("nvidia_driver", driven("590.1")),
        ("gpus", cards("A100", "A100", "A100")),
        ("gpus", cards("A100", "H100")),
        ("torch", known(torch("2.13.0+cu132"))),
        ("torch", known(torch("2.13.0+rocm7.2"))),
        ("torch_runtime", Machine().torch_runtime),
        ("gpus", Unreadable(error="not looked at", source=SOURCE)),
    ],
)
def test_what_changed_or_was_not_looked_at_is_no_loss(field: str, now: Any) -> None:
    changes = compare(report(), report(replace(HEALTHY, **{field: now})))

    assert changes
    assert not any(c.worse for c in changes)


@pytest.mark.parametrize(
    ("before", "after", "severity"),
    [
        ("passed", "failed", "error"),
        ("skipped", "crashed", "error"),
        ("passed", "flaky", "warning"),
        ("flaky", "failed", "error"),
        ("flaky", "passed", None),
        ("failed", "crashed", None),
        ("passed", "skipped", None),
    ],
)
def test_a_check_is_worse_by_what_its_status_weighs(
    before: str, after: str, severity: str | None
) -> None:
    change = only(report(checks=(check(before),)), report(checks=(check(after),)))

    assert (change.name, change.severity) == ("matmul on cuda:0", severity)


def test_a_failing_check_that_did_not_run_before_is_worse() -> None:
    assert only(report(), report(checks=(check("failed"),))).worse
    assert not only(report(checks=(check("failed"),)), report()).worse


@pytest.mark.parametrize(
    ("before_s", "after_s", "worse"),
    [(1.0, 3.0, True), (1.0, 1.9, False), (0.01, 0.4, False), (3.0, 1.0, False), (0.0, 9.0, True)],
)
def test_slower_is_what_exceeds_the_noise(before_s: float, after_s: float, worse: bool) -> None:
    before, after = (report(checks=(check(seconds=s),)) for s in (before_s, after_s))

    assert [c.what for c in compare(before, after)] == ["time"] * worse
    assert bool(weighing(before, after, "warning")) is worse
    assert not weighing(before, after, "error")


def test_what_slows_every_check_alike_is_told_once() -> None:
    names = ("matmul", "rng", "linalg", "amp")
    before = report(checks=tuple(check(id=n) for n in names))
    busy = report(checks=tuple(check(id=n, seconds=1.8) for n in names))
    slow = report(checks=tuple(check(id=n, seconds=3.0) for n in names))
    one = report(checks=tuple(check(id=n, seconds=9.0 if n == "amp" else 1.0) for n in names))

    assert compare(before, busy) == ()
    assert [c.name for c in compare(before, slow)] == ["all checks on cuda:0"]
    assert "amp on cuda:0" in [c.name for c in compare(before, one)]


def test_a_check_that_failed_is_not_called_slower_too() -> None:
    before = report(checks=(check(),))
    after = report(checks=(check("timed-out", seconds=60.0),))

    assert [c.what for c in compare(before, after)] == ["check"]


def test_findings_are_new_by_code_and_subject() -> None:
    before = report(findings=(finding(subject="/a"), finding("note", code="CP101")))
    after = report(findings=(finding(subject="/a", message="reworded"), finding(subject="/b")))

    assert [(c.name, c.severity) for c in compare(before, after)] == [
        ("ST101", "error"),
        ("CP101", None),
    ]


def test_a_finding_that_weighs_more_than_before_is_new() -> None:
    changes = compare(report(findings=(finding("warning"),)), report(findings=(finding(),)))

    assert [(c.name, c.severity) for c in changes] == [("ST101", "error")]
    assert not compare(report(findings=(finding(),)), report(findings=(finding("warning"),)))


def test_a_finding_whose_root_is_mended_is_not_new() -> None:
    hidden = finding(suppressed_by="DR101")

    assert compare(report(findings=(hidden,)), report(findings=(finding(),))) == ()


def test_the_worst_comes_first_and_every_format_says_that_it_is_worse() -> None:
    machine = replace(HEALTHY, gpus=cards("A100"), nvidia_driver=driven("550.54.14"))
    machine = replace(machine, torch=known(torch("2.13.0+cu126")))
    changes = compare(report(), report(machine))

    assert [c.severity for c in changes] == ["error", "warning", None, None]
    told = json.loads(render_diff(changes, "json"))
    assert [c["worse"] for c in told["changes"]] == [True, True, False, False]
    assert render_diff(changes, "markdown").count("**worse**") == 2
    assert render_diff(changes, "html").count("(worse)") == 2
    assert render_diff(changes, "text").endswith("4 changes, 2 for the worse.\n")


# -- the exit code ---------------------------------------------------------------------------------


def saved(folder: Path, name: str, one: Report) -> str:
    path = folder / f"{name}.json"
    path.write_text(render(one, "json"), encoding="utf-8")
    return str(path)


def doctor(tmp_path: Path, before: Report, after: Report, *more: str) -> Result:
    words = ["doctor", "--from", saved(tmp_path, "after", after), "--select", "ST101"]
    words += ["--baseline", saved(tmp_path, "before", before), *more]
    return CliRunner().invoke(cli, words, standalone_mode=False)


WORSE = report(replace(HEALTHY, gpus=cards("A100")))
OLDER = report(replace(HEALTHY, nvidia_driver=driven("550.54.14")))


@pytest.mark.parametrize(
    ("after", "options", "code"),
    [
        (report(), (), 0),
        (WORSE, (), 1),
        (WORSE, ("--exit-zero",), 0),
        (WORSE, ("--fail-on", "never"), 0),
        (OLDER, (), 0),
        (OLDER, ("--fail-on", "warning"), 1),
    ],
)
def test_what_got_worse_decides_by_its_weight(
    tmp_path: Path, after: Report, options: tuple[str, ...], code: int
) -> None:
    answer = doctor(tmp_path, report(), after, *options)

    assert answer.return_value == code
    assert answer.stderr.startswith("since the baseline: ")
    assert ("nothing got worse" in answer.stderr) == (after == report())


def test_quiet_says_nothing_of_the_baseline(tmp_path: Path) -> None:
    answer = doctor(tmp_path, report(), WORSE, "-q")

    assert (answer.return_value, answer.stderr) == (1, "")


def test_a_path_below_the_home_is_the_same_in_a_redacted_baseline(tmp_path: Path) -> None:
    from envsetup.cli.baseline import count
    from envsetup.report.redact import redact

    mine = report(findings=(finding(subject="/home/somebody/cache"),))

    assert count(redact(mine), mine, "note", quiet=True) == 0
    assert count(None, mine, "note", quiet=True) == 1


def test_diff_ends_in_1_where_something_got_worse(tmp_path: Path) -> None:
    files = [saved(tmp_path, n, r) for n, r in (("a", report()), ("b", OLDER))]

    for order, code in ((files, 1), (files[::-1], 0), (files[:1] * 2, 0)):
        answer = CliRunner().invoke(cli, ["report", "diff", *order])
        assert answer.exit_code == code, answer.output
