"""A report as it may be sent to others: nothing personal in it, and its paths from where it was made."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from envsetup.model import Report
from envsetup.report.paths import Where, commands_with, for_a_shell, program_from, retold
from envsetup.report.redact import redact


def for_others(report: Report, names: Iterable[str], hosts: Iterable[str], where: Where) -> Report:
    """The report with paths below the working folder told from there, and cleaned.

    With `full` paths stay as they are. `names` and `hosts` are those of `redact`.
    """
    path = report.target and report.target.path
    if report.full or not path or report.target is None:
        return redact(report, names, hosts, "" if report.full else where.folder)
    near, spoken = program_from(where)(path), for_a_shell(path, where)
    if spoken == path:
        return redact(report, names, hosts, where.folder)
    told = commands_with(
        report,
        lambda word: near if word == path else word,
        lambda text: retold(text, path, spoken, where.os),
    )
    return redact(
        replace(told, target=replace(report.target, path=near)), names, hosts, where.folder
    )
