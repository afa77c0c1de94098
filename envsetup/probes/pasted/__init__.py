"""Facts from what people paste: collect_env, nvidia-smi, and what other programs print of the same."""

from __future__ import annotations

from msgspec.structs import replace

from envsetup.model import Gpu, Machine, value_of
from envsetup.probes.pasted import collect_env, nvidia_smi, other_reports, package_lists, rocm
from envsetup.probes.pasted.lines import SOURCE, UNTOLD, cleaned, decoded, told

__all__ = ["read_bytes", "read_text"]


def read_bytes(data: bytes) -> Machine | None:
    """As read_text, of a file whose encoding is not known."""
    return read_text(decoded(data))


def read_text(text: str) -> Machine | None:
    """The machine that a pasted text tells of, None where it is no text of an environment.

    What the text doesn't tell stays unreadable, never absent. Never raises; time is linear in the text.
    """
    machine = _read(cleaned(text))
    return _with_own_gpu(machine) if machine is not None else None


def _read(lines: tuple[str, ...]) -> Machine | None:
    if collect_env.recognises(lines):
        unnamed = not collect_env.names_torch(lines)
        return collect_env.read((unnamed and other_reports.translated(lines)) or lines)
    other = other_reports.translated(lines)
    if other:
        return collect_env.read(other)
    if nvidia_smi.recognises(lines):
        return nvidia_smi.read(lines)
    listed = package_lists.translated(lines)
    return rocm.read(lines) or (collect_env.read(listed) if listed else None)


def _with_own_gpu(machine: Machine) -> Machine:
    """A Mac's GPU is no CUDA device, so texts on CUDA don't name it: Apple silicon always has it."""
    arch = value_of(machine.arch)
    gpus = value_of(machine.gpus)
    if value_of(machine.os) != "macos" or gpus:
        return machine
    if arch in ("arm64", "aarch64"):
        gpu = Gpu(vendor="apple", index=0, source=SOURCE, integrated=True)
        return replace(machine, gpus=told((gpu,)))
    return machine if arch else replace(machine, gpus=UNTOLD)
