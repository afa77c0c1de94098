"""Operations use the threads that this process may have, one OpenMP runtime serves them, and results hold.

What it proves: `set_num_threads` is obeyed, the threads really start (Linux: counted in /proc), sums and products
split over them equal those of one thread, and one file of each OpenMP runtime is loaded, not two copies. On Linux: a
process forked after threads ran, as the workers of a DataLoader are, computes the same on one thread of its own.

How: the count is what affinity and the cgroup's quota leave, eight at most. On a machine that leaves one core only
the setting and the runtimes are looked at. Sums are of integers in float64, so that every split gives the same,
exactly; products may differ by the order of summation, 64 terms x eps. The forked process may take twenty seconds.

A failure means an OpenMP runtime loaded twice (pip and conda mixed, KMP_DUPLICATE_LIB_OK set), or a build without
threads: everything works and is many times too slow. A forked process that hangs points at a runtime that keeps its
locks over a fork: data sets should then start their workers by `spawn`.
"""

from __future__ import annotations

import os
import re
import select
import signal
import sys
from typing import Any

SUMMARY = "the allowed threads are used, by one OpenMP runtime, with the same results"
DEVICES = "cpu"
REQUIRES = ("import",)
LEVEL = "standard"
TIMEOUT_S = 60.0

MOST = 8
FORK_WAIT_S = 20.0
"""Far above the milliseconds that it takes: a busy machine must not look like a hang."""


def run(torch: Any, device: str) -> dict[str, Any]:
    allowed = usable_cores()
    count = max(1, min(MOST, int(allowed)))
    runtimes = _runtimes()
    found: dict[str, Any] = {"usable_cores": allowed, "openmp": ", ".join(runtimes) or "none seen"}
    found["parallel"] = "OpenMP" if torch.backends.openmp.is_available() else "no OpenMP"
    found["openmp_copies"] = _one_copy(runtimes)
    before = torch.get_num_threads()
    numbers, a, b = _inputs(torch)
    torch.set_num_threads(1)
    alone = _results(torch, numbers, a, b)
    try:
        torch.set_num_threads(count)
        if torch.get_num_threads() != count:
            raise AssertionError(f"{count} threads were set, torch tells {torch.get_num_threads()}")
        together = _results(torch, numbers, a, b)
        found["threads_started"] = _started(count)
        found["forked"] = _forked(torch, alone, numbers, a, b)
    finally:
        torch.set_num_threads(before)
    found["threads"] = count
    found["product_error"] = _same(alone, together)
    return found


def usable_cores() -> float:
    """Cores that affinity and cgroup quota leave; a quota may be a fraction."""
    if hasattr(os, "sched_getaffinity"):
        cores = float(len(os.sched_getaffinity(0)))
    else:
        cores = float(os.cpu_count() or 1)
    return min([cores, *_quotas()])


def _quotas() -> list[float]:
    """Quotas of this process's cgroup and of all above it, in version 2 and 1: the tightest holds."""
    found = []
    for folder in _cgroups():
        words = _words(f"{folder}/cpu.max")
        if len(words) == 2 and words[0].isdigit():
            found.append(int(words[0]) / int(words[1]))
        quota, period = (_words(f"{folder}/cpu.cfs_{part}_us") for part in ("quota", "period"))
        if quota and period and int(quota[0]) > 0:
            found.append(int(quota[0]) / int(period[0]))
    return found


def _cgroups() -> list[str]:
    found = []
    for row in _words("/proc/self/cgroup"):
        number, _, rest = row.partition(":")
        names, _, path = rest.partition(":")
        if number != "0" and "cpu" not in names.split(","):
            continue
        base = "/sys/fs/cgroup" if number == "0" else "/sys/fs/cgroup/cpu"
        parts = [part for part in path.split("/") if part]
        if ".." in parts:  # outside of the namespace: only its root can be read
            parts = []
        found += ["/".join([base, *parts[:count]]) for count in range(len(parts), -1, -1)]
    return found or ["/sys/fs/cgroup", "/sys/fs/cgroup/cpu"]


