"""`envsetup setup`: from a bare machine to a proven environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from envsetup.cli.doctor import FORMATS, examine, knowledge, outputs_checked, show
from envsetup.cli.exits import Exit, Failure
from envsetup.cli.mirror import Mirror, login_for_installers, mirror_address, read_mirror
from envsetup.cli.options import (
    PLAN_NEEDS_NO_NAME,
    color_option,
    exit_zero_option,
    format_option,
    full_option,
    mirror_option,
    offline_option,
    outputs_option,
    timeout_option,
    verbosity_options,
)
from envsetup.cli.output import emit, error_document, own_line, say
from envsetup.cli.progress import Narrator

if TYPE_CHECKING:
    from envsetup.host import Host
    from envsetup.installer import Job, Prepared
    from envsetup.model import Plan

REPORT_NAME = "envsetup-report.json"


@click.command("setup")
@click.argument("folder", metavar="[DIR]", default=".venv")
@click.option(
    "--with",
    "requirements",
    multiple=True,
    metavar="REQUIREMENT",
    help="Also install this. Repeatable.",
)
@click.option(
    "--backend", default="auto", show_default=True, help="auto, cpu, cu126, rocm7.2, xpu …"
)
@click.option("--allow-cpu", is_flag=True, help="A CPU build will do although a GPU is there.")
@click.option(
    "--installer",
    type=click.Choice(("pip", "uv")),
    default="pip",
    show_default=True,
    help="Who installs.",
)
@mirror_option
@click.option("--python", metavar="BASE", help="The interpreter to make the environment from.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Also change an environment that envsetup didn't make.")
@format_option(FORMATS)
@outputs_option
@full_option
@exit_zero_option
@offline_option
@timeout_option
@color_option
@verbosity_options
def command(
    folder: str,
    requirements: tuple[str, ...],
    backend: str,
    allow_cpu: bool,
    installer: str,
    mirror: str | None,
    python: str | None,
    dry_run: bool,
    yes: bool,
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
    """Make an environment in DIR [.venv], install the right torch, and prove that it works.

    \b
    Examples:
      envsetup setup
      envsetup setup --dry-run
      envsetup setup ~/torch-env --with torchvision --installer uv
    """
    from envsetup.installer import Job

    files = outputs_checked(outputs, format, folder) or [(report_beside(folder), "json")]
    job = Job(
        folder=folder,
        base=base_interpreter(python),
        requirements=requirements,
        backend=backend,
        installer=installer,
        allow_cpu=allow_cpu,
        offline=offline,
        yes=yes,
        mirror=mirror_address(mirror),
    )
    look = only_planned if dry_run else carried_out
    ready, plan = look(job, read_mirror(mirror), quiet, verbose, format)
    if plan is None:
        return tell_plan(job, ready, format)
    return prove(
        job,
        ready,
        plan,
        format,
        files,
        full=full,
        color=color,
        verbose=verbose,
        quiet=quiet,
        timeout=timeout,
        exit_zero=exit_zero,
    )


def base_interpreter(python: str | None) -> str:
    """The interpreter that the new environment is made from."""
    from envsetup.target import TargetError, find_base

    try:
        return find_base(python, os.environ)
    except TargetError as error:
        raise Failure(str(error), Exit.TARGET_UNUSABLE) from error


def prepared(job: Job, host: Host) -> Prepared:
    from envsetup.installer import SetupError, prepare
    from envsetup.target import TargetError

    try:
        return prepare(job, host, knowledge(job.mirror))
    except TargetError as error:
        raise Failure(str(error), Exit.TARGET_UNUSABLE) from error
    except SetupError as error:
        raise Failure(str(error), Exit.USAGE if error.usage else Exit.FINDINGS) from error


def tell_plan(job: Job, ready: Prepared, format: str) -> int:
    """What would be done, or why nothing can."""
    from envsetup.plan.render import render
    from envsetup.report.addresses import addresses_cleaned

    plan = ready.plan
    if format == "json":
        emit(addresses_cleaned(render(plan, "json")), None)
    elif plan.action == "refuse":
        say(addresses_cleaned(render(plan, "text")))
    else:
        emit(addresses_cleaned("\n".join(dry_lines(job, ready))), None)
    return int(Exit.FINDINGS if plan.action == "refuse" else Exit.OK)


def dry_lines(job: Job, ready: Prepared) -> list[str]:
    making = {"new": "would make", "incomplete": "would make anew"}
    lines = [f"{making.get(ready.state, 'would examine')} the environment {job.folder}"]
    if ready.plan.action == "keep":
        return [*lines, f"would keep torch {ready.plan.torch_version}, which is right"]
    return lines + [f"would run: {own_line(c.argv)}" for c in ready.plan.commands]


def only_planned(job: Job, *_: object) -> tuple[Prepared, None]:
    from envsetup.cli.cut_off import warn
    from envsetup.host import LocalHost

    ready = prepared(job, LocalHost(no_lookups=PLAN_NEEDS_NO_NAME))
    warn(ready.machine.unfinished)
    return ready, None


def carried_out(
    job: Job, mirror: Mirror | None, quiet: bool, verbose: int, format: str
) -> tuple[Prepared, Plan | None]:
    """What stood there, and the plan that was carried out; None where there is none that can be."""
    from pathlib import Path

    from envsetup.host import LocalHost
    from envsetup.installer import SetupError, carry_out, held_folder

    folder, known = Path(job.folder).absolute(), knowledge(job.mirror)
    with Narrator(quiet, verbose) as narrator, login_for_installers(mirror, os.environ) as env:
        host = LocalHost(environ=env, no_lookups=PLAN_NEEDS_NO_NAME)
        try:
            with held_folder(folder, narrator) as lock:
                ready = prepared(job, host)
                if ready.plan.action == "refuse":
                    return ready, None
                return ready, carry_out(job, ready, known, host, narrator, lock)
        except SetupError as error:
            if format == "json" and not error.usage:  # promised on every exit code but 2
                emit(error_document(str(error)), None)
            raise Failure(str(error), Exit.USAGE if error.usage else Exit.FINDINGS) from error


def report_beside(folder: str) -> str:
    """The report's place: beside the environment."""
    return os.path.join(os.path.dirname(os.path.abspath(folder)), REPORT_NAME)


def prove(
    job: Job,
    ready: Prepared,
    plan: Plan,
    format: str,
    files: list[tuple[str, str]],
    *,
    full: bool,
    color: bool,
    verbose: int,
    quiet: bool,
    timeout: float | None,
    exit_zero: bool,
) -> int:
    """Runs the doctor on what stands now, and saves what it says."""
    from msgspec.structs import replace

    from envsetup.doctor import Examination
    from envsetup.report.diff import weighing

    examination = Examination(timeout_s=timeout, offline=job.offline)
    report, code = examine(ready.python, examination, format, quiet, verbose)
    report = replace(report, plan=plan)
    show(report, format, files, full=full, color=color, verbose=verbose)
    if not quiet:
        for path, _ in files:
            say(f"saved {path}")
    if code is Exit.OK and weighing(None, report, "error"):
        code = Exit.OK if exit_zero else Exit.FINDINGS
    return int(code)
