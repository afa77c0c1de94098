"""`doctor --from`: a report from a saved one, a saved machine, or text that somebody pasted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from envsetup.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from envsetup.doctor import Examination
    from envsetup.knowledge import Knowledge
    from envsetup.model import Report


def diagnose_from(
    path: str, examination: Examination, knowledge: Callable[[], Knowledge]
) -> tuple[Report, Exit]:
    """The report, and whether the target of a saved one could be used at all.

    Raises Failure (exit 2) saying where the file departs from what is accepted, or that judging it
    took longer than the examination may.
    """
    from envsetup.doctor import BackgroundWork, limit_s
    from envsetup.target import TargetError

    work = BackgroundWork(lambda: _judged(path, examination, knowledge()), None)
    try:
        judged: tuple[Report, Exit] = work.result(limit_s(examination))
        return judged
    except TargetError as error:
        raise Failure(
            f"--from {path}: not judged within {limit_s(examination):g} s. Give --timeout more seconds,"
            " or a file that tells less.",
            Exit.USAGE,
        ) from error


def _judged(path: str, examination: Examination, knowledge: Knowledge) -> tuple[Report, Exit]:
    from envsetup.cli.inputs import read_input
    from envsetup.cli.saved_machine import ACCEPTED, from_bytes
    from envsetup.doctor import diagnose, limit_s, report_of
    from envsetup.doctor.untrusted_report import about_saved, judged_anew

    try:
        data = read_input(path, "--from", limit_s(examination))
        saved = _saved(data)
        if saved is not None:
            return judged_anew(saved, knowledge, examination), _end_of(saved)
        machine, target = from_bytes(data)
    except click.UsageError as error:
        raise Failure(f"{error.message}; give {ACCEPTED}", Exit.USAGE) from error
    except ValueError as error:
        raise Failure(f"--from {path}: {error}; give {ACCEPTED}", Exit.USAGE) from error
    report = report_of(machine, diagnose(machine, knowledge, examination), examination)
    return about_saved(report, target), Exit.OK


def _saved(data: bytes) -> Report | None:
    """A whole report; None where it is something else. Raises ValueError where it is broken."""
    from envsetup.report import load

    if data.lstrip()[:1] != b"{" or not (b'"verdict"' in data and b'"schema_version"' in data):
        return None
    return load(data)


def _end_of(saved: Report) -> Exit:
    from envsetup.doctor import INTERRUPTED, was_unseen

    if not was_unseen(saved.machine):
        return Exit.OK
    interrupted = saved.machine.python == INTERRUPTED
    return Exit.INTERRUPTED if interrupted else Exit.TARGET_UNUSABLE
