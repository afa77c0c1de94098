"""What counts for the exit code, all of it or only what a saved report doesn't hold."""

from __future__ import annotations

import click
from msgspec.structs import replace

from envsetup.cli.output import say
from envsetup.model import Absent, Report


def baseline_report(path: str) -> Report:
    """The saved report as strangers may see it. Raises click.UsageError where it is none."""
    from envsetup.cli.inputs import read_input
    from envsetup.report import ReportError, load

    try:
        return _comparable(load(read_input(path, "--baseline")))
    except ReportError as error:
        raise click.UsageError(f"--baseline {path}: {error}") from error


def _comparable(report: Report) -> Report:
    """Redacted, so that a path is the same whether its report was saved in full or not."""
    from envsetup.cli.private import own
    from envsetup.report.redact import redact

    return redact(replace(report, full=False), **own())


def _lacks_torch(report: Report) -> bool:
    """Whether an environment was examined that has no torch: no gate lets it pass, whatever its level.

    In itself that is a note; with checks each of them says that it couldn't start.
    """
    return report.target is not None and isinstance(report.machine.torch, Absent)


def count(before: Report | None, report: Report, fail_on: str, quiet: bool) -> int:
    """How much weighs at or above the threshold.

    Where a baseline was given, standard error tells what got worse, be it below the threshold or not.
    """
    from envsetup.report.changes import lines
    from envsetup.report.diff import weighing

    if before is None:
        missing = fail_on != "never" and _lacks_torch(report)
        return len(weighing(None, report, fail_on)) or int(missing)
    now = _comparable(report)
    new = weighing(before, now, fail_on)
    if not quiet:
        worse = weighing(before, now, "note" if fail_on == "note" else "warning")
        told = [one.strip() for one in lines(worse)] or ["nothing got worse"]
        say("".join(f"since the baseline: {one}\n" for one in told), newline=False)
    return len(new)
