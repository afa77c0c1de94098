"""One `--gpu`: a vendor with its architecture, or a name as people say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import click
from msgspec.structs import replace

from envsetup.model import Gpu, Source, Vendor

if TYPE_CHECKING:
    from envsetup.knowledge.gpu_names import GpuNames, NamedGpu

FORMS = (
    "a name such as 'RTX 4090' or 'RX 7900 XTX', nvidia:8.9, nvidia:8.9:NAME, amd:gfx1100, "
    "amd:gfx1103:igpu, intel:56a0, apple or none"
)
PATTERNS = {"nvidia": r"\d{1,2}\.\d", "amd": r"gfx[0-9a-f]{3,5}", "intel": r"[0-9a-fA-F]{4}"}
APPLE = re.compile(r"apple(?: (?:gpu|m\d.*))?|m\d (?:pro|max|ultra)", re.IGNORECASE)
CHIP = re.compile(r"m\d", re.IGNORECASE)
"""M4 and M6 are cards of NVIDIA's too."""
MOST_NAMED = 6
SOURCE = Source(kind="flag", ref="--gpu")


def gpu_of(text: str, index: int) -> Gpu | None:
    """The GPU that an option describes; None for `none`. Raises UsageError with what was meant."""
    if text == "none":
        return None
    if CHIP.fullmatch(text) and _known(text):
        raise click.UsageError(
            f"--gpu {text!r}: Apple's chip or NVIDIA's Tesla? Give 'Apple {text}' or 'Tesla {text}'"
        )
    if APPLE.fullmatch(text) or CHIP.fullmatch(text):
        name = text if re.search(r"\d", text) else "Apple GPU"
        return Gpu(vendor="apple", index=index, source=SOURCE, integrated=True, name=name)
    vendor, colon, rest = text.partition(":")
    if not colon and vendor not in PATTERNS:
        return _named(text, index)
    what, _, more = rest.partition(":")
    if vendor not in PATTERNS or not re.fullmatch(PATTERNS[vendor], what):
        raise _wrong(text, f"give {FORMS}")
    gpu = Gpu(
        vendor=cast("Vendor", vendor),
        index=index,
        source=SOURCE,
        name=None if more in ("", "igpu") else more,
        integrated=True if more == "igpu" else None,
    )
    if vendor == "nvidia":
        return replace(gpu, compute_capability=what)
    if vendor == "amd":
        return replace(gpu, gfx=what)
    return replace(gpu, pci_id=f"8086:{what.lower()}")


def _wrong(text: str, what_to_do: str) -> click.UsageError:
    return click.UsageError(f"--gpu {text!r}: not understood; {what_to_do}")


def _names() -> GpuNames:
    from envsetup.knowledge import KnowledgeError, load

    try:
        return load().gpu_names
    except KnowledgeError as error:
        raise click.UsageError(str(error)) from error


def _known(text: str) -> bool:
    return bool(_names().find(text))


def _named(text: str, index: int) -> Gpu:
    names = _names()
    found = names.find(text)
    if not found:
        near = names.similar(text)
        meant = f"did you mean {' or '.join(near)}? Else " if near else ""
        raise _wrong(text, f"{meant}give {FORMS}")
    if len({one.runs for one in found}) > 1:
        listed = ", ".join(map(_shown, found[:MOST_NAMED]))
        raise click.UsageError(
            f"--gpu {text!r}: several GPUs are called so, and not the same builds serve them: "
            f"{listed}; give one of these"
        )
    one = found[0]
    return Gpu(
        vendor=cast("Vendor", one.vendor),
        index=index,
        source=SOURCE,
        name=text,
        compute_capability=one.compute_capability,
        gfx=one.gfx,
        pci_id=one.pci_id if one.vendor == "intel" else None,
        integrated=True if one.integrated else None,
    )


def _shown(one: NamedGpu) -> str:
    """A model with the form that names it without doubt."""
    arch = one.compute_capability or one.gfx or (one.pci_id or "").partition(":")[2]
    return f"{one.name} ({one.vendor}:{arch})"
