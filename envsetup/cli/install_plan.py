"""`envsetup install-plan`: the right install command, for this machine or a described one."""

from __future__ import annotations

import datetime as dt
import sys
from functools import cached_property
from typing import TYPE_CHECKING

import click

from envsetup.cli import options
from envsetup.cli.exits import Exit, Failure
from envsetup.cli.mirror import Mirror, fetch_from, read_mirror, with_word_of_login

if TYPE_CHECKING:
    from envsetup.cli.described import Flags
    from envsetup.installer.lock import Lock
    from envsetup.knowledge import Knowledge
    from envsetup.model import Machine, Plan, Target
    from envsetup.plan import Request

FORMATS = ("text", "json", "shell", "requirements", "dockerfile", "environment-yml", "uv-toml")


@click.command("install-plan")
@click.argument("requirements", nargs=-1, metavar="[REQUIREMENT]...")
@click.option(
    "--machine", metavar="FILE", help="A saved probe or doctor JSON, or pasted text, or -."
)
@click.option(
    "--os", type=click.Choice(("linux", "windows", "macos")), help="Probe nothing: this OS."
)
@click.option("--arch", metavar="ARCH", help="x86_64 (amd64), aarch64 (arm64), …")
@click.option("--python-version", metavar="VERSION", help="3.12, or 3.14t for free-threaded.")
@click.option("--libc", metavar="LIBC", help="glibc2.35, musl1.2 or bionic.")
@click.option("--macos-version", metavar="VERSION", help="Such as 15.2.")
@click.option("--driver", metavar="VERSION", help="NVIDIA driver, or none.")
@click.option("--driver-cuda", metavar="VERSION", help="CUDA version that libcuda reports.")
@click.option(
    "--gpu",
    "gpus",
    multiple=True,
    metavar="GPU",
    help="RTX 4090, nvidia:8.9, amd:gfx1100, … Repeatable.",
)
@click.option("--cuda-toolkit", metavar="VERSION", help="CUDA of the nvcc that is here, or none.")
@click.option("--wsl", is_flag=True, help="Under WSL2.")
@click.option("--container", is_flag=True, help="In a container.")
@click.option(
    "--backend",
    default="auto",
    show_default=True,
    metavar="BUILD",
    help="cpu, cu126, rocm7.2, xpu, …; cuda or rocm: any of the kind.",
)
@click.option(
    "--installer",
    type=click.Choice(("pip", "uv", "conda", "pixi", "poetry", "pdm")),
    default="pip",
    show_default=True,
)
@click.option(
    "--channel",
    type=click.Choice(("stable", "test", "nightly")),
    default="stable",
    show_default=True,
)
@options.mirror_option
@click.option(
    "--allow-cpu", is_flag=True, help="A CPU build is acceptable although a GPU is there."
)
@click.option("--project", metavar="DIR", help="Take bounds on torch from a project's files.")
@click.option(
    "--extra",
    "extras",
    multiple=True,
    metavar="NAME",
    help="With --project: this extra counts too.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME",
    help="With --project: this group counts too.",
)
@click.option("--why-not", metavar="VERSION+BUILD", help="Say why one candidate was not taken.")
@click.option(
    "--check-index", is_flag=True, help="Ask the wheel index whether it has the file, first."
)
@click.option(
    "--apply", is_flag=True, help="Carry it out in the target environment; undone if it fails."
)
@click.option("--dry-run", is_flag=True, help="Say what --apply would do, and change nothing.")
@options.python_option
@options.format_option(FORMATS)
@options.output_option
@options.offline_option
@options.color_option
@options.verbosity_options
@options.timeout_option
@options.exit_zero_option
@click.pass_context
def command(ctx: click.Context, /, **given: object) -> None:
    """Say which install command is right here, and why.

    \b
    Examples:
      envsetup install-plan
      envsetup install-plan 'torch==2.8.*' torchvision --installer uv
      envsetup install-plan --os linux --driver 550.54 --gpu nvidia:8.0 --format json
      envsetup install-plan --apply --python .venv
    """
    ctx.exit(_answer(_Given(given)))


