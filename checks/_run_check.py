"""One check in this process, and the tasks that an order means. Loaded by the worker.

torch is Any in this folder: it is the target's own, of any age, and no type is known for it.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
import types
from typing import TYPE_CHECKING, Any, Iterable, TypedDict

from . import _device

if TYPE_CHECKING:
    from ._worker import Journal

TAIL = 4000
"""Characters kept of a log, a message, a traceback."""
FIRST_USE = 4.0
BLOCKING = ("failed", "crashed", "timed-out", "not-started", "skipped")


class CheckOrder(TypedDict):
    """A check as envsetup orders it."""

    id: str
    file: str
    late: bool
    """Whether it needs torch._dynamo."""
    devices: str
    timeout_s: float
    requires: list[str]


class Task(CheckOrder):
    """A check on one device."""

    device: str
    key: str
    """Names it in events: check@device#repetition."""
    attempt: int


class Order(TypedDict):
    """What envsetup hands to the worker, as JSON."""

    checks: list[CheckOrder]
    devices: list[str] | None
    """None: every device that torch sees."""
    repeat: int
    fork: bool
    preload: bool
    runtime: bool
    whole_s: float
    done: dict[str, str]
    """Status of each task that an earlier worker finished, by key."""
    only: list[str]
    """Keys of the only tasks to run; empty for all."""
    attempt: int
    results: str
    folder: str


def perform(torch: Any, task: Task, journal: Journal, log: int | None = None) -> str:
    """Runs one check here and writes down how it ended; gives the status."""
    owner = os.getpid()
    if log is not None:
        os.ftruncate(log, 0)
    journal.write("start", task=task["key"], attempt=task["attempt"])
    started = time.monotonic()
    status, message, found = _try_check(torch, task)
    if os.getpid() != owner:
        os._exit(1)  # a check forked and its child came back here: it speaks for nobody
    duration = time.monotonic() - started
    tail = "" if status == "passed" else _log_tail(log)
    journal.write(
        "result",
        task=task["key"],
        status=status,
        message=message[:TAIL],
        measurements=found,
        duration_s=duration,
        log_tail=tail,
        attempt=task["attempt"],
    )
    return status


def _try_check(torch: Any, task: Task) -> tuple[str, str, dict[str, Any]]:
    device = task["device"]
    try:
        with _device.prepared(torch, device) as setting:
            found = load_check(task["file"]).run(torch, device)
        measured = found if isinstance(found, dict) else {}
        return "passed", "", {**measured, **setting}
    except BaseException as error:
        return _judge_error(torch, device, error)


def load_check(path: str) -> Any:
    """The check's file as a module, which may import helpers of this folder (`from ._numbers import`)."""
    module = types.ModuleType("envsetup_check_" + os.path.basename(path)[: -len(".py")])
    module.__file__ = path
    module.__package__ = __package__
    sys.modules[module.__name__] = module
    with open(path, encoding="utf-8") as file:
        source = file.read()
    # optimize=0: with PYTHONOPTIMIZE set, every assertion would vanish and everything pass.
    exec(compile(source, path, "exec", dont_inherit=True, optimize=0), module.__dict__)
    return module


def _judge_error(torch: Any, device: str, error: BaseException) -> tuple[str, str, dict[str, Any]]:
    found = getattr(error, "measurements", None)
    found = found if isinstance(found, dict) else {}
    if any(c.__name__ == "SkipTest" for c in type(error).__mro__):
        return "skipped", str(error), found
    excuse = _device.excuse(torch, device, error)
    if excuse is not None:
        return "skipped", excuse, found
    if isinstance(error, AssertionError) and str(error):
        return "failed", "; ".join(filter(None, (str(error), _device.forced(device)))), found
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = (
        " (%s, line %s)" % (os.path.basename(where[0].filename), where[0].lineno) if where else ""
    )
    print("".join(traceback.format_exception(type(error), error, error.__traceback__))[-TAIL:])
    told = ("%s: %s" % (type(error).__name__, str(error)[:TAIL])).rstrip(": ")
    return "failed", told + place, found


def _log_tail(log: int | None) -> str:
    if log is None:
        return ""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    return tail_of(log)


