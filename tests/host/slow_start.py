"""Runs a program of Python whose every start of a process takes a second after the child is there.

`python slow_start.py FILE MODULE WORDS...`: once a child whose words contain HUNG runs, its number is written to
FILE, and `Popen` returns a second later.
"""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import time
from typing import Any

HUNG = "hung"


class SlowPopen(subprocess.Popen):  # type: ignore[type-arg]
    def __init__(self, args: Any, **options: Any) -> None:
        super().__init__(args, **options)
        if HUNG in os.path.basename(args[0]):
            with open(TOLD + ".part", "w", encoding="utf-8") as file:
                file.write(str(self.pid))
            os.rename(TOLD + ".part", TOLD)
            until = time.monotonic() + 1.0
            while time.monotonic() < until:  # an interrupt would end one long sleep
                time.sleep(0.01)


if __name__ == "__main__":
    TOLD, program = sys.argv[1:3]
    subprocess.Popen = SlowPopen  # type: ignore[misc, assignment] # stands in for it on purpose
    sys.argv[:3] = [program]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
