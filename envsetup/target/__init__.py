"""The environment under examination: which interpreter it is, and what that interpreter says of itself."""

from __future__ import annotations

from envsetup.target.ask import ASK_LIMIT_S, ask
from envsetup.target.discovery import find_base, find_target, required
from envsetup.target.environments import interpreter_in
from envsetup.target.scripts import check_sources, target_environment
from envsetup.target.words import TargetError, ending, printable
from envsetup.target.worker import Event, WorkerEnd, run_worker

__all__ = [
    "ASK_LIMIT_S",
    "Event",
    "TargetError",
    "WorkerEnd",
    "ask",
    "check_sources",
    "ending",
    "find_base",
    "find_target",
    "interpreter_in",
    "printable",
    "required",
    "run_worker",
    "target_environment",
]
