"""A vendor's own index, with its command, where PyTorch's has nothing for a GPU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envsetup.model import Fix, Gpu, Record
from envsetup.plan.availability import python_words
from envsetup.plan.request import Request
from envsetup.plan.situation import Situation

AMD = "https://stable.repo.amd.com/rocm/whl-next/"
AMD_TORCH = "2.13.0+rocm10.0.0"
AMD_SERVES = (
    *(f"gfx{n}" for n in range(1010, 1013)), *(f"gfx{n}" for n in range(1030, 1037)),
    *(f"gfx{n}" for n in range(1100, 1104)), *(f"gfx{n}" for n in range(1150, 1154)),
    "gfx1200", "gfx1201",
)  # fmt: skip
"""Source: github.com/ROCm/TheRock RELEASES.md (device extras, Linux and Windows), and ComfyUI's README
for the command. gfx1200 and gfx1201 are built, not yet called ready there; gfx1153 is listed for Linux."""
AMD_PYTHONS = ("cp311", "cp312", "cp313", "cp314")
"""Of AMD's multi-arch wheels."""
NVIDIA_ARM = "https://pypi.nvidia.com/nvtorch_oot_nightly/"
NVIDIA_ARM_PYTHONS = ("cp312", "cp313")
"""Windows on Arm (RTX Spark). Source: pytorch/pytorch#195033."""


class VendorIndex(Record):
    vendor: str
    argv: tuple[str, ...]
    """What follows `pip install`."""
    pythons: tuple[str, ...]
    state: str


def vendor_index(gpu: Gpu, here: Situation) -> VendorIndex | None:
    """The index that has builds for the GPU on this system, None where none is known."""
    if gpu.vendor == "amd" and gpu.gfx in AMD_SERVES and here.platform in PLATFORMS[gpu.vendor]:
        return VendorIndex(
            vendor="AMD",
            argv=("--index-url", AMD, f"torch[device-{gpu.gfx}]=={AMD_TORCH}"),
            pythons=AMD_PYTHONS,
            state="stable",
        )
    if gpu.vendor == "nvidia" and here.platform in PLATFORMS[gpu.vendor]:
        return VendorIndex(
            vendor="NVIDIA",
            argv=("--pre", "--index-url", NVIDIA_ARM, "torch"),
            pythons=NVIDIA_ARM_PYTHONS,
            state="nightly",
        )
    return None


PLATFORMS = {"amd": ("linux_x86_64", "windows_amd64"), "nvidia": ("windows_arm64",)}


def vendor_fixes(gpus: Iterable[Gpu], here: Situation, request: Request) -> Iterator[Fix]:
    """The command of each vendor's index, or the Python that it needs first."""
    for gpu in gpus:
        one = vendor_index(gpu, here)
        if one is None:
            continue
        name = gpu.name or gpu.gfx or gpu.vendor
        pythons = f"Python {python_words(one.pythons[0])} to {python_words(one.pythons[-1])}"
        text = f"{one.vendor}'s own {one.state} build serves {name} ({pythons})"
        said = here.python_tag is not None and not here.python_assumed
        if said and here.python_tag not in one.pythons:
            yield Fix(text=f"{text}: take one of these")
            continue
        yield Fix(text=text, argv=(request.python, "-m", "pip", "install", *one.argv))
        if here.platform == "windows_arm64":
            yield Fix(text="Or use WSL2, where PyTorch's own Arm Linux builds run")
