"""What of a machine a choice depends on, in the terms of the wheels."""

from __future__ import annotations

from typing import Literal

from envsetup.knowledge import arch_known
from envsetup.model import Gpu, Libc, Reason, Record
from envsetup.plan.jetson import JetPack

Accelerator = Literal["nvidia", "amd", "intel", "apple", "none"]


class Situation(Record):
    """None in a field: it is not known, and the filters that need it let every candidate pass.

    What was taken instead of a fact that nobody told stands in `assumed`.
    """

    os: str
    arch: str
    platform: str | None
    python_version: str | None = None
    python_tag: str | None = None
    pointer_bits: int = 64
    libc: Libc | None = None
    macos: str | None = None
    accelerator: Accelerator = "none"
    gpus: tuple[Gpu, ...] = ()
    unserved: tuple[Gpu, ...] = ()
    """GPUs that would decide if any published build could serve them."""
    driver: str | None = None
    driver_missing: bool = False
    driver_cuda: str | None = None
    wsl: bool = False
    jetpack: JetPack | None = None
    notes: tuple[Reason, ...] = ()
    assumed: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[Gpu, ...]:
        """GPUs that would decide, and of which nobody knows what runs on them."""
        return tuple(g for g in self.gpus if not arch_known(g))

    @property
    def python_assumed(self) -> bool:
        """Nobody said which Python: it was chosen with the plan."""
        return any(one.startswith("Python") for one in self.assumed)

    @property
    def driver_os(self) -> str:
        """Whose driver numbers count: under WSL2 the driver is the Windows one."""
        return "windows" if self.os == "windows" or self.wsl else "linux"


PLATFORMS = {
    ("linux", "x86_64"): "linux_x86_64",
    ("linux", "aarch64"): "linux_aarch64",
    ("windows", "x86_64"): "windows_amd64",
    ("windows", "arm64"): "windows_arm64",
    ("macos", "arm64"): "macos_arm64",
    ("macos", "x86_64"): "macos_x86_64",
}
SAME_ARCH = {"amd64": "x86_64", "x64": "x86_64"}


def normal_arch(os: str, arch: str) -> str:
    """One name for each architecture: arm64 on macOS and Windows, aarch64 on Linux."""
    arch = SAME_ARCH.get(arch.lower(), arch.lower())
    if arch in ("arm64", "aarch64"):
        return "aarch64" if os == "linux" else "arm64"
    return arch
