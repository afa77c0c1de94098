"""Runs checks in the target: what the worker writes down becomes outcomes, whatever dies on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import field

from envsetup.doctor.collector import ResultCollector, runtime_of
from envsetup.host import local_os
from envsetup.model import (
    Absent,
    Check,
    Fact,
    Outcome,
    Record,
    Source,
    Status,
    TorchRuntime,
    Unreadable,
)
from envsetup.target import Event, WorkerEnd, ending, run_worker

IMPORT_LIMIT_S = 120.0
LONGEST_LINE = 200
PRELOAD_LIMIT_S = 60.0
GRACE_S = 10.0
"""How long the worker's own limits may overrun before it counts as stuck itself."""
MOST_STARTS = 8
CONFIRMATIONS = 3

Progress = Callable[[str, str], None]
"""Gets what begins or ended (`limit`, `import`, `imported`, `check`, `result`) and its name."""


class CheckRun(Record):
    """What came of running checks; `runtime` is also told where none was asked for."""

    runtime: Fact[TorchRuntime]
    outcomes: tuple[Outcome, ...] = ()
    timings_s: dict[str, float] = field(default_factory=dict)


class CheckRunner:
    """One run over one target, perhaps with several workers one after another."""

    def __init__(
        self,
        executable: str,
        checks: Sequence[Check],
        orders: Sequence[Mapping[str, object]],
        devices: Sequence[str] | None,
        limit_s: float,
        progress: Progress,
        repeat: int = 1,
        fork: bool | None = None,
    ) -> None:
        self.executable = executable
        self.orders = list(orders)
        self.devices = list(devices) if devices is not None else None
        self.limit_s = limit_s
        self.deadline = time.monotonic() + limit_s
        self.repeat = repeat
        self.fork = local_os() == "linux" if fork is None else fork
        self.collector = ResultCollector(checks, self.devices, repeat, progress)
        self.cancelled = False
        self.preload = True
        self.ask_runtime = True
        self.source = Source(kind="target", ref=f"{executable} -c 'import torch'")

    # -- workers -----------------------------------------------------------------------------------

    def run(self, environ: Mapping[str, str] | None = None) -> CheckRun:
        started = time.monotonic()
        for _ in range(MOST_STARTS):
            self.collector.new_worker()
            end = run_worker(self.executable, self.order(), self.watch, environ)
            if not self.after(end):
                break
        if not self.fork and not self.cancelled:
            self.confirm(environ)
        if not self.cancelled:
            self.collector.close("no worker came that far")
        timings = {"import_torch": self.collector.import_s, "checks": time.monotonic() - started}
        return CheckRun(
            outcomes=self.collector.outcomes(),
            runtime=self.runtime(),
            timings_s={k: round(v, 3) for k, v in timings.items() if v is not None},
        )

    def order(self, only: Sequence[str] = (), attempt: int = 1) -> dict[str, object]:
        remaining = max(1.0, self.deadline - time.monotonic())
        return {
            "checks": self.orders,
            "devices": self.devices,
            "repeat": self.repeat,
            "fork": self.fork,
            "preload": self.preload,
            "runtime": self.ask_runtime,
            "whole_s": remaining,
            "done": self.collector.statuses() if not only else {},
            "only": list(only),
            "attempt": attempt,
        }

    def confirm(self, environ: Mapping[str, str] | None) -> None:
        """Where checks don't fork: each failed one again, alone in a fresh worker."""
        for key in self.collector.failed_keys()[:CONFIRMATIONS]:
            if time.monotonic() < self.deadline:
                self.collector.new_worker()
                end = run_worker(self.executable, self.order([key], 2), self.watch, environ)
                if not self.collector.done and self.collector.running():
                    self.collector.charge(key, "crashed", _words(end), end.log_tail, attempt=2)

    # -- limits ------------------------------------------------------------------------------------

    def watch(self, events: list[Event]) -> str | None:
        """Takes in what is new, and says when the worker must be ended."""
        for event in events:
            self.collector.take(event)
        now, collector = time.monotonic(), self.collector
        if self.cancelled:
            return "cancelled"
        if now >= self.deadline + (GRACE_S / 5 if self.fork else 0.0):
            return "deadline"
        if collector.phase == "starting" and now - collector.since > IMPORT_LIMIT_S:
            return "import"
        if collector.phase == "preloading" and now - collector.since > PRELOAD_LIMIT_S:
            return "preload"
        grace = GRACE_S if self.fork and collector.phase != "preloading" else PRELOAD_LIMIT_S
        return collector.overdue(now, grace if self.fork else 0.0)

    def after(self, end: WorkerEnd) -> bool:
        """Charges what a worker left behind; True where another one should take the rest."""
        collector = self.collector
        if collector.done or self.cancelled:
            return False  # a cancelled run has no outcomes: whoever cancelled it raises
        if collector.phase == "starting":
            collector.import_error = collector.import_error or _import_error(end, self.limit_s)
            collector.import_detail = collector.import_detail or end.log_tail
            collector.close(f"torch could not be imported: {collector.import_error}")
            return False
        if end.stopped == "deadline":
            text = f"the limit of the whole run ({self.limit_s:.0f} s) was reached"
            collector.charge_running("timed-out", text, end.log_tail)
            collector.close(text)
            return False
        if collector.phase == "preloading":
            self.preload = False
        self._charge(end)
        return True

    def _charge(self, end: WorkerEnd) -> None:
        collector = self.collector
        if not self.fork and collector.runtime_raw is None and not collector.running():
            collector.runtime_error = _words(end)
            self.ask_runtime = False
        status: Status = "timed-out" if end.stopped == "check" else "crashed"
        # Children of a forking worker die with it, guilty or not: who was running twice is charged.
        collector.charge_running(status, _words(end), end.log_tail, twice=self.fork)

    def runtime(self) -> Fact[TorchRuntime]:
        collector = self.collector
        if collector.missing:
            return Absent(tried=(self.source,))
        if collector.import_error:
            return Unreadable(
                error=collector.import_error,
                source=self.source,
                detail=collector.import_detail[-4000:],
            )
        return runtime_of(collector, self.source)


def _words(end: WorkerEnd) -> str:
    if end.stopped == "check":
        return "did not end within its limit"
    if end.stopped and end.returncode is None:
        return f"the worker could not be started: {end.stopped}"
    return f"the worker {end.stopped}" if end.stopped else ending(end.returncode)


def _import_error(end: WorkerEnd, whole_s: float) -> str:
    if end.stopped == "import":
        return f"import torch did not end within {IMPORT_LIMIT_S:g} s"
    if end.stopped == "deadline":
        return f"import torch did not end within the run's {whole_s:g} s"
    if end.stopped:
        return end.stopped
    if end.returncode == 0:
        return "the interpreter ended with exit code 0 while importing torch"
    words = f"{ending(end.returncode)} while importing torch"
    last = end.log_tail.strip().rpartition("\n")[2].strip()
    if last and end.returncode is not None and end.returncode > 0:  # a signal leaves a stack
        words += f"; the last it printed: {last[:LONGEST_LINE]}"
    return words
