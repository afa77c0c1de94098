#!/usr/bin/env python3
"""Feeds broken files to every reader for some minutes, and keeps what one falls over below tests/inputs/finds.

python tests/long/fuzz_readers.py --seconds 300
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.inputs.fuzz import PIECES, READERS, SEEDS  # noqa: E402 - the clone's own, found by the path above

FINDS = ROOT / "tests/inputs/finds"


def broken(seed: bytes, toss: random.Random) -> bytes:
    data = seed
    for _ in range(toss.randint(1, 8)):
        at = toss.randint(0, len(data))
        data = data[:at] + toss.choice(PIECES) + data[at + toss.choice((0, 1, 3, 40)) :]
    return data[: toss.randint(0, len(data))] if toss.random() < 0.2 else data


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    toss, until = random.Random(given.seed), time.monotonic() + given.seconds
    runs, slowest, finds = 0, 0.0, set[str]()
    while time.monotonic() < until:
        name = toss.choice(list(READERS))
        data = broken(SEEDS[name], toss)
        started = time.monotonic()
        try:
            READERS[name](data)
        except Exception as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            about = f"{type(error).__name__} at {at.filename}:{at.lineno}"
            if about not in finds:
                finds.add(about)
                FINDS.mkdir(exist_ok=True)
                (FINDS / f"{name}.{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data)
                print(f"{name}: {about}: {error}", flush=True)
        slowest = max(slowest, time.monotonic() - started)
        runs += 1
    print(f"seed {given.seed}: {runs} files, {len(finds)} finds, the slowest took {slowest:.1f} s")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
