"""The environment under examination: which interpreter it is, and what that interpreter says of itself.

The scripts that run there are files of `envsetup.checks`, found by name and never imported here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from envsetup.host import Completed, Program, roomy_folder, run_program, spawn
from envsetup.host.input_files import read_file
from envsetup.host.json_input import InputError, decode
from envsetup.model import Fact, Known, Record, Source, Unreadable
from envsetup.probes import python

ASK_LIMIT_S = 12.0
"""A start on a cold network drive takes seconds; what takes longer than this hangs."""
LOG_LIMIT_BYTES = 16 * 1024 * 1024
"""What a worker may print outside its checks before it is ended."""
TAIL = 4_000
"""Characters of a log that are kept."""
ANSWER_LIMIT_BYTES = 1 << 20
PIPE_LIMIT_S = 1.0
"""The interpreter has ended by then: a pipe in place of its answer has nobody to write into it."""
NOISE_LIMIT = 2_000
"""Characters of an interpreter's start-up noise that are kept."""


class TargetError(Exception):
    """The target interpreter cannot be used; the text says what was asked for, seen, and what to do."""


def find_target(python: str | None, environ: Mapping[str, str]) -> str:
    """The interpreter to examine: as named, else of the active environment, else our own.

    Raises TargetError where what is named is not there or can't be started.
    """
    if python is not None:
        return _named(python, environ)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable)
        if folder:
            return _of_environment(variable, folder)
    return sys.executable


def _named(python: str, environ: Mapping[str, str]) -> str:
    has_folder = os.sep in python or bool(os.altsep and os.altsep in python)
    found = python if has_folder else shutil.which(python, path=environ.get("PATH"))
    if found is None:
        if not os.path.exists(python):
            raise TargetError(
                f"--python {python!r}: no such program on PATH. Give the path of a Python interpreter."
            )
        found = python
    path = Path(found)
    if os.path.isdir(path):
        inside = interpreter_in(path)
        if inside is None:
            raise TargetError(
                f"--python {python!r} is a folder without a Python in it. Name the interpreter."
            )
        path = inside
    try:
        path.stat()
    except FileNotFoundError as error:
        raise TargetError(
            f"--python {python!r} doesn't exist. Give the path of an interpreter."
        ) from error
    except OSError as error:
        raise TargetError(
            f"--python {python!r} can't be reached: {error.strerror}. Give the path of an interpreter "
            "that this user may run."
        ) from error
    if not os.access(path, os.X_OK):
        raise TargetError(f"--python {python!r} may not be executed. Check its permissions.")
    return os.path.abspath(path)


def _of_environment(variable: str, folder: str) -> str:
    inside = interpreter_in(Path(folder))
    if inside is None:
        raise TargetError(
            f"{variable} names {folder!r}, but there is no Python in it. "
            f"Activate another environment, unset {variable}, or give --python."
        )
    return str(inside)


def interpreter_in(environment: Path) -> Path | None:
    """The interpreter of a virtual or conda environment, or None."""
    places = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")
    return next((environment / p for p in places if os.path.exists(environment / p)), None)


