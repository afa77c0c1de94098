"""The device runs this build's kernels: its architecture is in the build, and a launch gives the right numbers.

What it proves: a kernel of torch's own starts on this device and computes; how long the first one takes.

How: the architecture is compared with the build's list by the three rules of CUDA (a binary serves the same major
version with a minor not above the device's; a target with the letter a only its own device; PTX anything newer) or, on
ROCm, by name. Then 4,099 whole numbers go through an elementwise kernel and a sum, exactly. The launch decides; what
the rules say is in the measurements and in the message. On CUDA and ROCm an index beyond the last device must raise.

A failure such as "no kernel image is available" means that this build holds nothing for this device: ask
`envsetup install-plan` for one that does.
"""

from __future__ import annotations

import re
import time
from typing import Any

SUMMARY = "the device's architecture is in the build, and a kernel runs"
DEVICES = "accelerator"
REQUIRES = ("import",)
LEVEL = "standard"
TIMEOUT_S = 120.0

SIZE = 4099


def run(torch: Any, device: str) -> dict[str, Any]:
    told = _architecture(torch, device)
    started = time.monotonic()
    try:
        numbers = torch.arange(SIZE, dtype=torch.int32, device=device)
        results = (numbers * 3 + 1).cpu().tolist()
        total = int(numbers.sum().item())
    except RuntimeError as error:
        raise AssertionError(f"no kernel runs on {device} ({told}): {str(error)[:500]}") from error
    if results != [i * 3 + 1 for i in range(SIZE)] or total != SIZE * (SIZE - 1) // 2:
        wrong = [i for i, value in enumerate(results) if value != i * 3 + 1]
        raise AssertionError(
            f"3 i + 1 is wrong at {wrong[:5]} ({len(wrong)} of {SIZE}), the sum is {total} ({told})"
        )
    spent = time.monotonic() - started
    _beyond_the_last(torch, device)
    return {"architecture": told, "first_kernel": {"value": spent, "unit": "s"}}


def _beyond_the_last(torch: Any, device: str) -> None:
    """A device that isn't there must be refused, not be another one."""
    if not device.startswith("cuda"):
        return
    beyond = f"cuda:{torch.cuda.device_count()}"
    try:
        found = torch.ones(1, device=beyond)
    except RuntimeError:
        return
    raise AssertionError(f"{beyond} doesn't exist, yet a tensor was made there: on {found.device}")


def _architecture(torch: Any, device: str) -> str:
    """What the rules say, in words."""
    if not device.startswith("cuda"):
        return "this kind of device has no list to compare with"
    listed = list(torch.cuda.get_arch_list())
    if getattr(torch.version, "hip", None):
        mine = str(torch.cuda.get_device_properties(device).gcnArchName).split(":")[0]
        return f"{mine}, {'in' if mine in listed else 'not in'} the build's list {' '.join(listed)}"
    major, minor = torch.cuda.get_device_capability(device)
    served = [name for name in listed if serves(name, major, minor)]
    verdict = f"served by {' '.join(served)}" if served else "served by none"
    return f"compute capability {major}.{minor}, {verdict} of {' '.join(listed) or 'an empty list'}"


def serves(name: str, major: int, minor: int) -> bool:
    """Whether code for `name` (sm_86, sm_90a, sm_100f, compute_90) runs on a device of this capability."""
    match = re.match(r"(sm|compute)_(\d+)(\d)([af]?)$", name)
    if not match:
        return False
    kind, letter = match.group(1), match.group(4)
    built = int(match.group(2)), int(match.group(3))
    if letter == "a":
        return built == (major, minor)
    if kind == "compute" and not letter:
        return built <= (major, minor)
    if (major, minor) == (8, 7):
        return built == (8, 7)
    return built[0] == major and built[1] <= minor
