"""One check in this process, and the tasks that an order means. Loaded by the worker."""
# mypy: ignore-errors (untyped on purpose: it must parse on Python 3.8)

from __future__ import annotations

import os
import sys
import time
import traceback
import types

TAIL = 4000
"""Characters kept of a log, a message, a traceback."""
BLOCKING = ("failed", "crashed", "timed-out", "not-started", "skipped")


def perform(torch, task, journal, log=None, attempt=1):
    """Runs one check here and writes down how it ended; gives the status."""
    owner = os.getpid()
    if log is not None:
        os.ftruncate(log, 0)
    journal.write("start", task=task["key"], attempt=attempt)
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
        attempt=attempt,
    )
    return status


def _try_check(torch, task):
    try:
        module = types.ModuleType("envsetup_check_" + task["id"].replace("-", "_"))
        module.__file__ = task["file"]
        sys.modules[module.__name__] = module
        with open(task["file"], encoding="utf-8") as file:
            source = file.read()
        # optimize=0: with PYTHONOPTIMIZE set, every assertion would vanish and everything pass.
        exec(compile(source, task["file"], "exec", dont_inherit=True, optimize=0), module.__dict__)
        found = module.run(torch, task["device"])
        return "passed", "", found if isinstance(found, dict) else {}
    except BaseException as error:
        return _judge_error(error)


def _judge_error(error):
    found = getattr(error, "measurements", None)
    found = found if isinstance(found, dict) else {}
    if any(c.__name__ == "SkipTest" for c in type(error).__mro__):
        return "skipped", str(error), found
    if isinstance(error, AssertionError) and str(error):
        return "failed", str(error), found
    where = traceback.extract_tb(error.__traceback__)[-1:]
    place = (
        " (%s, line %s)" % (os.path.basename(where[0].filename), where[0].lineno) if where else ""
    )
    print("".join(traceback.format_exception(type(error), error, error.__traceback__))[-TAIL:])
    told = ("%s: %s" % (type(error).__name__, str(error)[:TAIL])).rstrip(": ")
    return "failed", told + place, found


def _log_tail(log):
    if log is None:
        return ""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass
    return tail_of(log)


def tail_of(log):
    size = os.fstat(log).st_size
    return os.pread(log, TAIL, max(0, size - TAIL)).decode("utf-8", "replace")


def blocked_by(task, statuses):
    """The first requirement that went wrong, or couldn't run, on the same device; or None."""
    for required in task["requires"]:
        mine = "%s@%s#" % (required, task["device"])
        if any(s in BLOCKING for key, s in statuses.items() if key.startswith(mine)):
            return required
    return None


def skip(task, cause, journal):
    text = "needs %s, which did not pass on %s" % (cause, task["device"])
    journal.write("result", task=task["key"], status="skipped", message=text)


# -- which checks on which devices -----------------------------------------------------------------


def expand(order, known_devices):
    """Every task of the order on the devices that torch knows, in order; (tasks, unknown devices)."""
    wanted = order["devices"]
    chosen = known_devices if wanted is None else [d for d in wanted if d in known_devices]
    unknown = [] if wanted is None else [d for d in wanted if d not in known_devices]
    return [t for d in chosen for t in tasks_on(order, d)], unknown


def tasks_on(order, device):
    kind = "cpu" if device == "cpu" else "accelerator"
    return [
        dict(check, device=device, key="%s@%s#%d" % (check["id"], device, n))
        for check in order["checks"]
        for n in range(order.get("repeat", 1))
        if check["devices"] in ("any", kind)
    ]


def refuse_unknown(order, unknown, known_devices, journal):
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