def checks_folder() -> Path:
    """Where the scripts that run in the target lie.

    Raises TargetError where envsetup runs from a clone that isn't installed.
    """
    spec = importlib.util.find_spec("envsetup.checks")
    if spec is None or not spec.submodule_search_locations:
        raise TargetError(
            "the checks are not there: envsetup runs from a clone that isn't installed. "
            "Install it: python -m pip install -e ."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def target_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The user's own variables, with nothing written beside the target's modules."""
    kept = {k: v for k, v in environ.items() if k != "__PYVENV_LAUNCHER__"}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}


def ask(
    executable: str, timeout_s: float = ASK_LIMIT_S, environ: Mapping[str, str] | None = None
) -> Fact[dict[str, object]]:
    """What the interpreter says of itself, raw; Unreadable with the reason where it doesn't say."""
    source = Source(kind="target", ref=f"{executable} _facts.py")
    env = target_environment(os.environ if environ is None else environ)
    try:
        scratch = tempfile.TemporaryDirectory(prefix="envsetup-", dir=roomy_folder())
    except OSError as error:
        return Unreadable(error=_no_scratch(error), source=source)
    with scratch as folder:
        answer = Path(folder) / "facts.json"
        argv = (executable, str(checks_folder() / "_facts.py"), str(answer))
        completed = run_program(argv, timeout_s, env, output_limit_bytes=1 << 20)
        return _answer(answer, completed, source, timeout_s)


def _no_scratch(error: OSError) -> str:
    return (
        f"no temporary folder can be written ({error.strerror or error}); "
        "set TMPDIR to a folder that can, with some room in it"
    )


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


def ending(returncode: int | None) -> str:
    """How a process ended, in words."""
    if returncode is None:
        return "it never ended"
    if returncode < 0:
        try:
            return f"ended by {signal.Signals(-returncode).name}"
        except ValueError:
            return f"ended by signal {-returncode}"
    return f"exit code {returncode}"


def printable(text: str) -> str:
    """The text with every control character but newline and tab made visible."""
    return "".join(
        c if c in "\n\t" or (c.isprintable() or c == " ") else f"\\x{ord(c):02x}" for c in text
    )


class WorkerEnd(Record):
    """How a worker process ended. `stopped` says why we ended it, empty where it ended by itself."""

    returncode: int | None
    stopped: str = ""
    log_tail: str = ""


Event = dict[str, object]
Watch = Callable[[list[Event]], str | None]
"""Gets the events that are new; a text that it returns ends the worker, with that as the reason."""


def run_worker(
    executable: str,
    order: Mapping[str, object],
    watch: Watch,
    environ: Mapping[str, str] | None = None,
) -> WorkerEnd:
    """Runs the worker in the target until it ends or `watch` wants it ended; nothing outlives this call."""
    env = target_environment(os.environ if environ is None else environ)
    try:
        scratch = tempfile.TemporaryDirectory(
            prefix="envsetup-", dir=roomy_folder(), ignore_cleanup_errors=True
        )
    except OSError as error:
        return WorkerEnd(returncode=None, stopped=_no_scratch(error))
    with scratch as folder:
        results = Path(folder) / "results.jsonl"
        results.touch()
        paper = Path(folder) / "order.json"
        text = json.dumps({**order, "results": str(results), "folder": folder})
        paper.write_text(text, "utf-8")
        argv = [executable, "-X", "faulthandler", str(checks_folder() / "_worker.py"), str(paper)]
        with open(Path(folder) / "log", "a+b") as log:
            try:
                worker = spawn(argv, log, env=env)
            except OSError as error:
                return WorkerEnd(returncode=None, stopped=error.strerror or str(error))
            with worker:
                stopped = _follow(worker, results, log, watch)
            return WorkerEnd(returncode=worker.returncode, stopped=stopped, log_tail=_tail(log))


def _follow(worker: Program, results: Path, log: IO[bytes], watch: Watch) -> str:
    seen, ended = 0, False
    while not ended:
        ended = worker.poll() is not None
        fresh, seen = _fresh_events(results, seen)
        reason = watch(fresh)
        if reason and not ended:
            return reason
        if os.fstat(log.fileno()).st_size > LOG_LIMIT_BYTES and not ended:
            return "it printed endlessly"
        if not ended:
            time.sleep(0.02)
    return ""


def _fresh_events(path: Path, seen: int) -> tuple[list[Event], int]:
    """Whole lines beyond `seen` bytes; what is no event is dropped, since a check may write anywhere."""
    try:
        with open(path, "rb") as file:
            fresh_bytes = os.fstat(file.fileno()).st_size - seen
            file.seek(seen)
            fresh = file.read(min(max(fresh_bytes, 0), LOG_LIMIT_BYTES))
    except OSError:
        return [], seen
    whole = fresh.rfind(b"\n") + 1
    events = [e for e in map(_event, fresh[:whole].splitlines()) if e is not None]
    return events, seen + whole


def _event(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _tail(log: IO[bytes]) -> str:
    log.seek(max(0, os.fstat(log.fileno()).st_size - TAIL))
    return printable(log.read().decode("utf-8", "replace"))


def check_sources() -> dict[str, str]:
    """Path to text of every check's file, by name; those that begin with _ are machinery."""
    files = sorted(checks_folder().glob("*.py"))
    return {str(f): f.read_text(encoding="utf-8") for f in files if not f.name.startswith("_")}