def _words(path: str) -> list[str]:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().split()
    except (OSError, UnicodeDecodeError):
        return []


def _runtimes() -> list[str]:
    """Files of OpenMP runtimes in this process, from /proc/self/maps; empty elsewhere than on Linux."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            paths = {line.split(maxsplit=5)[5].strip() for line in file if line.count("/") > 0}
    except OSError:
        return []
    wanted = re.compile(r"/lib(gomp|omp|iomp5)[-.]")
    return sorted({os.path.realpath(path) for path in paths if wanted.search(path)})


def _one_copy(runtimes: list[str]) -> dict[str, Any]:
    """Two files of one runtime split its threads; two different runtimes are only told."""
    names = [re.match(r"lib[a-z]+5?", os.path.basename(path)) for path in runtimes]
    kinds = [match.group() for match in names if match]
    copies = max([kinds.count(kind) for kind in kinds], default=0)
    if copies > 1:
        raise AssertionError(
            f"{copies} copies of one OpenMP runtime are loaded: {', '.join(runtimes)}"
        )
    return {"value": copies, "limit": 1, "unit": "files of one runtime"}


def _inputs(torch: Any) -> tuple[Any, Any, Any]:
    generator = torch.Generator().manual_seed(1)
    numbers = torch.randint(-50, 50, (300_000,), generator=generator).double()
    return (
        numbers,
        torch.randn(512, 64, generator=generator),
        torch.randn(64, 512, generator=generator),
    )


def _results(torch: Any, numbers: Any, a: Any, b: Any) -> tuple[float, Any, Any]:
    return float(numbers.sum()), numbers * 3 + 1, a @ b


def _same(alone: Any, together: Any) -> dict[str, Any]:
    if alone[0] != together[0]:
        raise AssertionError(
            f"the sum of the same numbers is {together[0]} with threads, {alone[0]} without"
        )
    if alone[1].tolist() != together[1].tolist():
        raise AssertionError("an elementwise result differs between one thread and several")
    error = float((alone[2] - together[2]).abs().max() / alone[2].abs().max())
    limit = 64 * 2.0**-23
    if not error <= limit:
        raise AssertionError(
            f"a product differs by {error:.3g} between one thread and several, allowed {limit:.3g}"
        )
    return {"value": error, "limit": limit, "unit": "relative"}


def _started(count: int) -> Any:
    """Threads of this process after the work; a team of n needs n."""
    if sys.platform != "linux" or count == 1:
        return "not counted here"
    try:
        running = len(os.listdir("/proc/self/task"))
    except OSError as error:
        return f"not counted: {error.strerror}"
    if running < count:
        raise AssertionError(f"{count} threads were asked for, the process has {running}")
    return {"value": running, "limit": count, "unit": "at least"}


def _forked(torch: Any, alone: Any, numbers: Any, a: Any, b: Any) -> str:
    """A child forked from the threads' process must give what one thread gave, and not hang."""
    if sys.platform != "linux":
        return "not tried here: workers are started anew on this system"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _answer_as_child(torch, writer, alone, numbers, a, b)
    os.close(writer)
    try:
        heard = select.select([reader], [], [], FORK_WAIT_S)[0]
        told = os.read(reader, 1000).decode("utf-8", "replace") if heard else "nothing: it hangs"
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if told != "same":
        raise AssertionError(
            f"a process forked after threads ran told {told or 'nothing: it died'}"
        )
    return "computes the same"


def _answer_as_child(torch: Any, writer: int, alone: Any, numbers: Any, a: Any, b: Any) -> None:
    """Ends the process in any case: nothing of the parent may run twice."""
    try:
        torch.set_num_threads(1)
        _same(alone, _results(torch, numbers, a, b))
        told = "same"
    except BaseException as error:
        told = f"{type(error).__name__}: {error}"
    finally:
        os.write(writer, told.encode("utf-8", "replace")[:1000])
        os._exit(0)
