"""The report as one self-contained HTML file: no network, no script but its own, nothing from outside runs."""

from __future__ import annotations

import base64
import hashlib
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from envsetup.model import Measurement, Outcome, Report
from envsetup.report.measured import measured
from envsetup.report.safe import plain
from envsetup.report.summary import grouped, summary

if TYPE_CHECKING:
    from envsetup.report.diff import Change

TEMPLATE = "report.html.j2"
WIDTH, HEIGHT = 220, 60
"""Of a curve, in CSS pixels."""


def render(report: Report, **_: object) -> str:
    """The page; every text from the report is escaped."""
    parts = _template(TEMPLATE)
    style, script = (_block(parts, name) for name in ("style", "script"))
    page: str = parts.render(
        report=report,
        style=style,
        script=script,
        policy=_policy(style, script),
        facts={k: _words(v) for k, v in summary(report.machine).items() if v not in (None, [])},
        findings=[f for f in report.findings if f.suppressed_by is None],
        explained=[f for f in report.findings if f.suppressed_by is not None],
        devices=_devices(report),
        waterfall=_waterfall(report),
        command=lambda argv: plain(shlex.join(argv)),
        plain=plain,
        curves=_curves,
        bars=_bars,
    )
    return page


def render_changes(changes: tuple[Change, ...]) -> str:
    """What changed between two reports, in the same dress."""
    style = _block(_template(TEMPLATE), "style")
    worse = sum(change.worse for change in changes)
    title = (
        "Something got worse" if worse else "Nothing got worse" if changes else "Nothing changed"
    )
    return str(
        _template("diff.html.j2").render(
            changes=changes,
            worse=worse,
            title=title,
            style=style,
            policy=_policy(style, ""),
            plain=plain,
        )
    )


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
    if isinstance(value, list):
        value = grouped(" ".join(str(v) for v in gpu.values() if v) for gpu in value)
    return plain(str(value))


def _devices(report: Report) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for one in report.checks:
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
    return number and one.limit is not None and one.unit != "at least" and one.value > one.limit  # type: ignore[operator]


def _share(one: Measurement) -> float | None:
    number = isinstance(one.value, (int, float)) and not isinstance(one.value, bool)
    if not number or not one.limit or one.unit == "at least":
        return None
    assert isinstance(one.value, (int, float))
    return max(0.0, min(1.0, one.value / one.limit))


def _waterfall(report: Report) -> list[dict[str, object]]:
    """Durations of the checks as shares of the longest."""
    longest = max((o.duration_s for o in report.checks), default=0.0) or 1.0
    rows = sorted(report.checks, key=lambda o: -o.duration_s)
    return [
        {"name": f"{o.id} on {o.device}", "seconds": o.duration_s, "share": o.duration_s / longest}
        for o in rows
        if o.duration_s > 0
    ]
