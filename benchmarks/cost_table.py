"""What envsetup costs, as ratios of whole-process wall time measured in one run on one machine.

python benchmarks/cost_table.py [--target PYTHON] [--rounds N] [--only WORD] [--busy]

Works run in turn, round after round, so that a busy spell hits all alike; each figure is a median.
Run it with the interpreter of the environment that holds envsetup. `--target` is an interpreter with
torch (default: ENVSETUP_TEST_TARGET, else .venv-test, else .venv); without one its rows are left out.
After `doctor` the share of each check is printed. `--busy` keeps every core at work meanwhile: then only
the statuses count (nothing may time out), and how the ratio moves.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
ANSWERED = (0, 1)
"""Exit codes that mean the work was done: a finding is an answer too."""

PLAN_FLAGS = (
    "install-plan --os linux --arch x86_64 --python-version 3.12 --libc glibc2.35 "
    "--driver 580.95.05 --gpu nvidia:8.9 --format json --offline"
)
FEW, MANY = 20, 500


class Row(NamedTuple):
    """A line of the cost table: `work` may take at most `limit` times as long as `base`."""

    name: str
    work: tuple[str, ...]
    base_name: str
    base: tuple[str, ...]
    limit: float


def envsetup(*arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).parent / "envsetup"), *arguments)


def find_target(given: str | None) -> str | None:
    homes = [ROOT / name / SCRIPTS / "python" for name in (".venv-test", ".venv")]
    candidates = [given, os.environ.get("ENVSETUP_TEST_TARGET"), *map(str, homes)]
    return next((path for path in candidates if path and Path(path).exists()), None)


def rows(target: str | None, few: str, many: str) -> list[Row]:
    click = (sys.executable, "-c", "import click")
    table = [
        Row("envsetup --version", envsetup("--version"), "import click", click, 2.0),
        Row("install-plan from flags", envsetup(*PLAN_FLAGS.split()), "import click", click, 2.5),
    ]
    if target:
        torch = (target, "-c", "import torch")
        doctor = envsetup("doctor", "--python", target, "--format", "json", "--exit-zero")
        quick = (*doctor, "--level", "quick")
        table += [
            Row("doctor --level quick", quick, "import torch", torch, 0.35),
            Row("doctor", doctor, "import torch", torch, 2.5),
        ]
    crowded, sparse = (
        envsetup("doctor", "--python", python, "--level", "quick", "--exit-zero")
        for python in (many, few)
    )
    table.append(Row(f"quick, {MANY} distributions", crowded, f"quick, {FEW} of them", sparse, 1.3))
    return table


def make_environment(folder: Path, distributions: int) -> str:
    """A virtual environment with that many made-up distributions, metadata as installers write it."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    python = folder / SCRIPTS / ("python.exe" if os.name == "nt" else "python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([python, "-c", ask], capture_output=True, text=True).stdout.strip())
    for number in range(distributions):
        info = site / f"made_up_{number}-1.{number}.dist-info"
        info.mkdir(parents=True)
        lines = ["Metadata-Version: 2.1", f"Name: made-up-{number}", f"Version: 1.{number}"]
        lines += [f"Requires-Dist: made-up-{n} >=1" for n in range(number % 20)]
        (info / "METADATA").write_text("\n".join([*lines, "", "Words. " * 800]), "utf-8")
        (info / "RECORD").write_text("made_up/file.py,,\n" * 50, "utf-8")
        (info / "INSTALLER").write_text("pip\n", "utf-8")
    return str(python)


def seconds(argv: Sequence[str]) -> float:
    """Wall time of one run; raises SystemExit where the work wasn't done."""
    started = time.perf_counter()
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT)
    took = time.perf_counter() - started
    if done.returncode not in ANSWERED:
        raise SystemExit(f"exit code {done.returncode}: {' '.join(argv)}\n{done.stderr[-2000:]}")
    return took


def measure(
    works: Iterable[tuple[str, ...]], rounds: int, clock: Callable[[Sequence[str]], float] = seconds
) -> dict[tuple[str, ...], list[float]]:
    """Times of each work, taken in turn; the first round only warms the caches."""
    times: dict[tuple[str, ...], list[float]] = {work: [] for work in dict.fromkeys(works)}
    for round_number in range(rounds + 1):
        for work, taken in times.items():
            took = clock(work)
            if round_number:
                taken.append(took)
    return times


def table(found: list[Row], times: dict[tuple[str, ...], list[float]]) -> str:
    lines = [
        "| work | median | of | median | ratio | at most | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in found:
        work, base = (statistics.median(times[one]) for one in (row.work, row.base))
        ratio = work / base
        verdict = "holds" if ratio <= row.limit else "TOO MUCH"
        lines.append(
            f"| {row.name} | {work:.3f} s | {row.base_name} | {base:.3f} s "
            f"| {ratio:.2f} | {row.limit} | {verdict} |"
        )
    return "\n".join(lines)


def shares(reports: Sequence[dict[str, Any]]) -> str:
    """Each check's median share of the whole, and the statuses that it ever had.

    Checks run side by side where there are cores, so the shares may add up to more than the whole.
    """
    whole = statistics.median(report["timings_s"]["total"] for report in reports)
    seen: dict[str, list[tuple[float, str]]] = {}
    for report in reports:
        for check in report["checks"]:
            name = f"{check['id']} on {check['device']}"
            seen.setdefault(name, []).append((check["duration_s"], check["status"]))
    lines = [f"| check, of {whole:.3f} s | median | share | status |", "| --- | --- | --- | --- |"]
    medians = {name: statistics.median(time for time, _ in runs) for name, runs in seen.items()}
    for name in sorted(seen, key=lambda name: -medians[name]):
        statuses = ", ".join(sorted({status for _, status in seen[name]}))
        share = medians[name] / whole
        lines.append(f"| {name} | {medians[name]:.3f} s | {share:.1%} | {statuses} |")
    return "\n".join(lines)


def report_of(argv: Sequence[str]) -> dict[str, Any]:
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@contextlib.contextmanager
def busy_cores(wanted: bool) -> Iterator[None]:
    """Keeps every core at work with a loop of its own, ended with the block."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range((os.cpu_count() or 1) if wanted else 0)
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--target", metavar="PYTHON", help="an interpreter with torch")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", metavar="WORD", default="", help="rows whose name holds WORD")
    parser.add_argument("--busy", action="store_true", help="with every core at work meanwhile")
    given = parser.parse_args()
    target = find_target(given.target)
    # An installer compiles what it installs; a clone that was never run from isn't compiled yet.
    compileall.compile_dir(ROOT / "envsetup", quiet=1)
    with tempfile.TemporaryDirectory() as scratch:
        few = make_environment(Path(scratch, "few"), FEW)
        many = make_environment(Path(scratch, "many"), MANY)
        found = [row for row in rows(target, few, many) if given.only in row.name]
        works = [work for row in found for work in (row.base, row.work)]
        with busy_cores(given.busy):
            times = measure(works, given.rounds)
            doctors = [row.work for row in found if row.name == "doctor"]
            reports = [report_of(argv) for argv in doctors for _ in range(given.rounds)]
    print(table(found, times))
    if reports:
        print("\n" + shares(reports))
    load = ", every core busy" if given.busy else ""
    python = sys.version.split()[0]
    print(f"\n{given.rounds} rounds{load}, {os.cpu_count()} cores, Python {python}.")
    if not target:
        print("No interpreter with torch was found: the rows that need one are left out.")
    print("Not measured: eight GPUs instead of one needs eight GPUs.")


if __name__ == "__main__":
    main()
