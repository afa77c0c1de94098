"""Facts from what people paste: collect_env, nvidia-smi, and what other programs print of the same."""

from __future__ import annotations

from envsetup.model import Machine
from envsetup.probes.pasted import collect_env, nvidia_smi, other_reports, package_lists, rocm
from envsetup.probes.pasted.lines import cleaned, decoded

__all__ = ["read_bytes", "read_text"]


def read_bytes(data: bytes) -> Machine | None:
    """As read_text, of a file whose encoding is not known."""
    return read_text(decoded(data))


def read_text(text: str) -> Machine | None:
    """The machine that a pasted text tells of, None where it is no text of an environment.

    What the text doesn't tell stays unreadable, never absent. Never raises; time is linear in the text.
    """
    lines = cleaned(text)
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
