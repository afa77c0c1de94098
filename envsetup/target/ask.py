"""What an interpreter says of itself, asked without trusting it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from envsetup.host import Completed, roomy_folder, run_program
from envsetup.host.input_files import read_file
from envsetup.host.json_input import InputError, decode
from envsetup.model import Fact, Known, Source, Unreadable
from envsetup.probes import python
from envsetup.target.scripts import checks_folder, target_environment
from envsetup.target.words import ending, no_scratch, printable

ASK_LIMIT_S = 12.0
"""A start on a cold network drive takes seconds; what takes longer than this hangs."""
ANSWER_LIMIT_BYTES = 1 << 20
PIPE_LIMIT_S = 1.0
"""The interpreter has ended by then: a pipe in place of its answer has nobody to write into it."""
NOISE_LIMIT = 2_000
"""Characters of an interpreter's start-up noise that are kept."""


def ask(
    executable: str, timeout_s: float = ASK_LIMIT_S, environ: Mapping[str, str] | None = None
) -> Fact[dict[str, object]]:
    """What the interpreter says of itself, raw; Unreadable with the reason where it doesn't say."""
    source = Source(kind="target", ref=f"{executable} _facts.py")
    env = target_environment(os.environ if environ is None else environ)
    try:
        scratch = tempfile.TemporaryDirectory(prefix="envsetup-", dir=roomy_folder())
    except OSError as error:
        return Unreadable(error=no_scratch(error), source=source)
    with scratch as folder:
        answer = Path(folder) / "facts.json"
        argv = (executable, str(checks_folder() / "_facts.py"), str(answer))
        completed = run_program(argv, timeout_s, env, output_limit_bytes=1 << 20)
        return _answer(answer, completed, source, timeout_s)


def _answer(
    path: Path, completed: Completed, source: Source, timeout_s: float
) -> Fact[dict[str, object]]:
    noise = printable(completed.stdout + completed.stderr)
    try:
        raw = decode(read_file(str(path), ANSWER_LIMIT_BYTES, PIPE_LIMIT_S), dict[str, object])
    except (OSError, InputError):
        return Unreadable(
            error=_why_silent(completed, timeout_s), source=source, detail=noise[-NOISE_LIMIT:]
        )
    if "too_old" in raw:
        error = (
            f"it is Python {printable(str(raw['too_old']))[:20]}; envsetup examines 3.8 and newer"
        )
        return Unreadable(error=error, source=source)
    raw["startup_noise"] = noise.strip()[:NOISE_LIMIT] or None
    fact: Fact[dict[str, object]] = Known(value=raw, source=source)
    record = python.read(fact)  # what is of another type than was asked for is no answer
    return record if isinstance(record, Unreadable) else fact


def _why_silent(completed: Completed, timeout_s: float) -> str:
    if completed.error:
        return f"it could not be started: {completed.error}"
    if completed.timed_out and completed.duration_s < timeout_s:
        return "it printed endlessly and gave no answer, so it is no Python that works"
    if completed.timed_out:
        return (
            f"it did not answer within {timeout_s:g} s, though nothing but its start was asked for"
        )
    last = printable(completed.stderr or completed.stdout).strip().splitlines()[-1:]
    said = f"; it said: {last[0].strip()[:300]}" if last else ""
    return (
        f"it gave no answer ({ending(completed.returncode)}), so it is no Python that works{said}"
    )
