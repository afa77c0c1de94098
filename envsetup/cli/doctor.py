"""`envsetup doctor`: examine, check on every device, and say what to mend."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from envsetup.cli.demands import checked_words, left_out_by, needs_of, stated
from envsetup.cli.exits import Exit, Failure
from envsetup.cli.options import (
    color_option,
    exit_zero_option,
    format_option,
    full_option,
    no_lookups,
    offline_option,
    outputs_option,
    python_option,
    timeout_option,
    verbosity_options,
)
from envsetup.cli.output import check_writable, emit, look, say, write_text

if TYPE_CHECKING:
    from envsetup.doctor import Examination
    from envsetup.knowledge import Knowledge
    from envsetup.model import Report

FORMATS = ("text", "json", "markdown", "html", "junit", "github")
ENDINGS = {
    ".json": "json",
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xml": "junit",
    ".txt": "text",
}


@click.command("doctor")
@python_option
@click.option(
    "--level",
    type=click.Choice(("quick", "standard", "deep")),
    default="standard",
    show_default=True,
    help="quick: facts and findings only; standard: checks on every device; deep: compile, load too.",
)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="DEVICE",
    help="cpu, cuda:0, mps, xpu:0 or all [default: all]. Repeatable.",
)
@click.option(
    "--select", multiple=True, metavar="WORD", help="Only these check ids, or code prefixes."
)
@click.option(
    "--ignore", multiple=True, metavar="WORD", help="Without these check ids, or code prefixes."
)
@click.option(
    "--preview", is_flag=True, help="With rules that are not yet stable; --select CODE runs one."
)
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "note", "never")),
    default="error",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option(
    "--require",
    "requires",
    multiple=True,
    metavar="EXPR",
    help="A demand: cuda, gpus:8, 'torch>=2.6', 'driver>=580', 'gpu-memory>=40GB'. Repeatable.",
)
@click.option(
    "--from", "source", metavar="FILE", help="Diagnose saved JSON or pasted text; - is stdin."
)
@click.option(
    "--baseline",
    metavar="REPORT.json",
    help="Only what is new or got worse since then counts for the exit code.",
)
@click.option(
    "--no-project-ignore",
    is_flag=True,
    help="Refuse a pyproject.toml that leaves findings out (ignore, select): exit 2.",
)
@format_option(FORMATS)
@outputs_option
@full_option
@exit_zero_option
@offline_option
@timeout_option
@color_option
@verbosity_options
def command(
    python: str | None,
    level: str,
    devices: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    preview: bool,
    fail_on: str,
    requires: tuple[str, ...],
    source: str | None,
    baseline: str | None,
    no_project_ignore: bool,
    format: str,
    outputs: tuple[str, ...],
    full: bool,
    exit_zero: bool,
    offline: bool,
    timeout: float | None,
    color: bool,
    verbose: int,
    quiet: bool,
) -> int:
    """Examine an environment, check it on every device, and say what to mend.

    A project states its own demands in pyproject.toml, under [tool.envsetup]: select, ignore,
    fail-on, require, preview, level and python, each beaten by the option of that name.

    \b
    Examples:
      envsetup doctor --python .venv/bin/python -o report.json -o report.html
      envsetup doctor --level quick --require cuda --require 'gpus>=1'
      envsetup doctor --from machine.json
    """
    from msgspec.structs import replace

    from envsetup.cli.baseline import baseline_report, count
    from envsetup.cli.settings import settings_here
    from envsetup.doctor import Examination

    settings = settings_here()
    files = outputs_checked(outputs, format)
    left_out = left_out_by(select, ignore, settings, project_may=not no_project_ignore)
    before = baseline_report(baseline) if baseline else None
    examination = Examination(
        level=(settings and settings.level) or level,  # type: ignore[arg-type]
        devices=device_names(devices),
        select=checked_words(*stated("select", select, settings)),
        ignore=checked_words(*stated("ignore", ignore, settings)),
        needs=needs_of(*stated("require", requires, settings)),
        preview=preview or bool(settings and settings.preview),
        timeout_s=timeout,
        offline=offline,
    )
    done, code = examined(source, python, examination, format, quiet, verbose)
    report = replace(done, settings=settings, left_out=(*done.left_out, *left_out))
    show(report, format, files, full=full, color=color, verbose=verbose)
    if code is Exit.OK and count(before, report, (settings and settings.fail_on) or fail_on, quiet):
        code = Exit.OK if exit_zero else Exit.FINDINGS
    return int(code)


# -- what was asked for --------------------------------------------------------------------------------


def outputs_checked(
    words: Sequence[str], fallback: str, made_later: str = ""
) -> list[tuple[str, str]]:
    """Files with their formats. Raises Failure (exit 2) where one can't be written, as `check_writable`."""
    files = [file_and_format(word, fallback) for word in words]
    for path, _ in files:
        if path != "-":
            check_writable(path, made_later)
    return files


