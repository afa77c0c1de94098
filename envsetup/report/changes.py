"""What changed between two reports, as text, Markdown, JSON and HTML."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from envsetup.report.diff import Change
from envsetup.report.escaping import through
from envsetup.report.json_v1 import json_document

MARKS = {None: "", "note": "note", "warning": "worse", "error": "worse"}


def render(changes: tuple[Change, ...], format: str) -> str:
    if format == "json":
        told = [{**msgspec.to_builtins(c), "worse": c.worse} for c in changes]
        worse = any(c.worse for c in changes)
        whole = {"schema_version": "1", "worse": worse, "changes": told}
        return json_document(whole)
    if format == "html":
        from envsetup.report.html import render_changes

        return render_changes(changes)
    if not changes:
        return "Nothing changed.\n"
    rows = (_markdown if format == "markdown" else _text)(through(changes, format))
    return "\n".join(rows) + "\n"


def _markdown(changes: tuple[Change, ...]) -> list[str]:
    rows = ["| | what | before | after |", "| --- | --- | --- | --- |"]
    for one in changes:
        mark = "**worse**" if one.worse else MARKS[one.severity]
        cells = one.name, one.before or "", one.after or ""
        rows.append(f"| {mark} | {one.what} {' | '.join(cells)} |")
    return rows


def _text(changes: tuple[Change, ...]) -> list[str]:
    worse = sum(c.worse for c in changes)
    plural = "" if len(changes) == 1 else "s"
    return [*map(_line, changes), f"{len(changes)} change{plural}, {worse} for the worse."]


def lines(changes: Iterable[Change]) -> list[str]:
    """Each change on one line, as the terminal shows it."""
    return [_line(one) for one in through(tuple(changes), "text")]


def _line(change: Change) -> str:
    before, after = (v or "-" for v in (change.before, change.after))
    return f"{MARKS[change.severity]:<5}  {change.what} {change.name}: {before} -> {after}"
