"""To test a rule: machines from plain values, and the findings of one rule for them.

    from envsetup.testing import gpu, judge, torch

    (finding,) = judge("WH101", os="linux", torch=torch("2.14.1+cpu"), gpus=(gpu("amd", gfx="gfx1100"),))
    assert finding.severity == "error"

A plain value becomes a known fact with the source `SOURCE`; an `Absent`, an `Unreadable` or a
`Known` stays what it is. A fact that isn't given is not looked at (`envsetup.model.UNASKED`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from envsetup.model import (
    Absent,
    Fact,
    Finding,
    Gpu,
    Known,
    Machine,
    NvidiaDriver,
    Package,
    Python,
    Source,
    TorchInstall,
    Unreadable,
    Vendor,
)
from envsetup.rules.definition import DECLARED, Judge, Rule
from envsetup.rules.engine import judge_or_raise
from envsetup.rules.registry import find_rule

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

T = TypeVar("T")

SOURCE = Source(kind="api", ref="test")
"""Where every value comes from that a test makes up.

Some rules look at the kind of a source (pasted text, the target): give `known` another one there.
"""


# -- facts -----------------------------------------------------------------------------------------


def known(value: T, source: Source = SOURCE) -> Known[T]:
    """The value as a fact that was read."""
    return Known(value=value, source=source)


def unreadable(error: str, source: Source = SOURCE, detail: str = "") -> Unreadable:
    """A fact that could not be read, for the reason `error`."""
    return Unreadable(error=error, source=source, detail=detail)


def value(fact: Fact[T]) -> T:
    """The value of a fact that must be known. Raises AssertionError with what the fact is instead."""
    assert isinstance(fact, Known), fact
    return fact.value


def machine(like: Machine | None = None, /, **facts: Any) -> Machine:
    """A machine with these facts; the others are those of `like`, or were not looked at.

    Raises TypeError for a name that is no fact, and for None, which says neither that something is
    absent nor that it could not be read.
    """
    return replace(like or Machine(), **_as_facts(facts))


def _as_facts(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _as_fact(name, value) for name, value in values.items()}


def _as_fact(name: str, value: object) -> object:
    if value is None:
        raise TypeError(f"{name} is None: say Absent(), unreadable(...) or a value")
    return value if isinstance(value, Known | Absent | Unreadable) else known(value)


# -- what machines are made of ---------------------------------------------------------------------


def torch(version: str = "2.14.1+cu130", **more: Any) -> TorchInstall:
    """torch as its files tell it: build, CUDA and ROCm as the local part of `version` (+cu130) says.

    `more` are fields of TorchInstall; `arch_list` may be a plain tuple.
    """
    build = version.partition("+")[2] or None
    about: dict[str, Any] = {"build": build}
    if build and build.startswith("cu"):
        about["cuda"] = f"{build[2:-1]}.{build[-1]}"
    if build and build.startswith("rocm"):
        about["hip"] = build.removeprefix("rocm")
    if "arch_list" in more:
        more["arch_list"] = _as_fact("arch_list", more["arch_list"])
    return TorchInstall(version=version, **{**about, **more})


def driver(version: str | Absent | Unreadable = "580.95.05", **more: Any) -> NvidiaDriver:
    """NVIDIA's driver. `more` are fields of NvidiaDriver, facts as plain values: `nvml="ok"`."""
    flavour = more.pop("flavour", None)
    return NvidiaDriver(flavour=flavour, **_as_facts({"version": version, **more}))


def gpu(vendor: Vendor = "nvidia", index: int = 0, **more: Any) -> Gpu:
    """One GPU, with no more known of it than is given. `more` are fields of Gpu."""
    return Gpu(vendor=vendor, index=index, **{"source": SOURCE, **more})


def python(version: str = "3.12.1", **more: Any) -> Python:
    """The interpreter of an environment. `more` are fields of Python."""
    return Python(version=version, **{"executable": "/env/bin/python", **more})


def package(name: str, version: str = "1.0", **more: Any) -> Package:
    """An installed distribution. `more` are fields of Package."""
    return Package(name=name, version=version, **more)


# -- judging ---------------------------------------------------------------------------------------


def judge(
    rule: str | Judge,
    like: Machine | None = None,
    /,
    *,
    knowledge: Knowledge | None = None,
    **facts: Any,
) -> tuple[Finding, ...]:
    """What one rule finds on a machine with these facts (see `machine`); nothing where it doesn't apply.

    `rule` is a code, a slug, or the function under `@rule(...)`, of envsetup or of your own. Without
    `knowledge` the packaged one is used. Raises `Undecidable` with the rule's reason where a fact
    that it needs is not known, LookupError where there is no such rule or it has no judge, and
    whatever the rule itself raises.
    """
    from envsetup.knowledge import load

    return judge_or_raise(_rule(rule), machine(like, **facts), knowledge or load())


def _rule(which: str | Judge) -> Rule:
    if isinstance(which, str):
        found = find_rule(which)
    else:
        declared = [r for rules in DECLARED.values() for r in rules]
        found = next((r for r in declared if r.judge is which), None)
    if found is None:
        raise LookupError(f"there is no rule {which!r}")
    if found.judge is None:
        raise LookupError(f"{found.code} has no judge: {found.undecidable}")
    return found