class _Given:
    """The options by name, typed where they are asked."""

    def __init__(self, values: dict[str, object]) -> None:
        self.values = values
        self.target: Target | None = None
        """The environment on this machine that the plan is for; None where another is described."""

    @cached_property
    def mirror(self) -> Mirror | None:
        return read_mirror(self.maybe("mirror"))

    @property
    def doing(self) -> bool:
        """Whether the plan is to be carried out, or rehearsed, and not only shown."""
        return self.flag("apply") or self.flag("dry_run")

    def text(self, name: str) -> str:
        return str(self.values[name])

    def maybe(self, name: str) -> str | None:
        value = self.values[name]
        return None if value is None else str(value)

    def flag(self, name: str) -> bool:
        return bool(self.values[name])

    def words(self, name: str) -> tuple[str, ...]:
        value = self.values[name]
        assert isinstance(value, tuple)
        return tuple(str(word) for word in value)


def _answer(given: _Given) -> int:
    from envsetup.cli.backend_option import check_backend
    from envsetup.cli.requirement_arguments import specifiers_of
    from envsetup.knowledge import KnowledgeError, load

    if given.doing:
        from envsetup.cli.apply import check_options

        check_options(given.values)
    if given.flag("check_index") and given.flag("offline"):
        raise click.UsageError(
            "--check-index asks the network, and --offline forbids it; leave one of them out"
        )
    flags, specifiers = _flags(given), specifiers_of(given.words("requirements"))
    try:
        knowledge = load(mirror=given.mirror.url if given.mirror else None)
    except KnowledgeError as error:
        raise Failure(str(error), Exit.USAGE) from error
    check_backend(given.text("backend"), knowledge)
    if not given.flag("apply"):
        return _planned(given, flags, specifiers, knowledge, None)
    from envsetup.cli.apply import environment_at_work

    with environment_at_work(given.values) as lock:
        return _planned(given, flags, specifiers, knowledge, lock)


def _planned(
    given: _Given,
    flags: Flags,
    specifiers: dict[str, str],
    knowledge: Knowledge,
    lock: Lock | None,
) -> int:
    """Makes the plan and shows it, or carries it out under the lock; gives the exit code."""
    from envsetup.cli.cut_off import warn

    machine = _machine(given, flags)
    warn(machine.unfinished)
    request = _request(given, specifiers)
    plan, machine, request = _made(given, machine, knowledge, request)
    if given.flag("check_index"):
        plan = _checked(given, plan, machine, knowledge, request)
    if given.maybe("why_not") is not None:
        return _why_not(given, plan, machine, knowledge, request)
    if given.doing and plan.action == "install":
        from msgspec.structs import replace

        from envsetup.cli.apply import apply_plan

        return apply_plan(replace(plan, target=given.target), machine, given.values, lock)
    if given.target is not None:
        from envsetup.cli.live_plan import for_environment

        plan = for_environment(plan, machine, given.target, request, given.text("format"))
    if given.doing and plan.action == "keep":
        _aside(given, f"torch {plan.torch_version} is already right: nothing is to be done\n")
    _write(given, with_word_of_login(plan, given.mirror), machine)
    return int(
        Exit.FINDINGS if plan.action == "refuse" and not given.flag("exit_zero") else Exit.OK
    )


def _flags(given: _Given) -> Flags:
    from envsetup.cli.described import Flags

    return Flags(
        os=given.maybe("os"),  # type: ignore[arg-type] # click has checked it
        arch=given.maybe("arch"),
        python_version=given.maybe("python_version"),
        libc=given.maybe("libc"),
        macos_version=given.maybe("macos_version"),
        driver=given.maybe("driver"),
        driver_cuda=given.maybe("driver_cuda"),
        cuda_toolkit=given.maybe("cuda_toolkit"),
        gpus=given.words("gpus"),
        wsl=given.flag("wsl"),
        container=given.flag("container"),
    )


def _machine(given: _Given, flags: Flags) -> Machine:
    from envsetup.cli.described import described
    from envsetup.model import Machine

    file = given.maybe("machine")
    if file is not None:
        if flags.os is not None:
            raise click.UsageError("--machine and --os both describe a machine; give one of them")
        from envsetup.cli.saved_machine import read_machine

        base = read_machine(file, "--machine")
    elif flags.os is not None:
        base = Machine()
    else:
        from envsetup.cli.live_plan import live_machine

        base, given.target = live_machine(given.maybe("python"), given.doing)
    return described(flags, base)


