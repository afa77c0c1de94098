"""`envsetup checks`: list the checks, or run some."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from envsetup.cli.doctor import device_names
from envsetup.cli.exits import Exit, Failure
from envsetup.cli.options import (
    exit_zero_option,
    format_option,
    offline_option,
    output_option,
    python_option,
    timeout_option,
    verbosity_options,
)
from envsetup.cli.output import emit, error_document, say

if TYPE_CHECKING:
    from envsetup.doctor.runner import CheckRun
    from envsetup.model import Outcome, Target

MARKS = {"passed": "ok", "failed": "FAIL", "skipped": "skip", "flaky": "flaky"}


@click.group("checks", invoke_without_command=True)
@format_option(("text", "json"))
@output_option
@click.pass_context
def command(ctx: click.Context, format: str, output: str | None) -> None:
    """List the checks, or run some.

    \b
    Examples:
      envsetup checks
      envsetup checks run import matmul --device cpu
    """
    if ctx.invoked_subcommand is None:
        emit(listing(format), output, prose=format == "text")


def listing(format: str) -> str:
    from envsetup.doctor.catalogue import all_checks

    checks = all_checks()
    if format == "json":
        rows = [
            {
                "id": c.id,
                "summary": c.summary,
                "devices": c.devices,
                "level": c.level,
                "timeout_s": c.timeout_s,
                "requires": list(c.requires),
                "page": c.page,
            }
            for c in checks
        ]
        return json.dumps({"schema_version": "1", "checks": rows}, indent=2)
    width = max((len(c.id) for c in checks), default=0)
    return "\n".join(
        f"{c.id:<{width}}  {c.level:<8}  {c.devices:<11}  {c.summary}"
        for c in sorted(checks, key=lambda c: (c.level != "standard", c.id))
    )


@command.command("run")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@python_option
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="DEVICE",
    help="cpu, cuda:0, mps, xpu:0 or all [default: all]. Repeatable.",
)
@click.option(
    "--repeat",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How often each check runs.",
)
@format_option(("text", "json"))
@output_option
@exit_zero_option
@offline_option
@timeout_option
@verbosity_options
def run(
    ids: tuple[str, ...],
    python: str | None,
    devices: tuple[str, ...],
    repeat: int,
    format: str,
    output: str | None,
    exit_zero: bool,
    offline: bool,
    timeout: float | None,
    verbose: int,
    quiet: bool,
) -> int:
    """Run checks by their ids.

    \b
    Examples:
      envsetup checks run matmul
      envsetup checks run matmul --device cuda:0 --repeat 10 --python .venv/bin/python
    """
    from envsetup.cli.cut_off import warn_of
    from envsetup.cli.progress import Narrator
    from envsetup.cli.target import target_here, which_text
    from envsetup.doctor import Examination, ask_or_raise, run_checks
    from envsetup.target import TargetError, required

    named = device_names(devices)
    wanted = Examination(
        checks=fitting(known_ids(ids), named),
        devices=named,
        repeat=repeat,
        timeout_s=timeout,
        offline=offline,
    )
    try:
        target = target_here(python)
        executable = required(target)
        warn_of(ask_or_raise(executable))
        with Narrator(quiet, verbose) as narrator:
            done = run_checks(executable, wanted, narrator.progress)
    except TargetError as error:
        if format == "json":
            emit(error_document(str(error), checks=[]), output)
        raise Failure(str(error), Exit.TARGET_UNUSABLE) from error
    shown = results_json(done, target) if format == "json" else results_text(done, verbose)
    say("" if quiet else which_text(target), newline=False)
    emit(shown, output, prose=format == "text")
    idle = [name for name in ids if name not in {o.id for o in done.outcomes}]
    for name in idle:
        say(f"{name} was not run: torch sees no device here that it is for")
    bad = idle or any(o.status not in ("passed", "skipped", "flaky") for o in done.outcomes)
    return int(Exit.FINDINGS if bad and not exit_zero else Exit.OK)


def fitting(ids: tuple[str, ...], devices: tuple[str, ...] | None) -> tuple[str, ...]:
    """The ids. Raises click.UsageError for one that runs on none of the devices that were named."""
    from envsetup.doctor.catalogue import all_checks

    kinds = {c.id: c.devices for c in all_checks()}
    for name in ids if devices is not None else ():
        where = {"cpu" if device == "cpu" else "accelerator" for device in devices or ()}
        if kinds[name] != "any" and kinds[name] not in where:
            only = "the CPU" if kinds[name] == "cpu" else "accelerators"
            raise click.UsageError(
                f"{name} runs on {only} alone, and --device names {', '.join(devices or ())}"
            )
    return ids


def known_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    """The ids. Raises click.UsageError for one that is no check, naming those that are."""
    from envsetup.doctor.catalogue import all_checks

    known = [c.id for c in all_checks()]
    for name in ids:
        if name not in known:
            from envsetup.cli.suggestions import did_you_mean

            near = did_you_mean(name, known)
            there = near or f" There are {', '.join(sorted(known))}."
            raise click.UsageError(
                f"no check is called {name!r}.{there} `envsetup checks` lists all."
            )
    return ids


def results_json(done: CheckRun, target: Target) -> str:
    from msgspec import to_builtins

    from envsetup.cli.private import own
    from envsetup.model import Machine
    from envsetup.report.redact import clean_record, cleaner

    clean = cleaner(Machine(), **own())
    rows: list[dict[str, Any]] = [to_builtins(clean_record(o, clean)) for o in done.outcomes]
    answer = {
        "schema_version": "1",
        "checks": rows,
        "timings_s": done.timings_s,
        "target": to_builtins(clean_record(target, clean)),
    }
    return json.dumps(answer, indent=2)


def results_text(done: CheckRun, verbose: int) -> str:
    from envsetup.report.escaping import through

    outcomes = through(done.outcomes, "text")
    return "\n".join(line for o in outcomes for line in outcome_lines(o, verbose))


def outcome_lines(outcome: Outcome, verbose: int) -> list[str]:
    mark = MARKS.get(outcome.status, outcome.status.upper())
    lines = [f"{mark:<5} {outcome.id} on {outcome.device} ({outcome.duration_s:.2f} s)"]
    if outcome.message:
        lines.append(f"      {outcome.message}")
    if verbose:
        from envsetup.report.format_measurement import measured

        lines += [f"      {k}: {measured(m)}" for k, m in outcome.measurements.items()]
    return lines
