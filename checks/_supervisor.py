"""Forks the worker into children that may die, and charges what happens to the right check.

Loaded by the worker on Linux. This process runs no operation of torch and touches no device, so that
every child starts clean. Children stay in this process group, so that one kill from outside ends all.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

from . import _run_check, _runtime

if TYPE_CHECKING:
    from ._run_check import Order, Task
    from ._worker import Journal

RUNTIME = "runtime"
RUNTIME_LIMIT_S = 60.0
"""Initialising eight GPUs without persistence takes up to 20 s."""
LOG_LIMIT_BYTES = 16 * 1024 * 1024
"""A check that prints more is ended: a bomb of output must not fill the disk."""
FORK_TRIES, FORK_PAUSE_S = 5, 0.2
CONFIRMATIONS = 3
MOST_CPU_CHILDREN = 4
PATIENCE_S = 3.0
"""How long the early import of torch._dynamo waits for the devices to be known."""


def cpu_children() -> int:
    """How many children the CPU's own checks get: what affinity and cgroup quota leave, at most four."""
    cores = float(len(os.sched_getaffinity(0)))
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            quota, period = file.read().split()
        cores = min(cores, float(quota) / float(period))
    except (OSError, ValueError):
        pass  # no quota, or none that can be read
    return max(1, min(MOST_CPU_CHILDREN, int(cores + 0.5)))


def kill_tree(pid: int) -> None:
    """Kills a process with all that it started (found in /proc, since all share one group)."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, errors="replace") as file:
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
    family = [pid]
    for one in family:
        family += [child for child, parent in parents.items() if parent == one]
    for one in family:
        try:
            os.kill(one, signal.SIGKILL)
        except OSError:
            pass


def how_it_ended(status: int) -> str:
    """A wait status in words."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = "signal %d" % number
        hint = " (the kernel kills so where memory runs out)" if name == "SIGKILL" else ""
        return "ended by %s%s" % (name, hint)
    return "the process ended with exit code %d in the middle of it" % os.WEXITSTATUS(status)


class Child:
    """A forked process with the tasks given to it."""

    def __init__(self, pid: int, device: str, tasks: list[Task], log: int) -> None:
        self.pid = pid
        self.device = device
        self.tasks = {t["key"]: t for t in tasks}
        self.running: str | None = None
        self.since = time.monotonic()
        self.log = log


