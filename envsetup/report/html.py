"""The report as one self-contained HTML file: no network, no script but its own, nothing from outside runs."""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
from collections import Counter
from functools import cache, partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from envsetup.model import Measurement, Outcome, Report, Severity, Status, Verdict
from envsetup.report.escaping import command_line, through
from envsetup.report.format_measurement import AT_LEAST, measured
from envsetup.report.group_by_cause import by_weight
from envsetup.report.left_out import left_out_lines
from envsetup.report.pages import pages
from envsetup.report.summary import grouped, machine_words, summary

if TYPE_CHECKING:
    from envsetup.report.diff import Change

TEMPLATE = "report.html.j2"
WIDTH, HEIGHT = 220, 60
"""Of a curve, in CSS pixels."""
HEADLINES: dict[Verdict, str] = {
    "ok": "Fine",
    "warnings": "Works, with warnings",
    "failed": "Not usable as it is",
    "unknown": "Not known",
}


KINDS: tuple[Severity, ...] = ("error", "warning", "note")
MARKS: dict[Status, str] = {
    "crashed": "☠",
    "failed": "✗",
    "timed-out": "⏱",
    "not-started": "✗",
    "flaky": "!",
    "passed": "✓",
    "skipped": "–",
}
"""The worst first, as they are counted."""
LABELS = {
    "torch_backend": "torch build",
    "driver_cuda": "CUDA of the driver",
    "cuda_available": "CUDA available",
    "gpus": "GPUs",
}
"""Names for people, of the summary's keys that aren't yet."""


class Span(NamedTuple):
    """A bar of the waterfall; start and length in percent of the whole."""

    name: str
    seconds: float
    start: float
    length: float


def render(report: Report, **_: object) -> str:
    """The page; every text from the report is escaped."""
    parts = _template(TEMPLATE)
    there = pages(report.findings)
    style, script = (_block(parts, name) for name in ("style", "script"))
    page: str = parts.render(
        report=report,
        headline=HEADLINES[report.verdict],
        style=style,
        script=script,
        policy=_policy(style, script),
        facts=_facts(report),
        counts=_counts(report),
        findings=by_weight(f for f in report.findings if f.suppressed_by is None),
        explained=[f for f in report.findings if f.suppressed_by is not None],
        devices=_devices(report),
        pages=there,
        paged={one.code for one in there},
        left_out=list(left_out_lines(report)),
        title=_title(report),
        waterfall=_waterfall(report),
        command=partial(command_line, machine=report.machine),
        prose=_prose,
        curves=_curves,
        bars=_bars,
        marks=MARKS,
    )
    return page


def _facts(report: Report) -> dict[str, str]:
    told = {"system": machine_words(report.machine), **summary(report.machine)}
    shown = {k: v for k, v in told.items() if v not in (None, []) and k not in ("os", "arch")}
    return {LABELS.get(k, k): _words(v) for k, v in shown.items()}


def _counts(report: Report) -> str:
    """How many findings and checks there are of each kind, the worst first."""
    open_ones = Counter(f.severity for f in report.findings if f.suppressed_by is None)
    ran = Counter(o.status for o in report.checks)
    found = [f"{n} {kind}{'s' * (n > 1)}" for kind in KINDS if (n := open_ones[kind])]
    ended = [f"{n} {status}" for status in MARKS if (n := ran[status])]
    checks = f"checks: {', '.join(ended)}" if ended else "no checks ran"
    return f"{', '.join(found) or 'No findings'}; {checks}."


def _title(report: Report) -> str:
    """What tells one open tab from another: the verdict, torch, the system."""
    told = summary(report.machine)
    about = [f"torch {told['torch']}" if told["torch"] else "", told["os"] or ""]
    head = HEADLINES[report.verdict]
    return ", ".join(filter(None, [head, *about])) + " \N{EN DASH} envsetup"


def render_changes(changes: tuple[Change, ...]) -> str:
    """What changed between two reports, in the same dress."""
    style = _block(_template(TEMPLATE), "style")
    worse = sum(change.worse for change in changes)
    title = (
        "Something got worse" if worse else "Nothing got worse" if changes else "Nothing changed"
    )
    return str(
        _template("diff.html.j2").render(
            changes=through(changes, "html"),
            worse=worse,
            title=title,
            style=style,
            policy=_policy(style, ""),
        )
    )


