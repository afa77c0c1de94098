"""From a machine and a request to a plan: choose, explain, warn, or refuse with what would help."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from msgspec.structs import replace

from envsetup.knowledge import Knowledge, version_key
from envsetup.model import Alternative, Machine, Plan, Reason, Rejected, TorchInstall, value_of
from envsetup.plan.availability import companion_of, kind_of
from envsetup.plan.choose import Candidate, Choice, choose
from envsetup.plan.commands import CONDA_NEWEST, index_of, install_commands, requirements_of
from envsetup.plan.constraints import Situation, label, situation_of
from envsetup.plan.refuse import helpful_changes
from envsetup.plan.repair import over_damage
from envsetup.plan.request import Request

STALE_AFTER_DAYS = 60
UNCONFIRMED_GFX = ("gfx1103",)
"""In the architecture list of a build, and no report of it working on hardware was found."""
CVE_FIXED_IN = "2.6.0"
CVE = "CVE-2025-32434"


def make_plan(machine: Machine, knowledge: Knowledge, request: Request) -> Plan:
    """The plan for a machine. Pure; the same arguments give the same plan."""
    situation = situation_of(machine, knowledge)
    choice = choose(situation, knowledge, request)
    if not choice.accepted:
        split = _split(situation, knowledge, request)
        return split or _refusal(situation, knowledge, request, choice)
    kept = _already_right(machine, choice, knowledge, request)
    if kept is not None:
        return _plan(kept, choice, situation, knowledge, request, action="keep")
    plan = _plan(choice.accepted[0], choice, situation, knowledge, request)
    return over_damage(plan, machine)


def candidates(machine: Machine, knowledge: Knowledge, request: Request) -> tuple[Candidate, ...]:
    """All that works here, best first: what `setup` may try when the index can't be reached."""
    return choose(situation_of(machine, knowledge), knowledge, request).accepted


def _plan(
    best: Candidate,
    choice: Choice,
    situation: Situation,
    knowledge: Knowledge,
    request: Request,
    action: str = "install",
) -> Plan:
    release = knowledge.release(best.version)
    assert release is not None
    commands = install_commands(best, release, situation, request)
    return Plan(
        action=action,  # type: ignore[arg-type]
        requirements=requirements_of(best, release, situation, request),
        torch_version=best.version,
        build=None if situation.os == "macos" else best.build,
        installer=request.installer,
        index_url=index_of(best, situation, request),
        commands=() if action == "keep" else commands,
        because=_kept(best, choice)
        if action == "keep"
        else tuple(_because(best, situation, knowledge)),
        rejected=choice.rejected,
        alternatives=tuple(_alternatives(best, choice, situation, knowledge, request)),
        warnings=(*situation.notes, *_warnings(best, choice, situation, knowledge, request)),
        assumed=request.assumed,
        knowledge=knowledge.stamp(),
    )


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
        because=(_why_refused(situation, choice),),
        rejected=choice.rejected,
        warnings=(*situation.notes, *_stale(knowledge, request)),
        fixes=helpful_changes(situation, knowledge, request),
        assumed=request.assumed,
        knowledge=knowledge.stamp(),
    )


CLOSEST = (
    "driver-missing", "driver-dropped-gpu", "driver-too-old-for-gpu", "driver-too-old",
    "gpu-arch-missing", "musl", "libc-too-old", "no-wheel-for-python", "macos-too-old-for-mps",
    "macos-too-old", "companion-python", "no-companion", "companion-requirement", "requirement",
)  # fmt: skip
"""What to say first of why nothing fits: what the machine lacks before what was asked."""


def _why_refused(situation: Situation, choice: Choice) -> Reason:
    mine = [r for r in choice.rejected if r.code in CLOSEST]
    if not mine:
        first = next(iter(choice.rejected), None)
        return Reason(code="nothing-on-offer", text=first.text if first else "no release is known")
    nearest = min(mine, key=lambda r: (_distance(r, situation), CLOSEST.index(r.code)))
    name = nearest.version + (f"+{nearest.build}" if nearest.build else "")
    return Reason(code=nearest.code, text=f"no candidate fits; the nearest, {name}: {nearest.text}")


def _distance(rejected: Rejected, situation: Situation) -> int:
    """Later filters are nearer to success: of the right kind of build, for this Python, this libc."""
    order = ("requirement", "no-wheel-for-python", "musl", "libc-too-old", "macos-too-old")
    counts = situation.accelerator not in ("none", "apple")
    if rejected.build and counts and kind_of(rejected.build) != situation.accelerator:
        return 9
    return 8 - order.index(rejected.code) if rejected.code in order else 0


