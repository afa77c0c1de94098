"""Two reports compared by meaning: what a maintainer would ask about, not which bytes differ."""

from __future__ import annotations

import re

import msgspec

from envsetup.model import Outcome, Record, Report
from envsetup.report.markdown import text as markdown_text
from envsetup.report.safe import one_line
from envsetup.report.summary import grouped, summary

SLOWER_BY = 2.0
"""A check that takes this many times longer than before, and …"""
NOISE_S = 0.5
"""… this much longer, is slower by more than what busy machines vary."""
GOOD = ("passed", "skipped")


class Change(Record):
    what: str
    """fact, finding, check or time."""
    name: str
    before: str | None
    after: str | None
    worse: bool


def compare(before: Report, after: Report) -> tuple[Change, ...]:
    return (*_facts(before, after), *_findings(before, after), *_checks(before, after))


def _facts(before: Report, after: Report) -> list[Change]:
    old, new = summary(before.machine), summary(after.machine)
    return [
        Change(
            what="fact",
            name=key,
            before=_words(old[key]),
            after=_words(new[key]),
            worse=_worse_fact(key, old[key], new[key]),
        )
        for key in old
        if old[key] != new[key]
    ]


def _worse_fact(key: str, old: object, new: object) -> bool:
    """CUDA gone, a GPU gone, an older driver, or a CPU build in place of one for a GPU."""
    if key == "cuda_available":
        return old is True and new is not True
    if key == "gpus" and isinstance(old, list) and isinstance(new, list):
        return len(new) < len(old)
    if key == "torch_backend":
        return new == "cpu" and old not in (None, "cpu")
    if key in ("driver", "driver_cuda") and isinstance(old, str) and isinstance(new, str):
        return _numbers(new) < _numbers(old)
    return False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version))


def _words(value: object) -> str | None:
    if isinstance(value, list):
        return grouped(" ".join(str(v) for v in gpu.values() if v) for gpu in value) or "none"
    return None if value is None else str(value)


def _findings(before: Report, after: Report) -> list[Change]:
    old = {(f.code, f.subject): f for f in before.findings if not f.suppressed_by}
    new = {(f.code, f.subject): f for f in after.findings if not f.suppressed_by}
    gone = [old[k] for k in old if k not in new]
    came = [new[k] for k in new if k not in old]
    return [
        *(
            Change(what="finding", name=f.code, before=f.message, after=None, worse=False)
            for f in gone
        ),
        *(
            Change(
                what="finding",
                name=f.code,
                before=None,
                after=f.message,
                worse=f.severity != "note",
            )
            for f in came
        ),
    ]


def _checks(before: Report, after: Report) -> list[Change]:
    old = {(o.id, o.device): o for o in before.checks}
    found = []
    for one in after.checks:
        was = old.get((one.id, one.device))
        name = f"{one.id} on {one.device}"
        if was is None or was.status != one.status:
            worse = one.status not in GOOD and (was is None or was.status in GOOD)
            status = was.status if was else None
            found.append(
                Change(what="check", name=name, before=status, after=one.status, worse=worse)
            )
        elif _slower(was, one):
            old_s, new_s = f"{was.duration_s:.2f} s", f"{one.duration_s:.2f} s"
            found.append(Change(what="time", name=name, before=old_s, after=new_s, worse=False))
    now = {(o.id, o.device) for o in after.checks}
    for one in before.checks:
        if (one.id, one.device) not in now:
            name = f"{one.id} on {one.device}"
            found.append(
                Change(what="check", name=name, before=one.status, after=None, worse=False)
            )
    return found


def _slower(was: Outcome, now: Outcome) -> bool:
    return now.duration_s > max(SLOWER_BY * was.duration_s, was.duration_s + NOISE_S)


def render(changes: tuple[Change, ...], format: str) -> str:
    if format == "json":
        told = {"schema_version": "1", "worse": any(c.worse for c in changes), "changes": changes}
        return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()
    if format == "html":
        from envsetup.report.html import render_changes

        return render_changes(changes)
    if not changes:
        return "Nothing changed.\n"
    if format == "markdown":
        rows = [
            f"| {c.what} | {markdown_text(c.name)} | {_cell(c.before)} | {_cell(c.after)} |"
            for c in changes
        ]
        return (
            "\n".join(["| what | name | before | after |", "| --- | --- | --- | --- |", *rows])
            + "\n"
        )
    return "\n".join(_line(c) for c in changes) + "\n"


def _cell(value: str | None) -> str:
    return markdown_text(value) if value else ""


def _line(change: Change) -> str:
    mark = "worse" if change.worse else "     "
    before, after = (one_line(v) if v else "-" for v in (change.before, change.after))
    return f"{mark}  {change.what} {one_line(change.name)}: {before} -> {after}"
