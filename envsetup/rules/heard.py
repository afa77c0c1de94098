"""What torch itself said when CUDA didn't start, as the rule whose symptom it is.

Facts come first: a rule that finds its cause in the machine's files says more. But the words of the
examined torch are a fact too, and must never end as a mere footnote beside "no finding".
"""

from __future__ import annotations

from collections.abc import Iterable

from envsetup.model import Absent, Finding, Machine, value_of
from envsetup.rules import Draft, Rule, complete, fact_evidence

LONGEST = 300


def heard(machine: Machine, found: Iterable[Finding], rules: Iterable[Rule]) -> tuple[Finding, ...]:
    """The finding that torch's own error speaks for; empty where one of the kind is there already.

    Where there is no GPU, CUDA that doesn't start is as it should be.
    """
    runtime = value_of(machine.torch_runtime)
    if runtime is None or runtime.cuda_available or not runtime.cuda_error:
        return ()
    if isinstance(machine.gpus, Absent):
        return ()
    from envsetup.rules.triage import match_error

    said = [m for m in match_error(runtime.cuda_error) if m.confidence == "high"]
    serious = {one.code for one in found if one.severity != "note"}
    best = next(iter(said), None)
    if best is None or serious.intersection(m.code for m in said):
        return ()
    mine = next((one for one in rules if one.code == best.code), None)
    if mine is None or "torch_runtime" in mine.needs or mine.yields_to:
        return ()  # not asked for; or its judge has read these words, and says no
    draft = Draft(
        message=f"torch can't use CUDA, and says why: {runtime.cuda_error[:LONGEST]}",
        subject="torch",
        evidence=(fact_evidence(machine, "torch_runtime", runtime.cuda_error[:LONGEST]),),
        fixes=mine.fixes,
        severity="error",
    )
    return (complete(mine, draft),)