def _because(best: Candidate, situation: Situation, knowledge: Knowledge) -> Iterator[Reason]:
    release = knowledge.release(best.version)
    assert release is not None
    source = knowledge.sources.get(release.source[0], release.source[0])
    gpus = " and ".join(dict.fromkeys(label(g) for g in situation.gpus))
    if kind_of(best.build) == "cpu":
        what = "on this system" if situation.os == "macos" else "with a CPU build"
        code = "newest-for-mac" if situation.os == "macos" else "newest-cpu-build"
        yield Reason(
            code=code,
            text=f"torch {best.version} is the newest that runs here {what}",
            source=source,
        )
    else:
        text = f"torch {best.version} is the newest with a build that has kernels for {gpus or 'the GPU'}"
        yield Reason(code="newest-build-for-gpu", text=text, source=source)
    build = knowledge.build(best.version, best.build, situation.platform or "")
    if build and build.arch_list:
        have = ", ".join(build.arch_list)
        yield Reason(
            code="kernels", text=f"{best.build} holds kernels for {have}", source=build.source
        )
    if best.build.startswith("cu") and situation.driver:
        yield _driver_reason(best, situation, knowledge)


def _driver_reason(best: Candidate, situation: Situation, knowledge: Knowledge) -> Reason:
    cuda = _cuda(best.build)
    source = knowledge.drivers.source
    if best.native:
        text = f"driver {situation.driver} serves CUDA {cuda} by itself"
        return Reason(code="driver-native", text=text, source=source)
    text = (
        f"driver {situation.driver} serves CUDA {cuda} by minor-version compatibility: "
        "compiled kernels run, PTX of that version can't be compiled by the driver"
    )
    return Reason(
        code="driver-minor-version", text=text, source=knowledge.drivers.minor_version_source[0]
    )


def _cuda(build: str) -> str:
    """`cu126` as CUDA's version."""
    return f"{build[2:-1]}.{build[-1]}"


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


# -- warnings ------------------------------------------------------------------------------------


def _warnings(
    best: Candidate, choice: Choice, situation: Situation, knowledge: Knowledge, request: Request
) -> Iterator[Reason]:
    if kind_of(best.build) == "cpu" and situation.accelerator not in ("none", "apple"):
        gpus = ", ".join(label(g) for g in situation.gpus)
        yield Reason(code="cpu-build-beside-gpu", text=f"a CPU build leaves {gpus} unused")
    if request.channel != "stable":
        text = f"the {request.channel} index changes daily: the newest there is taken, its kernels as in {best.version}"
        yield Reason(code="unpinned-channel", text=text)
    if request.installer in ("conda", "pixi") and version_key(best.version) > CONDA_NEWEST:
        text = f"conda-forge may not have torch {best.version} yet: the newest there is taken"
        yield Reason(code="unpinned-conda", text=text)
    yield from _unverified(best, choice)
    yield from _below_the_floor(best, situation, knowledge)
    yield from _old(best, choice, knowledge)
    yield from _amd(best, situation, knowledge)
    if version_key(best.version) < version_key(CVE_FIXED_IN):
        text = (
            f"torch {best.version} has {CVE}: torch.load runs code from a crafted file even with "
            f"weights_only=True; fixed in {CVE_FIXED_IN}. Load only files that you trust"
        )
        yield Reason(
            code="known-vulnerability", text=text, source=f"https://nvd.nist.gov/vuln/detail/{CVE}"
        )
    release = knowledge.release(best.version)
    if "torchaudio" in request.companions and release and release.torchaudio is None:
        last = companion_of("torchaudio", release)
        text = (
            f"torchaudio ended with {last}; with torch {best.version} it works by the stable ABI "
            "(inferred)"
        )
        yield Reason(code="companion-unpaired", text=text)
    yield from _stale(knowledge, request)


def _unverified(best: Candidate, choice: Choice) -> Iterator[Reason]:
    if best.proven:
        return
    kind = kind_of(best.build)
    safe = next((c for c in choice.accepted if c.proven and kind_of(c.build) == kind), None)
    instead = f"; the next certain one is {safe.version}+{safe.build}" if safe else ""
    text = f"{best.version}+{best.build} is {best.status}, nobody has seen it on the index{instead}"
    yield Reason(code="unverified-build", text=text)


