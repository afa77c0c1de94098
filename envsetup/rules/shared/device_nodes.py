"""What rules about the rights to a GPU's device nodes share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from envsetup.model import Fix, Machine
from envsetup.rules import Draft, fact_evidence


def refused(
    access: Mapping[str, bool], start: str, machine: Machine, fixes: tuple[Fix, ...], effect: str
) -> Iterator[Draft]:
    """A finding where this user may open none of the nodes whose names begin so."""
    nodes = sorted(name for name in access if name.startswith(start))
    if nodes and not any(access[name] for name in nodes):
        yield Draft(
            message=f"This user may not open {', '.join(nodes)}{effect}.",
            subject=nodes[0],
            evidence=(fact_evidence(machine, "device_access", f"{nodes[0]}: refused"),),
            fixes=fixes,
        )
