"""Interrupts `envsetup doctor` at random moments and counts the processes that are left.

    python tests/long/interrupts.py --runs 80 --python .venv-test/bin/python

Each run gets one of SIGINT, SIGTERM, SIGHUP and SIGKILL, in turn. Needs Linux (/proc).
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.leftovers import MARK, marked, none_left, watchdogs

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")


def interrupted(argv: list[str], number: str, after_s: float, mark: str) -> tuple[int, int]:
    """The exit code of a run, and how many processes of it are left."""
    quiet = subprocess.DEVNULL
    run = subprocess.Popen(argv, stdout=quiet, stderr=quiet, env={**os.environ, MARK: mark})
    time.sleep(after_s)
    run.send_signal(getattr(signal, number))
    code = run.wait(120)
    left = none_left(lambda: marked(mark) + watchdogs(run.pid))
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return code, len(left)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=80)
    parser.add_argument("--python", default=sys.executable, help="the interpreter that is examined")
    parser.add_argument("--longest", type=float, default=6.0, help="the latest moment, in seconds")
    parser.add_argument("--seed", type=int, default=None)
    wanted = parser.parse_args()
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    argv = [sys.executable, "-m", "envsetup", "doctor", "--python", wanted.python]
    codes: collections.Counter[tuple[str, int]] = collections.Counter()
    leaking = 0
    for turn in range(wanted.runs):
        number = SIGNALS[turn % len(SIGNALS)]
        # Most of what starts programs happens early.
        after_s = wanted.longest * chance.random() ** 2
        code, left = interrupted(argv, number, after_s, f"{os.getpid()}-{turn}")
        codes[number, code] += 1
        leaking += bool(left)
        if left:
            print(f"run {turn}: {number} after {after_s:.3f} s left {left} processes", flush=True)
    for (number, code), count in sorted(codes.items()):
        print(f"{number:8} exit {code:4}: {count} runs")
    print(f"seed {seed}: {wanted.runs} runs, {leaking} left processes behind")
    return int(leaking > 0)


if __name__ == "__main__":
    sys.exit(main())
