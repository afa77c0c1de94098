"""A machine from a file: a saved JSON of ours, or text that somebody pasted."""

from __future__ import annotations

import click

from envsetup.cli.exits import Exit, Failure
from envsetup.host.input_files import PIPE_LIMIT_S
from envsetup.model import Machine, Target

ACCEPTED = "a saved `envsetup probe` or `doctor` JSON, or the text of collect_env or nvidia-smi"


def read_machine(path: str, option: str, pipe_limit_s: float = PIPE_LIMIT_S) -> Machine:
    """The machine in a file, `-` for standard input. Raises Failure (exit 2) saying where it is wrong."""
    return read_saved(path, option, pipe_limit_s)[0]


def read_saved(
    path: str, option: str, pipe_limit_s: float = PIPE_LIMIT_S
) -> tuple[Machine, Target | None]:
    """The same, with the target that JSON of ours names."""
    from envsetup.cli.inputs import read_input

    try:
        return from_bytes(read_input(path, option, pipe_limit_s))
    except click.UsageError as error:
        raise Failure(f"{error.message}; give {ACCEPTED}", Exit.USAGE) from error
    except ValueError as error:
        raise Failure(f"{option} {path}: {error}; give {ACCEPTED}", Exit.USAGE) from error


def from_bytes(data: bytes) -> tuple[Machine, Target | None]:
    """A machine, and the target that JSON of ours names. Raises ValueError as `machine_of` does."""
    from envsetup.report import load_target

    is_ours = data.lstrip()[:1] == b"{" and b'"schema_version"' in data
    return machine_of(data), load_target(data) if is_ours else None


def machine_of(data: bytes) -> Machine:
    """Raises ValueError saying where the data departs from what is accepted."""
    from envsetup.probes.pasted import read_bytes
    from envsetup.report import load_machine

    is_json = data.lstrip()[:1] in (b"{", b"[")
    if is_json:
        try:
            return load_machine(data)
        except ValueError:
            if b'"schema_version"' in data or b'"machine"' in data:
                raise
    found: Machine | None = read_bytes(data)  # the report of another program may be JSON too
    if found is None:
        raise ValueError("not recognised")
    return found
