"""Runs the checks' worker in the target interpreter, follows what it writes, and ends it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from envsetup.host import Program, roomy_folder, spawn
from envsetup.model import Record
from envsetup.target.scripts import checks_folder, target_environment
from envsetup.target.words import no_scratch, printable

LOG_LIMIT_BYTES = 16 * 1024 * 1024
"""What a worker may print outside its checks before it is ended."""
TAIL = 4_000
"""Characters of a log that are kept."""


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
        return WorkerEnd(returncode=None, stopped=no_scratch(error))
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
