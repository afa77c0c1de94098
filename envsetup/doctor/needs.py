"""What a job demands of an environment (`--require`), and whether the machine has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from envsetup.model import Evidence, Finding, Known, Machine, NvidiaDriver, Record, value_of

CODE = "RQ101"
SLUG = "requirement-unmet"
EXPRESSION = re.compile(r"\s*([a-z][a-z-]*)\s*(?:(>=|<=|==|!=|>|<|:)\s*([0-9][0-9a-zA-Z.+]*))?\s*")
UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([a-z]*)", re.IGNORECASE)
FLAGS = ("cuda", "rocm", "mps", "xpu")
MEASURES = ("gpus", "torch", "driver", "gpu-memory", "compute-capability", "python")


class Need(Record):
    """One demand. `value` is None for a flag such as `cuda`."""

    text: str
    name: str
    relation: Literal["", ">=", "<=", "==", "!=", ">", "<"] = ""
    value: str | None = None


class NeedError(ValueError):
    """The expression can't be read; the text says what is accepted."""


def read_need(text: str) -> Need:
    """Reads `cuda`, `gpus>=8`, `gpus:8`, `torch>=2.6`. Raises NeedError."""
    match = EXPRESSION.fullmatch(text)
    accepted = f"accepted are {', '.join(FLAGS)}, and {', '.join(MEASURES)} with >= and a value"
    if match is None or match[1] not in FLAGS + MEASURES:
        raise NeedError(f"{text!r} can't be read; {accepted}, such as 'gpus>=8' or gpus:8")
    name, relation, value = match.groups()
    if name in FLAGS and relation:
        raise NeedError(f"{text!r}: {name} takes no value; {accepted}")
    if name in MEASURES and not relation:
        raise NeedError(
            f"{text!r} names no value. Shells take > for themselves: "
            f"quote it as '{name}>=8', or write {name}:8"
        )
    if name == "gpu-memory":
        _bytes(value)
    elif name in MEASURES and _version(value) is None:
        raise NeedError(f"{text!r}: {value!r} is no number or version")
    return Need(text=text.strip(), name=name, relation=_relation(relation), value=value)


def _relation(word: str | None) -> Literal["", ">=", "<=", "==", "!=", ">", "<"]:
    relation: Literal["", ">=", "<=", "==", "!=", ">", "<"] = ">="
    if word not in (":", ">="):
        relation = word or ""  # type: ignore[assignment]
    return relation


def unmet(needs: Iterable[Need], machine: Machine) -> Iterator[Finding]:
    """A finding for each demand that isn't met or can't be decided."""
    for need in needs:
        met, seen = _decide(need, machine)
        if not met:
            what = "can't be decided" if met is None else "is not met"
            yield Finding(
                code=CODE,
                slug=SLUG,
                severity="error",
                confidence="high",
                message=f"The demand {need.text!r} {what}: {seen}.",
                subject=need.text,
                evidence=(Evidence(fact=need.name, value=seen),),
            )


def _decide(need: Need, machine: Machine) -> tuple[bool | None, str]:
    """Whether it is met (None: nobody knows), and what was seen."""
    if need.name in FLAGS:
        return _flag(need.name, machine)
    seen, words = _LOOKS[need.name](machine)
    if seen is None:
        return None, words
    if need.name == "gpu-memory":
        wanted: object = _bytes(need.value)
    else:
        wanted = _version(need.value)
    return _compare(seen, need.relation, wanted), words


def _compare(seen: object, relation: str, wanted: object) -> bool:
    order: dict[str, Callable[[], bool]] = {
        ">=": lambda: seen >= wanted,  # type: ignore[operator]
        "<=": lambda: seen <= wanted,  # type: ignore[operator]
        ">": lambda: seen > wanted,  # type: ignore[operator]
        "<": lambda: seen < wanted,  # type: ignore[operator]
        "==": lambda: seen == wanted,
        "!=": lambda: seen != wanted,
    }
    return order[relation]()


def _version(text: str | None) -> object:
    from packaging.version import InvalidVersion, Version

    try:
        # The local part (+cu126) is a build, not an order.
        return Version((text or "").split("+")[0])
    except InvalidVersion:
        return None


