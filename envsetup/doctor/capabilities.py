"""What an environment has of what can be demanded: as torch tells it, else as the machine's facts do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from envsetup.model import (
    Absent,
    Fact,
    Gpu,
    Known,
    Machine,
    NvidiaDriver,
    Record,
    Source,
    TorchDevice,
    TorchRuntime,
    Unreadable,
    value_of,
)

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge


class Observation(Record):
    """What was seen: `value` to be compared, None where nobody knows; `missing` where there is none."""

    words: str
    fact: str
    """Its path in Machine."""
    value: object = None
    missing: bool = False
    source: Source | None = None


def version_of(text: str) -> object:
    """A version that can be compared, without its local part (+cu126): a build, not an order."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text.split("+")[0])
    except InvalidVersion:
        return None


def _source(fact: object) -> Source | None:
    return fact.source if isinstance(fact, (Known, Unreadable)) else None


def _why(fact: object) -> str:
    return fact.error if isinstance(fact, Unreadable) else "not looked at"


def with_known_chips(machine: Machine, knowledge: Knowledge) -> Machine:
    """The machine, its GPUs marked as part of a CPU where their ids or names are known to be."""
    if not isinstance(machine.gpus, Known):
        return machine
    gpus = tuple(_with_known_chip(g, knowledge) for g in machine.gpus.value)
    return replace(machine, gpus=replace(machine.gpus, value=gpus))


def _with_known_chip(gpu: Gpu, knowledge: Knowledge) -> Gpu:
    if gpu.integrated is not None or gpu.vendor not in ("amd", "intel"):
        return gpu
    chip = knowledge.chip(gpu.pci_id or "")
    of_cpu = chip is not None and chip.integrated or gpu.gfx in knowledge.rocm.integrated
    # Of Intel's, every card that PyTorch can use is known: any other shows pictures and no more.
    of_cpu = of_cpu or (gpu.vendor == "intel" and gpu.pci_id is not None and chip is None)
    return replace(gpu, integrated=True) if of_cpu else gpu


# -- what torch can use --------------------------------------------------------------------------

BUILDS = {"cuda": "cu", "rocm": "rocm", "xpu": "xpu"}
"""Flag to how the builds that can have it are called."""


def flag(name: str, machine: Machine) -> Observation:
    """Whether torch can use CUDA, ROCm, MPS or XPU: as it says itself, else as far as facts go."""
    runtime = value_of(machine.torch_runtime)
    usable = None if runtime is None else _usable(name, runtime)
    source = _source(machine.torch_runtime)
    if runtime is not None and usable is not None:
        words = (
            f"{name} is {'' if usable else 'not '}usable by torch {runtime.version or ''}".rstrip()
        )
        if name in ("cuda", "rocm") and runtime.cuda_error and not usable:
            words += f", which says: {runtime.cuda_error[:200].rstrip('. ')}"
        return Observation(words=words, fact="torch_runtime", value=usable, source=source)
    if isinstance(machine.torch_runtime, Unreadable) and source and source.kind == "target":
        words = f"torch can't be asked ({_why(machine.torch_runtime)})"
        return Observation(words=words, fact="torch_runtime", value=False, source=source)
    answer = _no_build_for(name, machine) or (_by_facts(name, machine) if not runtime else None)
    if answer is not None:
        return answer
    words = f"torch was not asked ({_why(machine.torch_runtime)})"
    if runtime is not None:
        words = f"torch {runtime.version or ''} doesn't tell whether {name} is usable"
    return Observation(words=words, fact="torch_runtime", source=source)


def _usable(name: str, runtime: TorchRuntime) -> bool | None:
    if name == "mps":
        return runtime.mps_available
    if name == "xpu":
        return runtime.xpu_available
    if runtime.cuda_available is None:
        return None
    return runtime.cuda_available and bool(runtime.hip) == (name == "rocm")


def _no_build_for(name: str, machine: Machine) -> Observation | None:
    """That the installed torch can't have it, whatever it would say; None where it may."""
    torch = machine.torch
    if isinstance(torch, Absent) or isinstance(machine.torch_runtime, Absent):
        return Observation(words="torch is not installed", fact="torch", value=False)
    system = value_of(machine.os)
    if name == "mps" and system not in (None, "macos"):
        words = f"MPS is there on macOS only, and this is {system}"
        return Observation(words=words, fact="os", value=False, source=_source(machine.os))
    if not isinstance(torch, Known) or torch.value.build is None:
        return None
    build, version = torch.value.build, torch.value.version
    if name in BUILDS and not build.startswith(BUILDS[name]):
        words = f"torch {version} is a {build} build, which can't use {name}"
        return Observation(words=words, fact="torch.build", value=False, source=torch.source)
    return None