@cache
def _template(name: str) -> Any:
    from jinja2 import Environment, PackageLoader

    loader = PackageLoader("envsetup", str(PurePosixPath("report")))
    there = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return there.get_template(name)


def _block(template: Any, name: str) -> str:
    return "".join(template.blocks[name](template.new_context()))


def _policy(style: str, script: str) -> str:
    """What the page may do: show its own style and run its own script, known by their hashes."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = grouped(_gpu(gpu) for gpu in value)
    return str(value)


def _gpu(told: dict[str, object]) -> str:
    """Such as `NVIDIA L4 (8.9)`."""
    name, *rest = [str(v) for v in told.values() if v] or ["unnamed"]
    return f"{name} ({', '.join(rest)})" if rest else name


def _prose(text: str) -> Any:
    """Escaped, what stands between backticks as code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    marked = [
        Markup("<code>{}</code>").format(p) if n % 2 else escape(p) for n, p in enumerate(parts)
    ]
    return Markup("").join(marked)


def _devices(report: Report) -> dict[str, list[Outcome]]:
    """The checks of each device, what did not pass first."""
    found: dict[str, list[Outcome]] = {}
    for one in sorted(report.checks, key=lambda o: o.status in ("passed", "skipped")):
        found.setdefault(one.device, []).append(one)
    return found


def _curves(outcome: Outcome) -> list[dict[str, object]]:
    """Every measurement that is a list of numbers, as the points of a polyline."""
    found: list[dict[str, object]] = []
    for name, one in outcome.measurements.items():
        values = one.value
        if isinstance(values, tuple) and len(values) > 1:
            low, high = min(values), max(values)
            span = (high - low) or 1.0
            step = WIDTH / (len(values) - 1)
            points = " ".join(
                f"{i * step:.1f},{HEIGHT - (v - low) / span * HEIGHT:.1f}"
                for i, v in enumerate(values)
            )
            label = f"{name}: {values[0]:.4g} to {values[-1]:.4g} in {len(values)} steps"
            found.append({"points": points, "label": label})
    return found


def _bars(outcome: Outcome) -> list[dict[str, object]]:
    """Every measurement beside its limit: the share of the limit that was used, 1 at most."""
    found: list[dict[str, object]] = []
    for name, one in outcome.measurements.items():
        if not isinstance(one.value, tuple):
            found.append(
                {"name": name, "text": measured(one), "share": _share(one), "over": _over(one)}
            )
    return found


def _over(one: Measurement) -> bool:
    number = isinstance(one.value, (int, float)) and not isinstance(one.value, bool)
    return number and one.limit is not None and one.unit != AT_LEAST and one.value > one.limit  # type: ignore[operator]


def _share(one: Measurement) -> float | None:
    number = isinstance(one.value, (int, float)) and not isinstance(one.value, bool)
    if not number or not one.limit or one.unit == AT_LEAST:
        return None
    assert isinstance(one.value, (int, float))
    return max(0.0, min(1.0, one.value / one.limit))


def _waterfall(report: Report) -> list[Span]:
    """What ran, in its order, each where the one before it ended, as shares of the whole."""
    told = report.timings_s
    parts = [("facts", told.get("facts", 0.0)), ("import of torch", told.get("import_torch", 0.0))]
    parts += [(f"{o.id} on {o.device}", o.duration_s) for o in report.checks]
    parts += [(name, told.get(name, 0.0)) for name in ("findings", "plan")]
    took = [(name, seconds) for name, seconds in parts if 0 < seconds < math.inf]
    whole = max(told.get("total", 0.0), sum(seconds for _, seconds in took)) or 1.0
    ends = itertools.accumulate(seconds for _, seconds in took)
    return [
        Span(name, seconds, (end - seconds) / whole * 100, seconds / whole * 100)
        for (name, seconds), end in zip(took, ends, strict=True)
    ]
