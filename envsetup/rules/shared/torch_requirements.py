"""What the metadata of torch asks for on the machine that is judged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import Machine, Package, Unreadable, value_of

ABSENT = re.compile(r"No module named '([\w]+)")
OTHERS = "other-packages"
"""Stands in a shared report for the packages that it doesn't name."""
BY_BUILD = re.compile(
    r"nvidia-|cuda-|triton|pytorch-triton|intel-|rocm|amd-|tbb|mkl|onemkl|dpcpp|tcmlib|umf"
)
"""What a build brings for its devices: other distributions of torch take it from elsewhere."""
PYTHON_OS = {"linux": "Linux", "windows": "Windows", "macos": "Darwin"}
SYS_PLATFORM = {"linux": "linux", "windows": "win32", "macos": "darwin"}


def absent_requirements(machine: Machine) -> tuple[str, ...]:
    """What torch asks for and nobody installed; nothing of a pasted list, which is never whole."""
    packages = value_of(machine.packages) or ()
    torch = next((p for p in packages if p.name == "torch" and p.manager == "pip"), None)
    if torch is None or torch.location is None:
        return ()
    present = {one.name for one in packages}
    required = tuple(_required(torch, machine))
    absent = tuple(name for name in required if name not in present)
    # Reports of envsetup 0.1.0 count all but a few packages without naming them.
    return () if absent == required and OTHERS in present else absent


def _required(torch: Package, machine: Machine) -> Iterator[str]:
    """Names of the pure Python packages that this torch needs here, markers considered."""
    from packaging.requirements import InvalidRequirement, Requirement

    here = _marker_values(machine)
    for line in torch.requires:
        try:
            one = Requirement(line)
        except InvalidRequirement:
            continue
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        if BY_BUILD.match(name) or (one.marker and not one.marker.evaluate(here)):
            continue
        yield name


def missing_module(machine: Machine) -> str | None:
    """The distribution (as named by its module) whose absence ended the import of torch."""
    runtime = machine.torch_runtime
    if not isinstance(runtime, Unreadable):
        return None
    found = ABSENT.search(runtime.error)
    return found.group(1).replace("_", "-").lower() if found else None


def _marker_values(machine: Machine) -> dict[str, str]:
    system, python = value_of(machine.os) or "", value_of(machine.python)
    version = python.version if python is not None else "3.12"
    return {
        "platform_system": PYTHON_OS.get(system, system),
        "sys_platform": SYS_PLATFORM.get(system, system),
        "platform_machine": value_of(machine.arch) or "",
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version,
        "os_name": "nt" if system == "windows" else "posix",
        "extra": "",
    }
