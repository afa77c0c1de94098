"""Facts of one machine: one family a file, each a function from a Host to facts.

A probe never raises for what a machine does: what it can't read is `Unreadable`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from msgspec.structs import fields

from envsetup.host import Host
from envsetup.model import Fact, Machine, Source, Unreadable
from envsetup.probes import (
    container,
    cpu,
    environment,
    gpus,
    limits,
    memory,
    os_,
    packages,
    programs,
    python,
    storage,
    torch_,
)

Facts = dict[str, Fact]  # type: ignore[type-arg]
Probe = Callable[[Host], Facts]

PROBES: dict[str, Probe] = {
    "os": os_.probe,
    "cpu": cpu.probe,
    "memory": memory.probe,
    "limits": limits.probe,
    "container": container.probe,
    "environment": environment.probe,
    "programs": programs.probe,
    "gpus": gpus.probe,
}
"""Each gives facts by their field of Machine."""

LIMIT_S = 15.0
"""No probe holds a run longer; what hangs is left behind in a daemon thread."""


def take_snapshot(host: Host, interpreter: Fact[dict[str, object]]) -> Machine:
    """All facts but `torch_runtime`, read side by side; `interpreter` is the target's raw answer."""
    found: dict[str, Facts] = {}
    work: dict[str, Callable[[], Facts]] = {
        name: (lambda probe=probe: probe(host))  # type: ignore[misc]
        for name, probe in PROBES.items()
    }
    work["target"] = lambda: _target(host, interpreter)
    threads = {
        n: threading.Thread(target=_into, args=(found, n, w), daemon=True) for n, w in work.items()
    }
    for thread in threads.values():
        thread.start()
    deadline = time.monotonic() + LIMIT_S
    for thread in threads.values():
        thread.join(max(0.0, deadline - time.monotonic()))
    names = {f.name for f in fields(Machine)}
    facts = {k: v for part in dict(found).values() for k, v in part.items() if k in names}
    for name in work:
        if name not in found and name in names:
            facts[name] = _hung(name)
    return Machine(**facts)


def _into(found: dict[str, Facts], name: str, work: Callable[[], Facts]) -> None:
    try:
        found[name] = work()
    except Exception as bug:  # noqa: BLE001 - a probe's bug is a fact that could not be read
        text = f"the probe itself failed ({type(bug).__name__}: {bug})"
        found[name] = {name: Unreadable(error=text, source=Source(kind="api", ref=name))}


def _hung(name: str) -> Unreadable:
    text = f"did not answer within {LIMIT_S:g} s"
    return Unreadable(error=text, source=Source(kind="api", ref=name))


def _target(host: Host, interpreter: Fact[dict[str, object]]) -> Facts:
    """The interpreter, and all that lies in its site-packages."""
    fact = python.read(interpreter)
    installed = packages.read(host, fact)
    return {
        "python": fact,
        "packages": installed,
        "torch": torch_.read(host, fact, installed),
        "storage": storage.read(host, fact),
    }
