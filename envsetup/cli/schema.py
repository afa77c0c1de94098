"""`envsetup schema`: the JSON Schema of an output."""

from __future__ import annotations

import click

from envsetup.cli.options import output_option
from envsetup.cli.output import emit


@click.command("schema", short_help="The JSON Schema of an output.")
@click.argument("name", type=click.Choice(["report", "plan", "machine"]))
@output_option
def command(name: str, output: str | None) -> None:
    """The JSON Schema (2020-12) of what a command answers with --format json.

    \b
    report   doctor, report convert
    plan     install-plan
    machine  probe

    \b
    Example:
      envsetup schema report -o report.schema.json
    """
    from envsetup.report import schema

    emit(schema(name), output)
