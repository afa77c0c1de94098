"""From a machine and a request to a plan: choose, explain, warn, or refuse with what would help."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from envsetup.knowledge import Knowledge, version_key
from envsetup.model import Alternative, Machine, Plan, Reason, TorchInstall, value_of
from envsetup.plan.availability import CONDA, kind_of
from envsetup.plan.choose import Candidate, Choice, choose, offered, with_python
from envsetup.plan.commands import index_of, install_commands, requirements_of
from envsetup.plan.constraints import situation_of
from envsetup.plan.gpus import label
from envsetup.plan.reasons import because, why_refused
from envsetup.plan.refuse import helpful_changes
from envsetup.plan.repair import over_damage
from envsetup.plan.request import Request
from envsetup.plan.situation import Situation
from envsetup.plan.vendor_index import vendor_fixes
from envsetup.plan.warnings import stale, warnings_of


def make_plan(machine: Machine, knowledge: Knowledge, request: Request) -> Plan:
    """The plan for a machine. Pure; the same arguments give the same plan."""
    situation, choice = decide(machine, knowledge, request)
    if not choice.accepted:
        split = _split(situation, knowledge, request)
        return split or _refusal(situation, knowledge, request, choice)
    kept = _already_right(machine, choice)
    if kept is not None and not situation.assumed:
        return _plan(kept, choice, situation, knowledge, request, action="keep")
    plan = _plan(choice.accepted[0], choice, situation, knowledge, request)
    return over_damage(plan, machine)


def candidates(machine: Machine, knowledge: Knowledge, request: Request) -> tuple[Candidate, ...]:
    """All that works here, best first: what `setup` may try when the index can't be reached."""
    return decide(machine, knowledge, request)[1].accepted


def decide(machine: Machine, knowledge: Knowledge, request: Request) -> tuple[Situation, Choice]:
    """The situation, with the Python that goes with the best plan where none is said, and its choice."""
    situation = situation_of(machine, knowledge, offered(knowledge, request))
    if situation.python_tag is not None:
        return situation, choose(situation, knowledge, request)
    return with_python(situation, knowledge, request)


def _plan(
    best: Candidate,
    choice: Choice,
    situation: Situation,
    knowledge: Knowledge,
    request: Request,
    action: str = "install",
) -> Plan:
    stamp, knowledge = knowledge.stamp(), offered(knowledge, request)
    release = knowledge.release(best.version)
    assert release is not None
    commands = install_commands(best, release, situation, request)
    return Plan(
        action=action,  # type: ignore[arg-type]
        requirements=requirements_of(best, release, situation, request),
        torch_version=best.version,
        build=None if situation.os == "macos" else best.build,
        python=_minor(situation.python_version),
        installer=request.installer,
        index_url=index_of(best, situation, request),
        commands=() if action == "keep" else commands,
        because=_kept(best, choice)
        if action == "keep"
        else tuple(because(best, situation, knowledge)),
        rejected=choice.rejected,
        alternatives=tuple(_alternatives(best, choice, situation, knowledge, request)),
        warnings=(*situation.notes, *warnings_of(best, choice, situation, knowledge, request)),
        fixes=tuple(vendor_fixes(situation.unserved, situation, request)),
        assumed=situation.assumed,
        knowledge=stamp,
    )


def _minor(version: str | None) -> str | None:
    return ".".join(version.split(".")[:2]) if version else None


def _kept(best: Candidate, choice: Choice) -> tuple[Reason, ...]:
    """Why nothing is to be done, and what newer there would be."""
    newest = choice.accepted[0]
    newer = version_key(newest.version) > version_key(best.version)
    more = f"; {newest.version} is out and would work too" if newer else ""
    text = f"torch {best.version} in the {best.build} build is installed, and right for this machine{more}"
    return (Reason(code="already-right", text=text),)