def _by_facts(name: str, machine: Machine) -> Observation | None:
    """That all is there which it takes, torch unasked; None where something isn't, or isn't known."""
    torch, gpus = value_of(machine.torch), value_of(machine.gpus) or ()
    there = {
        "cuda": lambda: _serves_cuda(machine),
        "rocm": lambda: _has(gpus, "amd") and _may_open(machine, "/dev/kfd"),
        "xpu": lambda: _has(gpus, "intel") and isinstance(machine.level_zero, Known),
        "mps": lambda: _has(gpus, "apple") and torch is not None and torch.build == "mps",
    }
    if torch is None or torch.build is None or not there[name]():
        return None
    words = f"torch {torch.version} is a {torch.build} build, and its GPU and driver are there"
    return Observation(words=words, fact="torch.build", value=True, source=_source(machine.torch))


def _serves_cuda(machine: Machine) -> bool:
    """A driver that answers, serves this CUDA or a newer one, and a GPU that may be used."""
    torch, driver = value_of(machine.torch), value_of(machine.nvidia_driver)
    if torch is None or driver is None or not torch.cuda or value_of(driver.nvml) != "ok":
        return False
    served = (value_of(driver.cuda_version) or "0").partition(".")[0]
    built = torch.cuda.partition(".")[0]
    hidden = (value_of(machine.environment) or {}).get("CUDA_VISIBLE_DEVICES", "0")
    return (
        served.isdigit()
        and built.isdigit()
        and int(served) >= int(built)
        and hidden.strip() not in ("", "-1", "NoDevFiles")
        and _has(value_of(machine.gpus) or (), "nvidia")
        and _may_open(machine, "/dev/nvidiactl")
    )


def _has(gpus: Sequence[Gpu], vendor: str) -> bool:
    return any(g.vendor == vendor for g in gpus)


def _may_open(machine: Machine, node: str) -> bool:
    return (value_of(machine.device_access) or {}).get(node, True)


# -- measures ------------------------------------------------------------------------------------


def _gpus(machine: Machine) -> Observation:
    """How many GPUs torch sees; where it wasn't asked, how many there are that PyTorch could use."""
    runtime = value_of(machine.torch_runtime)
    if runtime is not None and runtime.devices:
        count = sum(d.kind != "cpu" for d in runtime.devices)
        return _count(count, f"torch sees {_some(count)}", "torch_runtime.devices", machine)
    gpus = machine.gpus
    if isinstance(gpus, Absent):
        return _count(0, "the machine has no GPU", "gpus", machine)
    if isinstance(gpus, Unreadable):
        words = f"GPUs could not be counted ({gpus.error})"
        return Observation(words=words, fact="gpus", source=gpus.source)
    countable = _countable(gpus.value)
    if runtime is not None and runtime.cuda_available is False:
        countable = [g for g in countable if g.vendor in ("apple", "intel")]
        words = f"torch can't use CUDA, and sees {_some(len(countable))}"
        return _count(len(countable), words, "torch_runtime.cuda_available", machine)
    words = f"the machine has {_some(len(countable))}"
    return _count(len(countable), words, "gpus", machine)


def _some(count: int) -> str:
    return "one GPU" if count == 1 else f"{count or 'no'} GPUs"


def _count(count: int, words: str, fact: str, machine: Machine) -> Observation:
    source = _source(getattr(machine, fact.partition(".")[0]))
    return Observation(words=words, fact=fact, value=version_of(str(count)), source=source)


def _countable(gpus: Sequence[Gpu]) -> list[Gpu]:
    """Apple's and NVIDIA's count, also on one chip with the CPU; others' only as cards of their own."""
    return [g for g in gpus if g.vendor in ("apple", "nvidia") or not g.integrated]


def _torch(machine: Machine) -> Observation:
    torch, runtime = machine.torch, value_of(machine.torch_runtime)
    if runtime is not None and runtime.version:
        source = _source(machine.torch_runtime)
        return _version(runtime.version, "torch is", "torch_runtime.version", source)
    if isinstance(torch, Known):
        return _version(torch.value.version, "torch is", "torch.version", torch.source)
    if isinstance(torch, Absent) or isinstance(machine.torch_runtime, Absent):
        return Observation(words="torch is not installed", fact="torch", missing=True)
    words = f"torch could not be looked at ({_why(torch)})"
    return Observation(words=words, fact="torch", source=_source(torch))