def tail_of(log: int) -> str:
    size = os.fstat(log).st_size
    return os.pread(log, TAIL, max(0, size - TAIL)).decode("utf-8", "replace")


def blocked_by(task: Task, statuses: dict[str, str]) -> str | None:
    """The first requirement that went wrong, or couldn't run, on the same device; or None."""
    for required in task["requires"]:
        mine = "%s@%s#" % (required, task["device"])
        if any(s in BLOCKING for key, s in statuses.items() if key.startswith(mine)):
            return required
    return None


def skip(task: Task, cause: str, journal: Journal) -> None:
    text = "needs %s, which did not pass on %s" % (cause, task["device"])
    journal.write("result", task=task["key"], status="skipped", message=text)


def run_all(
    torch: Any,
    tasks: Iterable[Task],
    statuses: dict[str, str],
    journal: Journal,
    log: int | None = None,
) -> bool:
    """Runs the tasks in turn; False where a device stopped computing, and the rest needs a new process.

    An error on an accelerator often breaks its context for as long as the process lives, and every later
    check would fail for it. So the device is asked after each failure. Where an earlier check went wrong,
    a new process asks first: a device that doesn't compute there either is no fault of the checks.
    """
    lost: dict[str, str] = {}
    asked: set[str] = set()
    for task in tasks:
        device = task["device"]
        if device not in asked and task["attempt"] == 1:
            asked.add(device)
            culprit = _gone_wrong(device, statuses)
            if culprit is not None and not _device.computes(torch, device):
                lost[device] = culprit
        if device in lost:
            text = "%s doesn't compute any more since %s ran, in a new process neither"
            text %= (device, lost[device])
            journal.write("result", task=task["key"], status="skipped", message=text)
            statuses[task["key"]] = "skipped"
            continue
        cause = blocked_by(task, statuses)
        if cause is not None:
            skip(task, cause, journal)
            statuses[task["key"]] = "skipped"
            continue
        statuses[task["key"]] = perform(torch, task, journal, log)
        if statuses[task["key"]] == "failed" and not _device.computes(torch, device):
            return False
    return True


def _gone_wrong(device: str, statuses: dict[str, str]) -> str | None:
    """The last check that went wrong on that device."""
    wrong = ("failed", "crashed", "timed-out")
    keys = [k for k, s in statuses.items() if s in wrong and "@%s#" % device in k]
    return keys[-1].partition("@")[0] if keys else None


# -- which checks on which devices -----------------------------------------------------------------


def expand(order: Order, known_devices: list[str]) -> tuple[list[Task], list[str]]:
    """Every task of the order on the devices that torch knows, in order; (tasks, unknown devices)."""
    wanted = order["devices"]
    chosen = known_devices if wanted is None else [d for d in wanted if d in known_devices]
    unknown = [] if wanted is None else [d for d in wanted if d not in known_devices]
    return [t for d in chosen for t in tasks_on(order, d)], unknown


def tasks_on(order: Order, device: str) -> list[Task]:
    kind = "cpu" if device == "cpu" else "accelerator"
    return [
        {
            **check,
            "timeout_s": check["timeout_s"] * patience(check["devices"], device),
            "device": device,
            "key": "%s@%s#%d" % (check["id"], device, n),
            "attempt": order["attempt"],
        }
        for check in order["checks"]
        for n in range(order["repeat"])
        if check["devices"] in ("any", kind)
    ]


def patience(devices: str, device: str) -> float:
    """By how much an accelerator may take longer than the CPU for which a check's limit is made.

    Its first use compiles kernels (MIOpen takes 2 to 3 s for each new shape, oneDNN too) or loads
    libraries of 500 MB, perhaps from a network drive. Checks of accelerators alone know that already.
    """
    return FIRST_USE if devices == "any" and device != "cpu" else 1.0


def refuse_unknown(
    order: Order, unknown: list[str], known_devices: list[str], journal: Journal
) -> None:
    for device in unknown:
        text = "torch sees no %s here, only %s" % (device, ", ".join(known_devices))
        for task in tasks_on(order, device):
            journal.write(
                "result",
                task=task["key"],
                id=task["id"],
                device=device,
                status="not-started",
                message=text,
            )
