"""What torch itself said when its import or CUDA failed, as the rule whose symptom it is.

Facts come first: a rule that finds its cause in the machine's files says more. But the words of the
examined torch are a fact too, and must never end as a mere footnote beside "no finding".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from envsetup.model import Absent, Evidence, Finding, Machine, Unreadable, value_of
from envsetup.rules import Draft, Rule, complete, fact_evidence

LONGEST = 300
IMPORT_ERROR = re.compile(r"\b(?:Import|ModuleNotFound|OS)Error\b")
UNEXPECTED = "Unexpected error from cudaGetDeviceCount"
"""What torch never says of a machine that merely has no GPU or driver."""
CATCH_ALLS = ("PY113", "DR114")
"""Rules that say no more than that the import, or CUDA, failed."""


def heard(
    machine: Machine, found: Iterable[Finding], rules: Iterable[Rule]
) -> tuple[tuple[Finding, ...], str | None]:
    """The finding that torch's own error speaks for, where none of the kind is there, and its code.

    The code is also that of a finding that is there and means the same.
    """
    told = _import_failed(machine) or _cuda_failed(machine)
    said = _meant(told) if told is not None else ()
    failed = "PY113" if _import_failed(machine) else "DR114"
    causes = {*said, *(one.code for one in rules if failed in one.suppresses)}
    there = [one.code for one in found if one.severity == "error" and one.code in causes]
    if told is None or there or not said:
        return (), next(iter(there), None)
    mine = next((one for one in rules if one.code == said[0]), None)
    if mine is None or mine.code in CATCH_ALLS or "torch_runtime" in mine.needs:
        return (), None  # not asked for, nothing new, or its judge has read these words and says no
    draft = Draft(
        message=f"torch fails and says why: {told.value}",
        subject="torch",
        evidence=(told,),
        fixes=mine.fixes,
        severity="warning" if isinstance(machine.gpus, Absent) else "error",
    )
    return (complete(mine, draft, machine),), mine.code


def overheard(
    machine: Machine, found: Iterable[Finding], rules: Iterable[Rule]
) -> Iterator[Finding]:
    """What the import of something else, such as an extension, died of while torch spoke."""
    runtime = value_of(machine.torch_runtime)
    there = {one.code for one in found}
    for line in runtime.warnings if runtime is not None else ():
        if not IMPORT_ERROR.search(line):
            continue
        told = fact_evidence(machine, "torch_runtime", line[:LONGEST])
        said = _meant(told)
        mine = next((one for one in rules if said and one.code == said[0]), None)
        if mine is None or there.intersection(said):
            continue
        there.add(mine.code)
        message = f"An import failed beside torch: {told.value}"
        draft = Draft(message=message, evidence=(told,), fixes=mine.fixes, severity="warning")
        yield complete(mine, draft, machine)


def _import_failed(machine: Machine) -> Evidence | None:
    """The error of an import that was tried; damaged files explain any such error by themselves."""
    runtime, torch = machine.torch_runtime, value_of(machine.torch)
    tried = isinstance(runtime, Unreadable) and runtime.source.kind == "target"
    if not tried or (torch is not None and torch.broken_files):
        return None
    assert isinstance(runtime, Unreadable)
    return Evidence(fact="torch_runtime", value=runtime.error[:LONGEST], source=runtime.source)


def _cuda_failed(machine: Machine) -> Evidence | None:
    """The error with which CUDA didn't start; where there is no GPU that is mostly as it should be."""
    runtime = value_of(machine.torch_runtime)
    if runtime is None or runtime.cuda_available or not runtime.cuda_error:
        return None
    if isinstance(machine.gpus, Absent) and UNEXPECTED not in runtime.cuda_error:
        return None
    return fact_evidence(machine, "torch_runtime", runtime.cuda_error[:LONGEST])


def _meant(told: Evidence) -> tuple[str, ...]:
    from envsetup.rules.triage import match_error

    return tuple(m.code for m in match_error(str(told.value)) if m.confidence == "high")


def explained(findings: Iterable[Finding], code: str | None) -> tuple[Finding, ...]:
    """The findings, catch-alls marked as explained by the finding of that code."""
    return tuple(
        replace(one, suppressed_by=code)
        if code not in (None, one.code) and one.code in CATCH_ALLS
        else one
        for one in findings
    )
