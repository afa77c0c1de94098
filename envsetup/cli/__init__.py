"""The command line. Nothing but click at module level here: `--version` and `--help` stay instant."""

from __future__ import annotations

import importlib
import sys

import click

from envsetup.version import __version__

COMMANDS = {
    "probe": ("probe", "Facts about this machine and the target interpreter."),
    "install-plan": ("install_plan", "Say which install command is right here, and why."),
    "setup": (
        "setup",
        "Make an environment in DIR [.venv], install the right torch, and prove that it works.",
    ),
    "doctor": ("doctor", "Examine an environment, check it on every device, and say what to mend."),
    "checks": ("checks", "List the checks, or run some."),
    "explain": (
        "explain",
        "The page of a finding, offline; or which findings an error message means, best first.",
    ),
    "report": ("report", "Show, convert or compare saved reports."),
    "schema": ("schema", "The JSON Schema of an output."),
    "knowledge": ("knowledge", "What is believed about PyTorch's wheels, and from where."),
}
"""Command name to its module in this package and its short help, so that `--help` imports none."""
OTHER_WORDS = {
    "help": "envsetup --help",
    "version": "envsetup --version",
    "install": "envsetup setup, or envsetup install-plan --apply",
    "update": "envsetup install-plan --apply",
    "upgrade": "envsetup install-plan --apply",
    "info": "envsetup probe",
    "check": "envsetup doctor, or envsetup checks run",
}
"""Words of other tools to what does it here."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{COMMANDS[name][0]}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from envsetup.cli.suggestions import did_you_mean

            meant = OTHER_WORDS.get(args[0])
            near = f" Did you mean {meant}?" if meant else did_you_mean(args[0], COMMANDS)
            if not near:
                raise
            raise click.UsageError(error.message + near, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="envsetup")
def root() -> None:
    """Set up a PyTorch environment and prove that it works.

    \b
    Examples:
      envsetup setup          make .venv with the right torch
      envsetup install-plan   only say what to run, and why
      envsetup doctor         examine the active environment
    """


def main() -> None:
    """Entry point: maps every outcome to the exit codes of the contract."""
    from envsetup.cli.process import run

    sys.exit(run(root))