def _request(given: _Given, specifiers: dict[str, str]) -> Request:
    from envsetup.plan import Request

    return Request(
        specifiers=specifiers,
        backend=given.text("backend"),
        installer=given.text("installer"),
        channel=given.text("channel"),
        mirror=given.mirror.url if given.mirror else None,
        allow_cpu=given.flag("allow_cpu"),
        python=_named_python(given),
        today=dt.datetime.now(tz=dt.timezone.utc).date().isoformat(),
    )


def _made(
    given: _Given, machine: Machine, knowledge: Knowledge, request: Request
) -> tuple[Plan, Machine, Request]:
    """The plan, with the machine and the request that it is for: a project's bounds included."""
    from envsetup.plan import make_plan

    folder, extras, groups = given.maybe("project"), given.words("extras"), given.words("groups")
    if folder is None:
        from envsetup.cli.requirement_arguments import needs_a_project

        needs_a_project(extras, groups)
        return make_plan(machine, knowledge, request), machine, request
    from envsetup.cli.project import read_project
    from envsetup.cli.project.planning import plan_for_project

    asked = (*(("extra", one) for one in extras), *(("group", one) for one in groups))
    made = plan_for_project(read_project(folder), folder, machine, knowledge, request, asked)
    return made.plan, made.machine, made.request


def _checked(
    given: _Given, plan: Plan, machine: Machine, knowledge: Knowledge, request: Request
) -> Plan:
    from envsetup.installer.index_check import checked

    return checked(plan, machine, knowledge, request, fetch_from(given.mirror))


def _named_python(given: _Given) -> str:
    """The interpreter as the commands name it: a path where it is on this machine."""
    if given.target is not None:
        return given.target.path or "python"
    return given.maybe("python") or "python"


def _write(given: _Given, plan: Plan, machine: Machine) -> None:
    from envsetup.cli.output import emit
    from envsetup.model import value_of
    from envsetup.plan.render import render
    from envsetup.report.addresses import addresses_cleaned

    form, output = given.text("format"), given.maybe("output")
    people = sys.stdout.isatty() or output is not None
    system = value_of(machine.os) or "linux"
    if form == "text":
        from envsetup.plan.text import command_lines, plan_text

        style = _bold if given.flag("color") else str
        story = plan_text(plan, os=system, verbose=given.flag("verbose"), style=style)
        story += _which(given)
        if people:
            whole = [addresses_cleaned(line) for line in command_lines(plan, system)]
            emit(addresses_cleaned(story), output, prose=True, whole=whole, painted=True)
        else:
            aside = _which(given) if plan.action == "install" else story
            _aside(given, _warnings(plan) * (plan.action == "install") + aside)
            emit(addresses_cleaned(render(plan, "shell")), None)
        return
    if form != "json" and plan.action != "install":
        _aside(given, plan_text_of(plan, system))
    else:
        _aside(given, _warnings(plan))
    emit(addresses_cleaned(render(plan, form)), output)


def _which(given: _Given) -> str:
    """Which environment it is for and why, where nobody named it."""
    from envsetup.cli.target import which_text

    return which_text(given.target)


def plan_text_of(plan: Plan, system: str) -> str:
    from envsetup.plan.text import plan_text

    return plan_text(plan, os=system)


def _bold(text: str) -> str:
    return click.style(text, bold=True)


def _warnings(plan: Plan) -> str:
    from envsetup.sanitize import plain

    return "".join(f"warning: {plain(r.text)}\n" for r in plan.warnings)


def _aside(given: _Given, text: str) -> None:
    from envsetup.cli.output import say

    if text and not given.flag("quiet"):
        say(text, newline=False)


def _why_not(
    given: _Given, plan: Plan, machine: Machine, knowledge: Knowledge, request: Request
) -> int:
    from envsetup.cli.output import emit
    from envsetup.plan.why_not import why_not

    answer = why_not(given.text("why_not"), plan, machine, knowledge, request)
    if given.text("format") == "json":
        from envsetup.report.json_v1 import json_document

        emit(json_document(answer), given.maybe("output"))
    else:
        emit(answer.text, given.maybe("output"), prose=True)
    return int(Exit.OK)
