"""A machine from a file: a saved JSON of ours, or text that somebody pasted."""

from __future__ import annotations

import click

from envsetup.cli.exits import Exit, Failure
from envsetup.model import Machine

ACCEPTED = "a saved `envsetup probe` or `doctor` JSON, or the text of collect_env or nvidia-smi"


def read_machine(path: str) -> Machine:
    """The machine in a file, `-` for standard input. Raises Failure (exit 2) saying where it is wrong."""
    data = _bytes(path)
    if data.lstrip()[:1] in (b"{", b"["):
        return _from_json(data, path)
    from envsetup.probes.pasted import read_bytes

    machine: Machine | None = read_bytes(data)
    if machine is None:
        raise Failure(f"--machine {path}: not recognised; give {ACCEPTED}", Exit.USAGE)
    return machine


def _bytes(path: str) -> bytes:
    from envsetup.cli.inputs import read_input

    try:
        return read_input(path, "--machine")
    except click.UsageError as error:
        raise Failure(f"{error.message}; give {ACCEPTED}", Exit.USAGE) from error


def _from_json(data: bytes, path: str) -> Machine:
    import msgspec

    try:
        raw = msgspec.json.decode(data)
        if not isinstance(raw, dict):
            raise msgspec.ValidationError("expected an object - at `$`")
        prefix = "$.machine" if "machine" in raw else "$"
        body = raw.get("machine", raw)
        if isinstance(body, dict):
            body = {k: v for k, v in body.items() if k not in ("schema_version", "tool_version")}
    except msgspec.DecodeError as error:
        raise Failure(f"--machine {path}: {error}; give {ACCEPTED}", Exit.USAGE) from error
    try:
        return msgspec.convert(body, Machine)
    except msgspec.ValidationError as error:
        where = str(error).replace("`$", f"`{prefix}")
        raise Failure(f"--machine {path}: {where}; give {ACCEPTED}", Exit.USAGE) from error
