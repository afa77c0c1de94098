"""What is wrong with a machine: its facts judged, torch's own errors attributed, effects explained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from envsetup.doctor.attribute import Judged, attribute
from envsetup.model import Finding, Machine, Undecided
from envsetup.rules import registry
from envsetup.rules.engine import judge_all
from envsetup.rules.suppress import suppress

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge
    from envsetup.rules import Rule


def find(
    machine: Machine, knowledge: Knowledge, rules: Iterable[Rule] | None = None
) -> tuple[tuple[Finding, ...], tuple[Undecided, ...]]:
    """Every finding, root causes marked on what they explain, and every rule that could not decide.

    Without `rules`, every stable one judges.
    """
    chosen = tuple(
        [r for r in registry.all_rules() if r.state == "stable"] if rules is None else rules
    )
    findings, undecided = judge_all(machine, knowledge, chosen)
    told = attribute(machine, Judged(findings=findings, undecided=undecided, rules=chosen))
    weighed = told.weighed((*findings, *told.findings))
    return suppress(weighed, chosen, told.causes), undecided
