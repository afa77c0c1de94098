"""A plan within a project's bounds, its conditions judged for the machine that is planned for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from envsetup.cli.project.records import Bound, Found, Project, joined, wrong
from envsetup.knowledge import Knowledge, version_key
from envsetup.model import Absent, Known, Machine, Plan, Python, Reason, Record, Source, value_of
from envsetup.plan import Request, make_plan
from envsetup.plan.constraints import situation_of

SYSTEMS = {
    "linux": ("linux", "Linux", "posix"),
    "windows": ("win32", "Windows", "nt"),
    "macos": ("darwin", "Darwin", "posix"),
}
"""sys.platform, platform.system() and os.name (PEP 508)."""
WINDOWS_MACHINES = {"x86_64": "AMD64", "arm64": "ARM64"}
Choice = tuple[str, str]


class Planned(Record):
    """A plan with what it was made for."""

    plan: Plan
    machine: Machine
    request: Request


def plan_for_project(
    project: Project,
    folder: str,
    machine: Machine,
    knowledge: Knowledge,
    request: Request,
    asked: tuple[Choice, ...],
) -> Planned:
    """The plan, with warnings of what was left out.

    Raises UsageError for an extra or group that isn't there, and where torch stands in several that
    lead to different plans.
    """
    missing = [f"--{kind} {name}" for kind, name in asked if (kind, name) not in project.choices]
    if missing:
        raise wrong(folder, f"there is no {missing[0]}", f"give one of {_named(project.choices)}")
    found = joined((project.always, *(project.choices[one] for one in asked)))
    if not asked and not _on_torch(found):
        several = {one: f for one, f in project.choices.items() if _on_torch(f)}
        if several:
            found = joined((found, _the_one(several, folder, machine, knowledge, request, project)))
    made = _planned(found, project, machine, knowledge, request)
    warnings = (
        *python_warning(project, machine),
        *_warnings(project, folder, found, asked),
        *made.plan.warnings,
    )
    return replace(made, plan=replace(made.plan, warnings=warnings))


def _the_one(
    several: dict[Choice, Found],
    folder: str,
    machine: Machine,
    knowledge: Knowledge,
    request: Request,
    project: Project,
) -> Found:
    """Extras and groups that lead to one plan count as one; others have to be chosen between."""
    plans = {
        one: _planned(joined((project.always, found)), project, machine, knowledge, request).plan
        for one, found in several.items()
    }
    if len({(plan.action, plan.requirements) for plan in plans.values()}) > 1:
        listed = "; ".join(
            f"--{kind} {name}: {' '.join(plan.requirements) or 'no build fits'}"
            for (kind, name), plan in plans.items()
        )
        raise wrong(folder, f"torch stands only in extras or groups ({listed})", "say which")
    return next(iter(several.values()))


def _on_torch(found: Found) -> bool:
    return any(bound.package == "torch" for bound in found.bounds)


def _named(choices: Iterable[Choice]) -> str:
    return ", ".join(f"--{kind} {name}" for kind, name in choices) or "none: it has no extras"


def _planned(
    found: Found, project: Project, machine: Machine, knowledge: Knowledge, request: Request
) -> Planned:
    """Where Python isn't said, the newest of the project's Pythons with which the best plan exists."""
    by_python = project.pythons or any("python" in bound.marker for bound in found.bounds)
    if isinstance(machine.python, Known) or not by_python:
        return _plan(found, machine, knowledge, request)
    tried = []
    for version in _pythons(project, knowledge):
        python = Known(
            value=Python(executable="python", version=version),
            source=Source(kind="flag", ref="assumed"),
        )
        one = _plan(found, replace(machine, python=python, torch=Absent()), knowledge, request)
        assumed = (*one.plan.assumed, f"Python {version}")
        tried.append(replace(one, plan=replace(one.plan, assumed=assumed)))
    return max(tried, key=_worth) if tried else _plan(found, machine, knowledge, request)


def _plan(found: Found, machine: Machine, knowledge: Knowledge, request: Request) -> Planned:
    asked = _asked(found, machine, knowledge, request)
    return Planned(plan=make_plan(machine, knowledge, asked), machine=machine, request=asked)


def _worth(one: Planned) -> tuple[int, ...]:
    plan = one.plan
    return (int(plan.action != "refuse"), *version_key(plan.torch_version or "0"))


def _pythons(project: Project, knowledge: Knowledge) -> list[str]:
    """Versions that the project is for and any wheel exists for, newest first."""
    from packaging.specifiers import SpecifierSet

    tags = {t for r in knowledge.releases for p in r.platforms.values() for t in p.python}
    ordered = sorted((t for t in tags if not t.endswith("t")), key=lambda t: -int(t[3:]))
    bounds = SpecifierSet(",".join(project.pythons))
    versions = [f"{tag[2]}.{tag[3:]}" for tag in ordered]
    return [v for v in versions if any(bounds.contains(one) for one in (v, f"{v}.99"))]


def _asked(found: Found, machine: Machine, knowledge: Knowledge, request: Request) -> Request:
    """The request with the bounds that hold on the machine."""
    specifiers: dict[str, list[str]] = {"torch": []}
    for bound in _holding(found.bounds, _environment(machine, knowledge)):
        specifiers.setdefault(bound.package, []).append(bound.specifier)
    for name, text in request.specifiers.items():
        specifiers.setdefault(name, []).append(text)
    return replace(
        request, specifiers={name: ",".join(filter(None, s)) for name, s in specifiers.items()}
    )


def _holding(bounds: Iterable[Bound], environment: dict[str, str]) -> Iterator[Bound]:
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison

    for bound in bounds:
        try:
            if not bound.marker or Marker(bound.marker).evaluate(environment):
                yield bound
        except (InvalidMarker, UndefinedComparison):
            continue


def _environment(machine: Machine, knowledge: Knowledge) -> dict[str, str]:
    """PEP 508's variables of the machine that is planned for, none of the one that we run on."""
    here = situation_of(machine, knowledge)
    platform, system, name = SYSTEMS.get(here.os, SYSTEMS["linux"])
    version = here.python_version or "3.12"
    short = ".".join(version.split(".")[:2])
    full = version if version.count(".") > 1 else f"{version}.0"
    return {
        "sys_platform": platform,
        "platform_system": system,
        "os_name": name,
        "platform_machine": WINDOWS_MACHINES.get(here.arch, here.arch)
        if here.os == "windows"
        else here.arch,
        "python_version": short,
        "python_full_version": full,
        "implementation_name": "cpython",
        "implementation_version": full,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
        "extra": "",
    }


