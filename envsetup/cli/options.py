"""Options that mean the same in every command, each a decorator that can be stacked.

Each gives the command function one keyword argument, named in the decorator's docstring.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
PLAN_NEEDS_NO_NAME = "a plan needs none"
"""Why a command that only plans looks up no host name."""


def python_option(function: F) -> F:
    """`python: str | None`: the target interpreter."""
    return click.option(
        "--python",
        metavar="PATH",
        help="The Python under examination: its path, an environment's folder, or a version such as "
        "3.12 [default: the active environment, else the nearest .venv, else PATH's].",
    )(function)


def format_option(choices: Sequence[str], default: str | None = "text") -> Callable[[F], F]:
    """`format: str`, one of `choices`; None where nothing was said and there is no default."""
    return click.option(
        "--format",
        "format",
        type=click.Choice(tuple(choices)),
        default=default,
        show_default=default is not None,
        help="How to answer.",
    )


def output_option(function: F) -> F:
    """`output: str | None`: a file in place of standard output."""
    return click.option(
        "-o",
        "--output",
        metavar="FILE",
        callback=_checked_output,
        help="Write to FILE instead of standard output.",
    )(function)


def _checked_output(_ctx: click.Context, _parameter: object, value: str | None) -> str | None:
    """Found before the work starts. Raises Failure (exit 2) where it can't be written."""
    if value and value != "-":
        from envsetup.cli.output import check_writable

        check_writable(value)
    return value


def outputs_option(function: F) -> F:
    """`outputs: tuple[str, ...]`: several files, each `FILE` or `FORMAT:FILE`."""
    return click.option(
        "-o",
        "--output",
        "outputs",
        metavar="[FORMAT:]FILE",
        multiple=True,
        help="Also write FILE, in the format of its ending or as named. Repeatable.",
    )(function)


def offline_option(function: F) -> F:
    """`offline: bool`: no socket leaves the machine, and no host name is looked up."""
    return click.option(
        "--offline", is_flag=True, help="No network at all; no host name is looked up."
    )(function)


def no_lookups(offline: bool) -> str:
    """Why no host name may be looked up, as LocalHost takes it; empty where names may be."""
    return "--offline was given" if offline else ""


def mirror_option(function: F) -> F:
    """`mirror: str | None`: another base for the wheel index, an address that can be written anywhere."""
    return click.option(
        "--mirror",
        envvar="ENVSETUP_MIRROR",
        metavar="URL",
        callback=lambda _ctx, _parameter, value: _checked_mirror(value),
        help="Another base for the wheel index.",
    )(function)


def _checked_mirror(mirror: str | None) -> str | None:
    """The option's words. Raises click.UsageError for what no index can have as an address."""
    from envsetup.cli.mirror import read_mirror

    read_mirror(mirror)
    return mirror


def color_option(function: F) -> F:
    """`color: bool`: already decided, from --color, NO_COLOR, FORCE_COLOR and the terminal."""
    return click.option(
        "--color",
        type=click.Choice(("auto", "always", "never")),
        default="auto",
        show_default=True,
        callback=lambda ctx, _parameter, value: _decide_color(ctx, value),
        help="Colour in what people read.",
    )(function)


def _decide_color(ctx: click.Context, wish: str) -> bool:
    """--color wins, then NO_COLOR, then FORCE_COLOR, then whether standard output is a terminal."""
    if wish == "auto":
        if os.environ.get("NO_COLOR"):
            chosen = False
        elif os.environ.get("FORCE_COLOR"):
            chosen = True
        else:
            chosen = sys.stdout.isatty()
    else:
        chosen = wish == "always"
    ctx.color = chosen
    return chosen


def verbose_option(function: F) -> F:
    """`verbose: int`: how often -v was given."""
    return click.option("-v", "--verbose", count=True, help="Say more.")(function)


def quiet_option(function: F) -> F:
    """`quiet: bool`: no progress on standard error."""
    return click.option("-q", "--quiet", is_flag=True, help="No progress, only the answer.")(
        function
    )


def verbosity_options(function: F) -> F:
    """`verbose: int` and `quiet: bool`."""
    quietable = quiet_option(function)
    return verbose_option(quietable)


def timeout_option(function: F) -> F:
    """`timeout: float | None`: seconds for the whole run; None where it isn't given."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=1),
        default=None,
        metavar="SECONDS",
        help="Limit for the whole run; else 300, at level deep the sum of its checks' limits.",
    )(function)


def full_option(function: F) -> F:
    """`full: bool`: keep paths, names and packages (never credentials)."""
    return click.option(
        "--full", is_flag=True, help="Keep paths, names and packages (never credentials)."
    )(function)


def exit_zero_option(function: F) -> F:
    """`exit_zero: bool`."""
    return click.option("--exit-zero", is_flag=True, help="Exit 0 where it would be 1.")(function)