def file_and_format(word: str, fallback: str) -> tuple[str, str]:
    """A file and its format, from `FORMAT:FILE` or the ending. Raises click.UsageError."""
    prefix, _, rest = word.partition(":")
    if rest and prefix in FORMATS:
        return rest, prefix
    ending = os.path.splitext(word)[1].lower()
    if ending in ENDINGS:
        return word, ENDINGS[ending]
    if fallback != "text":
        return word, fallback
    raise click.UsageError(
        f"--output {word!r}: no format ends in {ending or 'nothing'!r}. "
        f"Use {', '.join(ENDINGS)}, or name it: json:{word}"
    )


def device_names(words: Sequence[str]) -> tuple[str, ...] | None:
    """None for all. Raises click.UsageError for what no torch device is called."""
    import re

    names = [n.strip() for word in words for n in word.split(",")]
    if not names or "all" in names:
        return None
    for name in names:
        if not re.fullmatch(r"cpu|mps|(cuda|xpu)(:[0-9]{1,3})?", name):
            raise click.UsageError(
                f"--device {name!r}: accepted are cpu, cuda:0, xpu:0 (any number), mps and all"
            )
    full = [f"{n}:0" if n in ("cuda", "xpu") else n for n in names]
    return tuple(dict.fromkeys(full))


# -- examining -----------------------------------------------------------------------------------------


def examined(
    source: str | None,
    python: str | None,
    examination: Examination,
    format: str,
    quiet: bool,
    verbose: int,
) -> tuple[Report, Exit]:
    """The report of a saved machine, or of the one here."""
    if source is None:
        return examine(python, examination, format, quiet, verbose)
    from envsetup.cli.saved_report import diagnose_from

    return diagnose_from(source, examination, knowledge)


def examine(
    python: str | None,
    examination: Examination,
    format: str,
    quiet: bool,
    verbose: int,
) -> tuple[Report, Exit]:
    """The report, and whether the target could be used at all."""
    from msgspec.structs import replace

    from envsetup.cli.progress import Narrator
    from envsetup.cli.target import target_here
    from envsetup.doctor import INTERRUPTED, run_doctor, unseen
    from envsetup.doctor.about_target import about
    from envsetup.host import LocalHost
    from envsetup.target import TargetError, required

    host, target = LocalHost(no_lookups=no_lookups(examination.offline)), None
    try:
        target = target_here(python)
        executable = required(target)
        with Narrator(quiet, verbose) as narrator:
            report = run_doctor(executable, examination, host, knowledge, narrator.progress)
        return about(report, target), Exit.OK
    except TargetError as error:
        if format != "json":
            raise Failure(str(error), Exit.TARGET_UNUSABLE) from error
        say(f"Error: {error}")
        report = replace(unseen(str(error), examination), target=target)
        return report, Exit.TARGET_UNUSABLE
    except KeyboardInterrupt:
        if format != "json":
            raise
        say("interrupted")
        return unseen(INTERRUPTED.error, examination), Exit.INTERRUPTED


def knowledge(mirror: str | None = None) -> Knowledge:
    """What is known of PyTorch's wheels, and of a mirror's; a broken file of the user's is a usage error."""
    from envsetup.knowledge import load

    try:
        return load(mirror=mirror)
    except (ValueError, OSError) as error:
        raise click.UsageError(f"the knowledge can't be read: {error}") from error


# -- answering -----------------------------------------------------------------------------------------


def show(
    report: Report,
    format: str,
    files: Sequence[tuple[str, str]],
    *,
    full: bool,
    color: bool,
    verbose: int,
) -> None:
    from msgspec.structs import replace

    from envsetup.cli.own_program import own_report, program
    from envsetup.cli.private import own
    from envsetup.cli.target import where_here
    from envsetup.report import render
    from envsetup.report.paths import in_terminal
    from envsetup.report.travel import for_others

    whole, where, names = replace(report, full=full), where_here(), own()
    shown = for_others(whole, names["names"], names["hosts"], where)
    unwritten = written(shown, files)
    kind = unwritten.kind if unwritten is not None and format == "text" else format
    options: dict[str, Any] = {}
    if kind == "text":
        shown = own_report(in_terminal(whole, shown, where))
        options = {"color": color, "verbose": bool(verbose), "program": program(), **look()}
    emit(render(shown, kind, **options), None, painted=kind == "text")
    if unwritten is not None:
        raise unwritten.why


class Unwritten(NamedTuple):
    kind: str
    """The format that was to be written."""
    why: Failure


def written(report: Report, files: Sequence[tuple[str, str]]) -> Unwritten | None:
    """Writes the files; the first that can't be, where one can't."""
    from envsetup.report import render

    lost: list[Unwritten] = []
    for path, kind in files:
        if path != "-":
            try:
                write_text(path, render(report, kind).rstrip("\n") + "\n")
            except Failure as error:
                lost.append(Unwritten(kind, error))
    return lost[0] if lost else None
