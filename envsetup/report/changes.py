"""What changed between two reports, as text, Markdown, JSON and HTML."""

from __future__ import annotations

import msgspec

from envsetup.report.diff import Change
from envsetup.report.escaping import one_line
from envsetup.report.markdown import text as markdown_text

MARKS = {None: "", "note": "note", "warning": "worse", "error": "worse"}


def render(changes: tuple[Change, ...], format: str) -> str:
    if format == "json":
        told = [{**msgspec.to_builtins(c), "worse": c.worse} for c in changes]
        worse = any(c.worse for c in changes)
        whole = {"schema_version": "1", "worse": worse, "changes": told}
        return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()
    if format == "html":
        from envsetup.report.html import render_changes

        return render_changes(changes)
    if not changes:
        return "Nothing changed.\n"
    rows = _markdown(changes) if format == "markdown" else _text(changes)
    return "\n".join(rows) + "\n"


def _markdown(changes: tuple[Change, ...]) -> list[str]:
    rows = ["| | what | before | after |", "| --- | --- | --- | --- |"]
    for one in changes:
        mark = "**worse**" if one.worse else MARKS[one.severity]
        cells = markdown_text(one.name), _cell(one.before), _cell(one.after)
        rows.append(f"| {mark} | {one.what} {' | '.join(cells)} |")
    return rows


def _cell(value: str | None) -> str:
    return markdown_text(value) if value else ""


def _text(changes: tuple[Change, ...]) -> list[str]:
    worse = sum(c.worse for c in changes)
    plural = "" if len(changes) == 1 else "s"
    return [*map(line, changes), f"{len(changes)} change{plural}, {worse} for the worse."]


def line(change: Change) -> str:
    """One change on one line, as the terminal shows it."""
    before, after = (one_line(v) if v else "-" for v in (change.before, change.after))
    return (
        f"{MARKS[change.severity]:<5}  {change.what} {one_line(change.name)}: {before} -> {after}"
    )
