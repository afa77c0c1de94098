"""`envsetup probe`: facts about the machine and the target interpreter, nothing judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from envsetup.cli.options import (
    color_option,
    format_option,
    full_option,
    no_lookups,
    offline_option,
    output_option,
    python_option,
    quiet_option,
    timeout_option,
    verbose_option,
)

if TYPE_CHECKING:
    from envsetup.host import RecordingHost
    from envsetup.model import Fact, Machine, Target


@click.command("probe", short_help="Facts about this machine and the target interpreter.")
@python_option
@format_option(("text", "json"))
@output_option
@click.option(
    "--record", metavar="DIR", help="Also write the raw answers to DIR, for a bug report or a test."
)
@click.option(
    "--replay", metavar="DIR", help="Read the answers of a recording instead of this machine."
)
@full_option
@offline_option
@color_option
@verbose_option
@quiet_option
@timeout_option
def command(
    python: str | None, format: str, output: str | None, record: str | None, replay: str | None,
    full: bool, offline: bool, **_: object,
) -> None:  # fmt: skip
    """Facts about this machine and the target interpreter, each with its source.

    \b
    Examples:
      envsetup probe
      envsetup probe --format json -o machine.json
      envsetup probe --record ./recording
    """
    from envsetup.cli.cut_off import warn
    from envsetup.cli.output import emit
    from envsetup.cli.private import own
    from envsetup.cli.target import target_or_failure, which_text
    from envsetup.report import machine_json, redact_machine
    from envsetup.report.redact import clean_record, cleaner

    target = None if replay is not None else target_or_failure(python)
    found = _machine(target, record, replay, offline)
    warn(found.unfinished)
    machine = redact_machine(found, full, **own())
    if format == "json":
        clean = cleaner(found, **own())
        shown = machine_json(machine, target if full or not target else clean_record(target, clean))
    else:
        shown = which_text(target) + _text(machine)
    emit(shown, output, prose=format == "text")


def _machine(
    target: Target | None, record: str | None, replay: str | None, offline: bool
) -> Machine:
    """The machine as it is, or as it was recorded."""
    from envsetup.host import LocalHost, RecordedHost, RecordingHost
    from envsetup.probes.snapshot import take_snapshot

    if replay is not None:
        try:
            recorded = RecordedHost(replay)
            return take_snapshot(recorded, recorded.interpreter())
        except ValueError as error:
            raise click.UsageError(f"--replay {replay}: {error}") from error
    host = LocalHost(no_lookups=no_lookups(offline))
    interpreter = _interpreter(target)
    if record is None:
        return take_snapshot(host, interpreter)
    recording = RecordingHost(host)
    machine = take_snapshot(recording, interpreter)
    _save(recording, interpreter, record, machine)
    return machine


def _interpreter(target: Target | None) -> Fact[dict[str, object]]:
    """What the target says of itself; that there is none, or that it doesn't answer, is a fact."""
    from envsetup.doctor import NO_INTERPRETER
    from envsetup.target import ask

    return ask(target.path) if target and target.path else NO_INTERPRETER


def _save(
    recording: RecordingHost, interpreter: Fact[dict[str, object]], folder: str, machine: Machine
) -> None:
    from envsetup.cli.private import own
    from envsetup.model import value_of
    from envsetup.probes.kept_of_files import kept
    from envsetup.report.redact import cleaner, less_told

    recording.keep_interpreter(interpreter)
    recording.keep_environment(value_of(less_told(machine).environment) or {})
    try:
        recording.save(folder, cleaner(machine, **own()), kept)
    except OSError as error:
        why = error.strerror or str(error)
        raise click.UsageError(f"--record {folder}: can't be written: {why}") from error


def _text(machine: Machine) -> str:
    """Every fact on a line of its own: value or why there is none, and the source."""
    from msgspec import to_builtins

    from envsetup.report.escaping import through

    lines = []
    for name, fact in to_builtins(through(machine, "text")).items():
        if fact["state"] == "absent":
            lines.append(f"{name}: none")
        elif fact["state"] == "unreadable":
            lines.append(f"{name}: could not look: {fact['error']}")
        else:
            lines.append(f"{name}:  [{fact['source']['ref']}]")
            lines += [f"  {row}" for row in _rows(fact["value"])]
    return "\n".join(lines) + "\n"


def _rows(value: object) -> list[str]:
    """A value as indented lines, empty parts left out."""
    if isinstance(value, dict):
        if "state" in value:
            told = value.get("value", value.get("error", "none"))
            return [str(told)]
        full = {k: v for k, v in value.items() if v not in (None, [], (), {}, "")}
        return [f"{k}: {' '.join(_rows(v))}" for k, v in full.items()]
    if isinstance(value, (list, tuple)):
        if all(not isinstance(v, dict) for v in value):
            return [", ".join(map(str, value))]
        return ["- " + "; ".join(_rows(v)) for v in value]
    return [str(value)]