def _version(text: str, words: str, fact: str, source: Source | None) -> Observation:
    return Observation(words=f"{words} {text}", fact=fact, value=version_of(text), source=source)


def _python(machine: Machine) -> Observation:
    python = machine.python
    if isinstance(python, Known):
        return _version(python.value.version, "Python is", "python.version", python.source)
    words = f"the interpreter is unknown ({_why(python)})"
    return Observation(words=words, fact="python", source=_source(python))


def _driver(machine: Machine) -> Observation:
    fact: Fact[NvidiaDriver] = machine.nvidia_driver
    version: object = fact.value.version if isinstance(fact, Known) else fact
    if isinstance(version, Known):
        told = str(version.value)
        return _version(told, "the NVIDIA driver is", "nvidia_driver.version", version.source)
    if isinstance(version, Absent):
        return Observation(words="there is no NVIDIA driver", fact="nvidia_driver", missing=True)
    words = f"the NVIDIA driver's version is unknown ({_why(version)})"
    return Observation(words=words, fact="nvidia_driver.version", source=_source(version))


def _memory(machine: Machine) -> Observation:
    """The least of the GPUs that torch sees, else of those that are there."""
    none = _no_gpu(machine)
    if none is not None:
        return none
    seen = _accelerators(machine)
    gpus = _countable(value_of(machine.gpus) or ())
    sizes = [_size(d, gpus) for d in seen] or [g.memory_total_bytes for g in gpus]
    known = [s for s in sizes if s]
    source = _source(machine.torch_runtime if seen else machine.gpus)
    fact = "torch_runtime.devices" if seen else "gpus"
    if not known or len(known) < len(sizes):
        shared = any(g.vendor == "apple" for g in gpus)
        words = "the memory of a GPU is not known" + (", it is the system's own" * shared)
        return Observation(words=words, fact=fact, source=source)
    words = f"the smallest GPU has {min(known) / 10**9:.1f} GB"
    return Observation(words=words, fact=fact, value=min(known), source=source)


def _size(device: TorchDevice, gpus: Sequence[Gpu]) -> int | None:
    """As the driver tells it where it does: torch is told less, by what the driver keeps for itself."""
    told = [g.memory_total_bytes or 0 for g in gpus if g.name and g.name == device.name]
    return max([device.memory_total_bytes or 0, *told]) or None


def _accelerators(machine: Machine) -> list[TorchDevice]:
    runtime = value_of(machine.torch_runtime)
    return [d for d in runtime.devices if d.kind != "cpu"] if runtime else []


def _no_gpu(machine: Machine) -> Observation | None:
    if _accelerators(machine) or not isinstance(machine.gpus, Absent):
        return None
    return Observation(words="the machine has no GPU", fact="gpus", missing=True)


def _capability(machine: Machine) -> Observation:
    """The least of the NVIDIA GPUs that torch sees, else of those that are there."""
    seen = [d.compute_capability for d in _accelerators(machine) if d.kind == "cuda"]
    nvidia = [g for g in value_of(machine.gpus) or () if g.vendor == "nvidia"]
    told = seen or [g.compute_capability for g in nvidia]
    if not told and (isinstance(machine.gpus, (Known, Absent)) or _accelerators(machine)):
        return Observation(words="there is no NVIDIA GPU", fact="gpus", missing=True)
    known = [v for v in map(version_of, filter(None, told)) if v is not None]
    fact = "torch_runtime.devices" if seen else "gpus"
    source = _source(machine.torch_runtime if seen else machine.gpus)
    if not known or len(known) < len(told):
        why = f" ({machine.gpus.error})" if isinstance(machine.gpus, Unreadable) else ""
        words = f"no GPU's compute capability is known{why}"
        return Observation(words=words, fact=fact, source=source)
    least = min(known)  # type: ignore[type-var]
    words = f"the least compute capability is {least}"
    return Observation(words=words, fact=fact, value=least, source=source)


LOOKS: dict[str, Callable[[Machine], Observation]] = {
    "gpus": _gpus,
    "torch": _torch,
    "python": _python,
    "driver": _driver,
    "gpu-memory": _memory,
    "compute-capability": _capability,
}
