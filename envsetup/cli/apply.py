"""`install-plan --apply` and `--dry-run`: the plan, carried out in the target environment or rehearsed."""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, cast

import click
from msgspec.structs import replace

from envsetup.cli.exits import Exit, Failure
from envsetup.cli.output import emit, own_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import NoReturn

    from envsetup.cli.progress import Narrator
    from envsetup.installer.forecast import ApplyError, Forecast
    from envsetup.installer.lock import Lock
    from envsetup.model import Applied, Machine, Outcome, Plan

DESCRIBING = ("machine", "os", "arch", "python_version", "libc", "macos_version", "why_not")
"""Options that speak of another machine or interpreter than this one."""
FORMATS = ("text", "json")


def check_options(given: Mapping[str, object]) -> None:
    """Raises UsageError for what can't stand beside --apply and --dry-run."""
    option = "--apply" if given["apply"] else "--dry-run"
    for name in DESCRIBING:
        if given[name] is not None:
            raise click.UsageError(
                f"{option} works on this machine, and --{name.replace('_', '-')} describes another "
                "or asks something else. Leave one of them out."
            )
    if given["installer"] not in ("pip", "uv"):
        raise click.UsageError(
            f"{option} works with --installer pip and uv: what {given['installer']} changes can't be "
            "put back from here. Leave --apply out and run the command that is shown."
        )
    if given["format"] not in FORMATS:
        raise click.UsageError(
            f"{option} answers in {' or '.join(FORMATS)}, not {given['format']}; leave --format out"
        )


@contextlib.contextmanager
def environment_at_work(given: Mapping[str, object]) -> Iterator[Lock]:
    """Holds the environment, with what was cut off there put back: only then is there something to plan for."""
    from envsetup.cli.progress import Narrator
    from envsetup.cli.target import target_here
    from envsetup.doctor import ask_or_raise
    from envsetup.installer.at_work import at_work
    from envsetup.installer.forecast import ApplyError
    from envsetup.installer.lock import Lock
    from envsetup.model import value_of
    from envsetup.probes import python
    from envsetup.target import TargetError, required

    named = given["python"]
    try:
        executable = required(target_here(None if named is None else str(named)))
        target = value_of(python.read(ask_or_raise(executable)))
    except TargetError as error:
        raise Failure(str(error), Exit.TARGET_UNUSABLE) from error
    with contextlib.ExitStack() as stack:
        lock = Lock(None)
        try:
            with Narrator(bool(given["quiet"]), int(bool(given["verbose"]))) as narrator:
                if target is not None:
                    lock = stack.enter_context(at_work(target, narrator))
        except ApplyError as error:
            _refused(error, given)
        yield lock


def _refused(error: ApplyError, given: Mapping[str, object]) -> NoReturn:
    """Nothing was planned, and JSON is promised on every exit code but 2."""
    from envsetup.cli.private import private

    if given["format"] == "json" and not error.usage:
        from envsetup.cli.private import private

        output = given["output"]
        document = json.dumps({"schema_version": "1", "error": private(str(error))})
        emit(document, None if output is None else str(output))
    raise Failure(str(error), Exit.USAGE if error.usage else Exit.FINDINGS) from error


def apply_plan(plan: Plan, machine: Machine, given: Mapping[str, object], lock: Lock | None) -> int:
    """Carries out a plan whose action is `install`, or says what it would do; gives the exit code."""
    from envsetup.cli.progress import Narrator
    from envsetup.installer.forecast import ApplyError

    outcomes: Sequence[Outcome] = ()
    try:
        with (
            Narrator(bool(given["quiet"]), int(bool(given["verbose"]))) as narrator,
            _variables(given, plan) as env,
        ):
            applied, outcomes = _go(plan, machine, given, narrator, lock, env)
    except ApplyError as error:
        _show(replace(plan, applied=error.applied), given, "")
        raise Failure(str(error), Exit.FINDINGS) from error
    _show(replace(plan, applied=applied), given, _story(plan, applied, outcomes))
    return int(Exit.OK)


@contextlib.contextmanager
def _variables(given: Mapping[str, object], plan: Plan) -> Iterator[dict[str, str]]:
    """What the installer runs with: the login of a mirror by a file, and with --offline no address."""
    from envsetup.cli.mirror import login_for_installers, read_mirror
    from envsetup.installer.offline import without_network
    from envsetup.target import required, target_environment

    mirror = read_mirror(cast("str | None", given["mirror"]))
    with login_for_installers(mirror, target_environment(os.environ)) as env:
        if given["offline"] and plan.target is not None:
            env = without_network(env, required(plan.target))
        yield env


def _go(
    plan: Plan,
    machine: Machine,
    given: Mapping[str, object],
    narrator: Narrator,
    lock: Lock | None,
    env: Mapping[str, str],
) -> tuple[Applied, Sequence[Outcome]]:
    from envsetup.installer.apply import carry_out_plan
    from envsetup.installer.forecast import ApplyError, forecast, obstacle
    from envsetup.model import value_of

    why_not = obstacle(plan, machine)
    if why_not is not None:
        raise ApplyError(why_not)
    narrator.step("asking the installer what it would do")
    told = forecast(plan, machine, env, offline=bool(given["offline"]))
    for line in announcement(told):
        narrator.line(line)
    if lock is None:
        return told.applied("would-install"), ()
    python = value_of(machine.python)
    assert python is not None
    return carry_out_plan(told, python, env, narrator, lock)


def announcement(told: Forecast) -> list[str]:
    """What is about to happen: packages, sizes, room, and the way back."""
    from envsetup.installer.forecast import UNPACKED
    from envsetup.installer.running import size

    lines = [f"packages: {', '.join(_change(c) for c in told.changes)}"]
    unknown = f" and {told.sizes_unknown} of unknown size" if told.sizes_unknown else ""
    lines.append(
        f"download: {size(told.download_bytes)}{unknown}; the environment's disk has "
        f"{size(told.room_bytes)} free"
    )
    if told.least_room_bytes * UNPACKED > told.room_bytes:
        lines.append(
            f"warning: unpacked they may take {size(told.least_room_bytes * UNPACKED)}, "
            "more than is free"
        )
    lines += [
        f"warning: {one.name} {one.version} may not come back whole if this fails: {one.doubt}"
        for one in told.replaced
        if one.doubt
    ]
    lines += [f"to go back by hand: {own_line(c.argv)}" for c in told.restore]
    return lines


def _change(change: object) -> str:
    name, before, after = change.name, change.before, change.after  # type: ignore[attr-defined]
    return f"{name} {before} -> {after}" if before else f"{name} {after}"


def _story(plan: Plan, applied: Applied, outcomes: Sequence[Outcome]) -> str:
    if applied.status == "would-install":
        return "".join(f"would run: {own_line(c.argv)}\n" for c in plan.commands)
    passed = sum(one.status == "passed" for one in outcomes)
    return (
        f"Installed {', '.join(plan.requirements)}; {passed} check{'s' * (passed != 1)} passed.\n"
        "`envsetup doctor` proves the rest.\n"
    )


def _show(plan: Plan, given: Mapping[str, object], story: str) -> None:
    from envsetup.plan.render import render
    from envsetup.report.addresses import addresses_cleaned

    output = given["output"]
    text = render(plan, "json") if given["format"] == "json" else story
    if text:
        emit(addresses_cleaned(text), None if output is None else str(output))