def _refusal(situation: Situation, knowledge: Knowledge, request: Request, choice: Choice) -> Plan:
    return Plan(
        action="refuse",
        installer=request.installer,
        because=(why_refused(situation, choice, conda=request.installer in CONDA),),
        rejected=choice.rejected,
        warnings=(*situation.notes, *stale(knowledge, request)),
        fixes=helpful_changes(situation, knowledge, request),
        assumed=situation.assumed,
        knowledge=knowledge.stamp(),
    )


def _alternatives(
    best: Candidate, choice: Choice, situation: Situation, knowledge: Knowledge, request: Request
) -> Iterator[Alternative]:
    """Other builds of the same release, and the next proven one where the chosen is not."""
    same = [c for c in choice.accepted if c.version == best.version and c.build != best.build]
    safe = next(
        (c for c in choice.accepted if c.proven and kind_of(c.build) == kind_of(best.build)), None
    )
    others = same if best.proven or safe is None or safe in same else [safe, *same]
    for one in others[:3]:
        if kind_of(one.build) != kind_of(best.build):
            continue
        release = knowledge.release(one.version)
        assert release is not None
        sure = "" if one.proven else f" ({one.status}, not seen)"
        yield Alternative(
            text=f"torch {one.version} in the {one.build} build works here too{sure}",
            requirements=requirements_of(one, release, situation, request),
            build=one.build,
            commands=install_commands(one, release, situation, request),
        )


def _already_right(machine: Machine, choice: Choice) -> Candidate | None:
    """The accepted candidate that is installed, companions and all."""
    torch = value_of(machine.torch)
    if torch is None or torch.broken_files:
        return None
    mine = next((c for c in choice.accepted if _is(torch, c, machine)), None)
    if mine is None:
        return None
    packages = {p.name: p.version.split("+")[0] for p in value_of(machine.packages) or ()}
    named = all(packages.get(name) == version for name, version in mine.companions.items())
    return mine if named else None


def _is(torch: TorchInstall, one: Candidate, machine: Machine) -> bool:
    if torch.version.split("+")[0] != one.version:
        return False
    return torch.build == one.build or (
        value_of(machine.os) == "macos" and torch.build in ("mps", "cpu")
    )


def _split(situation: Situation, knowledge: Knowledge, request: Request) -> Plan | None:
    """Where no single build serves all NVIDIA GPUs: one plan for the newest, the others beside it."""
    capabilities = sorted(
        {g.compute_capability for g in situation.gpus if g.compute_capability},
        key=version_key,
        reverse=True,
    )
    if situation.accelerator != "nvidia" or len(capabilities) < 2:
        return None
    parts = []
    for capability in capabilities:
        gpus = tuple(g for g in situation.gpus if g.compute_capability == capability)
        part = replace(situation, gpus=gpus)
        choice = choose(part, knowledge, request)
        if choice.accepted:
            parts.append((part, choice))
    if not parts:
        return None
    first, choice = parts[0]
    plan = _plan(choice.accepted[0], choice, first, knowledge, request)
    left = [g for g in situation.gpus if g not in first.gpus]
    text = (
        f"no single build serves all GPUs: this one leaves {', '.join(label(g) for g in left)} unused; "
        "see the alternatives for an environment of its own, chosen with CUDA_VISIBLE_DEVICES"
    )
    more = tuple(_part(part, c, knowledge, request) for part, c in parts)
    return replace(
        plan,
        alternatives=(*more, *plan.alternatives),
        warnings=(*plan.warnings, Reason(code="split", text=text)),
    )


def _part(part: Situation, choice: Choice, knowledge: Knowledge, request: Request) -> Alternative:
    best = choice.accepted[0]
    release = offered(knowledge, request).release(best.version)
    assert release is not None
    names = ", ".join(dict.fromkeys(label(g) for g in part.gpus))
    numbers = tuple(g.index for g in part.gpus)
    return Alternative(
        text=f"for {names}: an environment with CUDA_VISIBLE_DEVICES={','.join(map(str, numbers))}",
        requirements=requirements_of(best, release, part, request),
        build=best.build,
        gpus=numbers,
        commands=install_commands(best, release, part, request),
    )