class Supervisor:
    """Hands tasks to forked children until none is left, and sees to their ends.

    `deadline` is a reading of time.monotonic(), in seconds.
    """

    def __init__(self, torch: Any, order: Order, journal: Journal, deadline: float) -> None:
        self.torch = torch
        self.order = order
        self.journal = journal
        self.statuses = dict(order["done"])
        self.pending: list[Task] = []
        self.failed: list[Task] = []
        self.children: list[Child] = []
        self.devices: list[str] | None = None
        self.late_ready = not order["preload"]
        self.begun = time.monotonic()
        self.deadline = deadline
        self.parent = os.getppid()
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(self.wake_write, False)

    # -- the course of a run ---------------------------------------------------------------------

    def run(self) -> None:
        self.fork(RUNTIME, [])
        wanted = self.order["devices"]
        if wanted is None or "cpu" in wanted:
            self.add("cpu")
        while self.step():
            select.select([self.wake_read], [], [], 0.05)
            self.drain()
        self.confirm()
        self.sweep()

    def step(self) -> bool:
        """One look at everything; False once nothing is left to do."""
        self.watch()
        if time.monotonic() >= self.deadline:
            self.give_up()
            return False
        self.hand_out()
        if not self.late_ready and self.may_preload():
            self.preload()
        return bool(self.children or self.pending or self.devices is None)

    def watch(self) -> None:
        """Reads news, then looks after every child: dead, too late, too loud."""
        if os.getppid() != self.parent:
            self.sweep()
            os._exit(1)  # envsetup is gone, and nobody reads this any more
        self.read_news()
        for child in list(self.children):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self.read_news()
                self.children.remove(child)
                self.bury(child, "crashed", how_it_ended(status))
            else:
                self.limit(child)

    def limit(self, child: Child) -> None:
        task = child.tasks.get(child.running) if child.running else None
        limit = task["timeout_s"] if task else RUNTIME_LIMIT_S
        if (task or child.device == RUNTIME) and time.monotonic() - child.since > limit:
            self.end(child, "timed-out", "did not end within its %g s" % limit)
        elif os.fstat(child.log).st_size > LOG_LIMIT_BYTES:
            size = LOG_LIMIT_BYTES // (1 << 20)
            self.end(child, "crashed", "printed more than %d MB and was ended" % size)

    def end(self, child: Child, status: str, message: str) -> None:
        kill_tree(child.pid)
        until = time.monotonic() + 1.0
        while os.waitpid(child.pid, os.WNOHANG)[0] == 0 and time.monotonic() < until:
            time.sleep(0.01)  # a wedged driver may hold it for ever: then it is left behind
        self.read_news()
        self.children.remove(child)
        self.bury(child, status, message)

    def bury(self, child: Child, status: str, message: str) -> None:
        """What a child that is gone leaves: the running task is charged, the others wait again."""
        if child.device == RUNTIME:
            if self.devices is None:
                self.journal.write("runtime-failed", error=message)
                self.know_devices(["cpu"])
        elif child.running is not None:
            tail = _run_check.tail_of(child.log)
            task = child.tasks.pop(child.running)
            self.journal.write(
                "result",
                task=task["key"],
                status=status,
                message=message,
                log_tail=tail,
                duration_s=time.monotonic() - child.since,
                attempt=task["attempt"],
            )
            self.statuses[task["key"]] = status
        self.pending = list(child.tasks.values()) + self.pending
        os.close(child.log)

    # -- news ------------------------------------------------------------------------------------

    def drain(self) -> None:
        try:
            while os.read(self.wake_read, 4096):
                pass
        except BlockingIOError:
            pass

    def read_news(self) -> None:
        for event in self.journal.news():
            kind = event["event"]
            if kind == "runtime":
                found = event["facts"].get("devices") or [{"kind": "cpu", "index": 0}]
                self.know_devices(_runtime.names_of(found))
            elif kind in ("start", "result"):
                self.note(kind, event)

    def note(self, kind: str, event: dict[str, Any]) -> None:
        child = next((c for c in self.children if event["task"] in c.tasks), None)
        if child is None:
            return
        if kind == "start":
            child.running, child.since = event["task"], event["at"]
            return
        task = child.tasks.pop(event["task"])
        child.running = None
        self.statuses[task["key"]] = event["status"]
        if event["status"] == "failed":
            self.failed.append(task)

    def know_devices(self, names: list[str]) -> None:
        """Adds the accelerators' tasks, once torch has told which there are."""
        self.devices = names
        wanted = self.order["devices"]
        unknown = [d for d in wanted or () if d not in names]
        _run_check.refuse_unknown(self.order, unknown, names, self.journal)
        for device in names:
            if device != "cpu" and (wanted is None or device in wanted):
                self.add(device)

    def add(self, device: str) -> None:
        only, done = self.order["only"], self.order["done"]
        tasks = _run_check.tasks_on(self.order, device)
        self.pending += [
            t for t in tasks if t["key"] not in done and (not only or t["key"] in only)
        ]

    # -- handing out -------------------------------------------------------------------------------

    def hand_out(self) -> None:
        """Gives waiting tasks to new children: all early ones of a device at once, late ones singly."""
        for device in dict.fromkeys(t["device"] for t in self.pending):
            mine = [t for t in self.pending if t["device"] == device]
            busy = sum(c.device == device for c in self.children)
            if not self.late_ready:
                batch = [t for t in mine if not t["late"]]
                if batch and not busy:
                    self.give(device, batch)
                continue
            room = (cpu_children() if device == "cpu" else 1) - busy
            # An accelerator's child takes its tasks in their order, each after what it requires.
            ready = [t for t in mine if device != "cpu" or self.is_ready(t, mine)]
            if not ready and not busy:
                ready = mine  # they require each other: in the order given, then
            for share in self.shares(ready, room, device):
                self.give(device, share)

    def is_ready(self, task: Task, waiting: list[Task]) -> bool:
        """Nothing that it requires is still waiting or running."""
        names = {t["id"] for t in waiting if t["key"] != task["key"]}
        names |= {
            t["id"] for c in self.children if c.device == task["device"] for t in c.tasks.values()
        }
        return not names.intersection(task["requires"])

    def shares(self, ready: list[Task], room: int, device: str) -> list[list[Task]]:
        """An accelerator's child takes all that is ready; the CPU's take one each, as they come free."""
        if room <= 0 or not ready:
            return []
        return [ready] if device != "cpu" else [[t] for t in ready[:room]]

    def give(self, device: str, tasks: list[Task]) -> None:
        keys = {t["key"] for t in tasks}
        self.pending = [t for t in self.pending if t["key"] not in keys]
        self.fork(device, tasks)

    def fork(self, device: str, tasks: list[Task]) -> None:
        # One log per child: two that share it would write over each other.
        path = os.path.join(
            self.order["folder"], "log-%d-%d" % (len(self.statuses), time.monotonic_ns())
        )
        log = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        sys.stdout.flush()
        sys.stderr.flush()
        pid = self.fork_or_refuse(device, tasks)
        if pid is None:
            os.close(log)
            return
        if pid == 0:
            self.live(device, tasks, log)
        self.children.append(Child(pid, device, tasks, log))

    def fork_or_refuse(self, device: str, tasks: list[Task]) -> int | None:
        """The new process, tried for a second; None after writing down why there is none."""
        text = ""
        for _ in range(FORK_TRIES):
            try:
                return os.fork()
            except OSError as error:  # the limit of processes or of memory, which others may free
                text = "no process could be started for it: %s" % error.strerror
                time.sleep(FORK_PAUSE_S)
        if device == RUNTIME:
            self.journal.write("runtime-failed", error=text)
            self.know_devices(["cpu"])
        for task in tasks:
            hint = text + " (see `ulimit -u` and the cgroup's pids.max)"
            self.journal.write("result", task=task["key"], status="not-started", message=hint)
            self.statuses[task["key"]] = "not-started"
        return None

    def live(self, device: str, tasks: list[Task], log: int) -> NoReturn:
        """The child's whole life."""
        code = 1
        try:
            ctypes.CDLL(None).prctl(
                1, signal.SIGKILL
            )  # PR_SET_PDEATHSIG: not to outlive the parent
            os.dup2(log, 1)
            os.dup2(log, 2)
            if device == RUNTIME:
                self.journal.write("runtime", facts=_runtime.runtime_facts(self.torch))
            _run_check.run_all(self.torch, tasks, self.statuses, self.journal, log)
            os.write(self.wake_write, b".")
            code = 0
        except BlockingIOError:
            code = 0  # the pipe is full: the parent is awake anyway
        finally:
            os._exit(code)

    # -- the early import --------------------------------------------------------------------------

    def may_preload(self) -> bool:
        if not any(t["late"] for t in self.pending):
            return False
        waited = time.monotonic() - self.begun > PATIENCE_S
        return self.devices is not None or waited

    def preload(self) -> None:
        """Imports here what optimizers need, while the first children run what doesn't need it."""
        self.journal.write("preload", done=False)
        try:
            import torch._dynamo  # noqa: F401
        except BaseException as error:  # then each check that needs it meets the error itself
            print("torch._dynamo: %s: %s" % (type(error).__name__, error))
        self.journal.write("preload", done=True)
        self.late_ready = True

    # -- the end -----------------------------------------------------------------------------------

    def give_up(self) -> None:
        """The whole run's limit: what runs is timed out, what waits was not started."""
        text = "the limit of the whole run (%.0f s) was reached" % self.order["whole_s"]
        for child in list(self.children):
            self.end(child, "timed-out", "still running when " + text)
        for task in self.pending:
            self.journal.write("result", task=task["key"], status="not-started", message=text)
        self.pending, self.failed = [], []

    def confirm(self) -> None:
        """Runs each failed check once more, alone in a fresh child."""
        for task in self.failed[:CONFIRMATIONS]:
            again: Task = {**task, "attempt": 2, "requires": []}
            self.give(task["device"], [again])
            while self.children and time.monotonic() < self.deadline:
                select.select([self.wake_read], [], [], 0.05)
                self.drain()
                self.watch()
                self.pending = []
            for child in list(self.children):
                self.end(child, "timed-out", "the whole run's limit was reached")

    def sweep(self) -> None:
        """Ends whatever a check started and left behind in our process group."""
        mine, group = os.getpid(), os.getpgid(0)
        if mine != group:
            return  # started by hand in a shell's group, which is not ours to end
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and int(name) != mine and os.getpgid(int(name)) == group:
                    os.kill(int(name), signal.SIGKILL)
            except OSError:
                continue
