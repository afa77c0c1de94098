"""`envsetup report`: shows and converts saved reports."""

from __future__ import annotations

import click

from envsetup.cli.exits import Exit
from envsetup.cli.options import color_option, format_option, output_option, verbose_option
from envsetup.cli.output import emit, look
from envsetup.model import Report

FORMATS = ("text", "json", "markdown", "html", "junit", "github")


def read(path: str) -> Report:
    """The saved report, its commands made anew. Raises click.UsageError naming the place of an error."""
    from envsetup.cli.doctor import knowledge
    from envsetup.cli.inputs import read_input
    from envsetup.doctor.untrusted_report import derived_anew
    from envsetup.report import ReportError, load

    try:
        return derived_anew(load(read_input(path, "REPORT")), knowledge())
    except ReportError as error:
        raise click.UsageError(f"{path}: {error}") from error


@click.group("report", short_help="Show, convert or compare saved reports.")
def command() -> None:
    """Show, convert or compare saved reports.

    \b
    Examples:
      envsetup report show envsetup-report.json
      envsetup report convert report.json --format html -o report.html
      envsetup report diff before.json after.json
    """


@command.command("show", short_help="A saved report as text.")
@click.argument("file", metavar="REPORT")
@color_option
@verbose_option
@click.pass_context
def show(ctx: click.Context, /, file: str, verbose: int, **_: object) -> None:
    """A saved report as text, as doctor showed it.

    \b
    Example:
      envsetup report show envsetup-report.json -v
    """
    from envsetup.report import render

    options = {"color": bool(ctx.color), "verbose": bool(verbose), **look()}
    emit(render(read(file), "text", **options), None, painted=True)


@command.command("convert", short_help="A saved report in another format.")
@click.argument("file", metavar="REPORT")
@format_option(FORMATS)
@output_option
def convert(file: str, format: str, output: str | None) -> None:
    """A saved report in another format.

    \b
    Example:
      envsetup report convert report.json --format junit -o report.xml
    """
    from envsetup.report import render
    from envsetup.report.redact import redact

    emit(render(redact(read(file)), format), output)


@command.command("diff", short_help="What changed between two reports.")
@click.argument("before")
@click.argument("after")
@format_option(("text", "json", "markdown", "html"))
@output_option
@click.pass_context
def diff(ctx: click.Context, before: str, after: str, format: str, output: str | None) -> None:
    """What changed between two reports, by meaning. Exit 1 where something got worse.

    \b
    Example:
      envsetup report diff yesterday.json today.json
      envsetup report diff yesterday.json today.json --format html -o changes.html
    """
    from envsetup.report.changes import render
    from envsetup.report.diff import compare
    from envsetup.report.redact import redact

    changes = compare(redact(read(before)), redact(read(after)))
    emit(render(changes, format), output, prose=format == "text")
    if any(c.worse for c in changes):
        ctx.exit(int(Exit.FINDINGS))
