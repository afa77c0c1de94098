"""What the rules about compiled extensions share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envsetup.model import Extension, Fix, Machine, TorchInstall
from envsetup.rules import Draft, fact_evidence

FLASH_ATTENTION = "flash-attn"


def built_for_another(
    extensions: Iterable[Extension], torch: TorchInstall, machine: Machine, fixes: tuple[Fix, ...]
) -> Iterator[Draft]:
    """A finding for each package with a library that asks for symbols which this torch doesn't have."""
    told = set()
    for one in extensions:
        if not one.missing or one.package in told:
            continue
        told.add(one.package)
        yield Draft(
            message=f"{one.package} was built for another torch than {torch.version}: "
            f"{one.path.rpartition('/')[2]} asks for {one.missing[0]}, which isn't there.",
            subject=one.package,
            evidence=(
                fact_evidence(machine, "extensions", f"{one.path}: {', '.join(one.missing[:3])}"),
            ),
            fixes=fixes,
            severity="warning",  # torch itself works, and whether the package is used isn't told
        )