def _bytes(text: str | None) -> int:
    match = SIZE.fullmatch(text or "")
    if match is None or match[2].lower() not in UNITS:
        raise NeedError(f"{text!r} is no amount of memory; write it as 40GB or 40GiB")
    return int(float(match[1]) * UNITS[match[2].lower()])


# -- looking ---------------------------------------------------------------------------------------

Seen = tuple[object, str]


def _flag(name: str, machine: Machine) -> tuple[bool | None, str]:
    runtime = value_of(machine.torch_runtime)
    if runtime is None:
        if isinstance(machine.torch_runtime, Known) or value_of(machine.torch) is None:
            return _without_torch(machine)
        return None, f"torch was not asked ({_why(machine.torch_runtime)})"
    if name in ("cuda", "rocm"):
        usable = runtime.cuda_available
        if usable is not None:
            usable = usable and bool(runtime.hip) == (name == "rocm")
    else:
        usable = runtime.mps_available if name == "mps" else runtime.xpu_available
    words = {True: "usable", False: "not usable", None: "not told"}[usable]
    return usable, f"{name} is {words} by torch {runtime.version}"


def _without_torch(machine: Machine) -> tuple[bool | None, str]:
    from envsetup.model import Absent

    if isinstance(machine.torch, Absent) or isinstance(machine.torch_runtime, Absent):
        return False, "torch is not installed"
    return None, f"torch could not be looked at ({_why(machine.torch)})"


def _why(fact: object) -> str:
    return str(getattr(fact, "error", "not looked at"))


def _gpus(machine: Machine) -> Seen:
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and runtime.cuda_available is not None:
        count = sum(d.kind != "cpu" for d in runtime.devices)
        return _version(str(count)), f"torch sees {count} GPUs"
    gpus = value_of(machine.gpus)
    if gpus is None:
        return None, f"GPUs could not be counted ({_why(machine.gpus)})"
    count = sum(not g.integrated for g in gpus)
    return _version(str(count)), f"the machine has {count} GPUs"


def _torch(machine: Machine) -> Seen:
    installed, runtime = value_of(machine.torch), value_of(machine.torch_runtime)
    version = (runtime and runtime.version) or (installed and installed.version)
    if not version:
        return None, _without_torch(machine)[1]
    return _version(version), f"torch is {version}"


def _python(machine: Machine) -> Seen:
    python = value_of(machine.python)
    if python is None:
        return None, "the interpreter is unknown"
    return _version(python.version), f"Python is {python.version}"


def _driver(machine: Machine) -> Seen:
    driver = value_of(machine.nvidia_driver)
    version = value_of(driver.version) if isinstance(driver, NvidiaDriver) else None
    if version is None:
        return None, "no NVIDIA driver is known"
    return _version(version), f"the driver is {version}"


def _memory(machine: Machine) -> Seen:
    runtime, gpus = value_of(machine.torch_runtime), value_of(machine.gpus)
    sizes = [d.memory_total_bytes for d in runtime.devices if d.kind != "cpu"] if runtime else []
    if not sizes:
        sizes = [g.memory_total_bytes for g in gpus or () if not g.integrated]
    known = [s for s in sizes if s]
    if not known or len(known) < len(sizes):
        return None, "no GPU's memory is known"
    least = min(known)
    return least, f"the smallest GPU has {least / 10**9:.1f} GB"


def _capability(machine: Machine) -> Seen:
    runtime, gpus = value_of(machine.torch_runtime), value_of(machine.gpus)
    told = [d.compute_capability for d in runtime.devices if d.kind == "cuda"] if runtime else []
    if not told:
        told = [g.compute_capability for g in gpus or () if g.vendor == "nvidia"]
    known = [v for v in map(_version, filter(None, told)) if v is not None]
    if not known or len(known) < len(told):
        return None, "no GPU's compute capability is known"
    least = min(known)  # type: ignore[type-var]
    return least, f"the least compute capability is {least}"


_LOOKS: dict[str, Callable[[Machine], Seen]] = {
    "gpus": _gpus,
    "torch": _torch,
    "python": _python,
    "driver": _driver,
    "gpu-memory": _memory,
    "compute-capability": _capability,
}