def _below_the_floor(
    best: Candidate, situation: Situation, knowledge: Knowledge
) -> Iterator[Reason]:
    """A driver of CUDA 12.0's first release on Windows is older than the one 12.x is promised from."""
    if not best.build.startswith("cu") or situation.driver is None or best.native:
        return
    floor = knowledge.driver_floor(_cuda(best.build), situation.driver_os)
    if floor is not None and version_key(situation.driver) < version_key(floor.version):
        text = (
            f"driver {situation.driver} is older than {floor.version}, from which {best.build} is "
            "promised to run: update the driver, or prove it with `envsetup doctor`"
        )
        yield Reason(code="driver-below-floor", text=text, source=floor.source)


def _old(best: Candidate, choice: Choice, knowledge: Knowledge) -> Iterator[Reason]:
    """Said only where the machine or the Python, not the request, holds torch back."""
    newest = knowledge.releases[0].version
    if best.version == newest:
        return
    asked = [r for r in choice.rejected if r.code in ("requirement", "not-the-backend")]
    if any(r.version == newest and r.code == "requirement" for r in asked):
        return
    kind = kind_of(best.build)
    why = next(
        (r for r in choice.rejected if r.version == newest and kind in (kind_of(r.build or ""), "cpu")
         and r.code not in ("no-gpu-for-build", "other-vendor", "cpu-build-beside-gpu")),
        None,
    )  # fmt: skip
    if why is None:
        return  # no such build of the newest release is known: nothing here holds torch back
    reason = f": {newest}{'+' + why.build if why.build else ''} {why.text}"
    yield Reason(code="old-release", text=f"torch {newest} can't be used here{reason}")


def _amd(best: Candidate, situation: Situation, knowledge: Knowledge) -> Iterator[Reason]:
    row = knowledge.rocm_build(best.build) if best.build.startswith("rocm") else None
    if row is None:
        return
    if situation.wsl:
        text = "under WSL2 ROCm finds the GPU through /dev/dxg: set HSA_ENABLE_DXG_DETECTION=1 where it isn't found"
        yield Reason(code="amd-wsl2", text=text)
    for gpu in situation.gpus:
        if gpu.gfx is None or (gpu.gfx in row.gfx and gpu.gfx not in row.unusable):
            continue
        override = knowledge.rocm.overrides[gpu.gfx]
        text = (
            f"{label(gpu)} has no kernels of its own: set HSA_OVERRIDE_GFX_VERSION={override.value} "
            f"({override.state}, not supported by AMD) and prove it with `envsetup doctor`"
        )
        yield Reason(code="override-needed", text=text, source=override.source)
    for gpu in situation.gpus:
        if gpu.gfx in UNCONFIRMED_GFX:
            text = f"nobody has confirmed {best.build} on {label(gpu)} yet: prove it with `envsetup doctor`"
            yield Reason(code="unconfirmed-gpu", text=text, source=row.source)
    newest = knowledge.rocm.builds[0]
    gone = [g for g in situation.gpus if g.gfx and g.gfx in row.gfx and g.gfx not in newest.gfx]
    if gone:
        text = (
            f"{label(gone[0])} is no longer supported by ROCm's libraries: {best.build} is the last "
            "that has kernels for it"
        )
        yield Reason(code="unsupported-by-vendor", text=text, source=row.source)


def _stale(knowledge: Knowledge, request: Request) -> Iterator[Reason]:
    if request.today is None:
        return
    days = (date.fromisoformat(request.today) - date.fromisoformat(knowledge.as_of)).days
    if days > STALE_AFTER_DAYS:
        text = f"what is known of PyTorch's wheels is {days} days old; update envsetup"
        yield Reason(code="stale-knowledge", text=text)


# -- what is there, and what can't be served together ----------------------------------------------


def _already_right(
    machine: Machine, choice: Choice, knowledge: Knowledge, request: Request
) -> Candidate | None:
    """The accepted candidate that is installed, companions and all."""
    torch = value_of(machine.torch)
    if torch is None or torch.broken_files:
        return None
    mine = next((c for c in choice.accepted if _is(torch, c, machine)), None)
    if mine is None:
        return None
    release = knowledge.release(mine.version)
    packages = {p.name: p.version.split("+")[0] for p in value_of(machine.packages) or ()}
    assert release is not None
    named = all(packages.get(n) == companion_of(n, release) for n in request.companions)
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
    release = knowledge.release(best.version)
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