def _warnings(
    project: Project, folder: str, found: Found, asked: tuple[Choice, ...]
) -> Iterator[Reason]:
    for text in found.left_out:
        yield Reason(code="project-left-out", text=f"left out of the plan: {text}")
    used = set(found.bounds)
    for (kind, name), one in project.choices.items():
        if (kind, name) not in asked and not used.issuperset(one.bounds):
            said = ", ".join(f"{b.package}{b.specifier}" for b in one.bounds)
            text = f"left out of the plan: {kind} {name} ({said}); --{kind} {name} takes it"
            yield Reason(code="project-left-out", text=text)
    if not _on_torch(found):
        looked = ", ".join(project.looked_at) or "no file that holds any"
        text = f"no bound on torch found in {folder} (looked at {looked})"
        yield Reason(code="project-no-bound", text=text)


def python_warning(project: Project, machine: Machine) -> tuple[Reason, ...]:
    """Where the project asks for another Python than the plan is for."""
    from packaging.specifiers import SpecifierSet

    python = value_of(machine.python)
    bound = ",".join(project.pythons)
    if python is None or not bound:
        return ()
    # 3.12 said without its last number may be any of them.
    possible = [python.version, *([f"{python.version}.99"] * (python.version.count(".") == 1))]
    if any(SpecifierSet(bound).contains(one, prereleases=True) for one in possible):
        return ()
    text = f"the project asks for Python {bound}; this plan is for {python.version}"
    return (Reason(code="project-wants-another-python", text=text),)
