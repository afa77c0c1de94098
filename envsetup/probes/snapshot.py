"""All facts of one machine, read side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from envsetup.host import Host, in_background
from envsetup.model import Fact, Machine, Python, Source, Unreadable
from envsetup.probes import (
    container,
    cpu,
    environment,
    extensions,
    gpus,
    index_settings,
    launch,
    limits,
    memory,
    network,
    os_,
    packages,
    programs,
    python,
    storage,
    torch_,
    triton,
    unfinished,
    windows,
)
from envsetup.probes.readers import Facts

Probe = Callable[[Host], Facts]

PROBES: dict[str, Probe] = {
    "os": os_.probe,
    "cpu": cpu.probe,
    "memory": memory.probe,
    "limits": limits.probe,
    "container": container.probe,
    "environment": environment.probe,
    "network": network.probe,
    "launch": launch.probe,
    "programs": programs.probe,
    "gpus": gpus.probe,
}
"""Each gives facts by their field of Machine."""

FIELDS: dict[str, tuple[str, ...]] = {
    "os": (
        "os",
        "os_version",
        "kernel",
        "arch",
        "libc",
        "macos_version",
        "wsl",
        "tegra",
        "secure_boot",
    ),
    "programs": (
        "programs",
        "cuda_toolkit",
        "gcc_version",
        "gcc_newest_for_cuda",
        "rocm",
        "level_zero",
    ),
    "gpus": ("gpus", "nvidia_driver", "device_access", "kernel_log"),
    "network": ("interfaces", "rdma_ports"),
    "target": ("packages", "torch", "triton_ptxas", "extensions", "windows"),
}
"""What a probe owes where it isn't its own name alone: its failure is said in each of them."""

LIMIT_S = 15.0
"""No probe holds a run longer; what hangs is left behind in a daemon thread."""


def take_snapshot(host: Host, interpreter: Fact[dict[str, object]]) -> Machine:
    """All facts but `torch_runtime`, read side by side; `interpreter` is the target's raw answer."""
    target = python.read(interpreter)
    work: dict[str, Callable[[], Facts]] = {
        name: partial(probe, host) for name, probe in PROBES.items()
    }
    work["target"] = lambda: _target(host, target)
    work["unfinished"] = lambda: {"unfinished": unfinished.read(host, target)}
    work["storage"] = lambda: {"storage": storage.read(host, target)}
    work["index_settings"] = lambda: {"index_settings": index_settings.read(host, target)}
    found = _side_by_side(work)
    facts: Facts = {"python": target}
    for name in work:
        facts |= found.get(name) or _failed(name, f"did not answer within {LIMIT_S:g} s")
    return Machine(**facts)


def _side_by_side(work: dict[str, Callable[[], Facts]]) -> dict[str, Facts]:
    """What each found within the limit; what is still at it is missing."""
    found: dict[str, Facts] = {}
    threads = [in_background(partial(_into, found, name, one)) for name, one in work.items()]
    deadline = time.monotonic() + LIMIT_S
    for thread in filter(None, threads):
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(found)


def _into(found: dict[str, Facts], name: str, work: Callable[[], Facts]) -> None:
    try:
        found[name] = work()
    except Exception as bug:  # noqa: BLE001 - a probe's bug is a fact that could not be read
        text = f"the probe itself failed ({type(bug).__name__}: {bug})"
        found[name] = _failed(name, text)


def _failed(name: str, text: str) -> Facts:
    source = Source(kind="api", ref=f"probe {name}")
    return {f: Unreadable(error=text, source=source) for f in FIELDS.get(name, (name,))}


def _target(host: Host, target: Fact[Python]) -> Facts:
    """What lies in the interpreter's site-packages."""
    installed = packages.read(host, target)
    torch = torch_.read(host, target, installed)
    return {
        "packages": installed,
        "torch": torch,
        "extensions": extensions.read(host, installed, torch),
        "triton_ptxas": triton.read(host, installed),
        "windows": windows.read(host, target, torch),
    }
