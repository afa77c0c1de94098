"""Facts from what people paste: collect_env and nvidia-smi texts."""

from __future__ import annotations

from envsetup.model import Machine
from envsetup.probes.pasted import collect_env, nvidia_smi, other_reports
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
        return collect_env.read(lines)
    translated = other_reports.translated(lines)
    if translated:
        return collect_env.read(translated)
    return nvidia_smi.read(lines) if nvidia_smi.recognises(lines) else None
