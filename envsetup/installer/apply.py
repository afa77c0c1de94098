"""Carries a plan out in an environment that stands already, and undoes it where that goes wrong.

Nothing changes before what is there is kept, and the list of it is on the disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from envsetup.installer.fallback import last_words
from envsetup.installer.forecast import ApplyError, Forecast
from envsetup.installer.journal import Environment, Journal, RestoreError
from envsetup.installer.lock import Lock
from envsetup.installer.rollback import put_back
from envsetup.installer.running import Meter, Tell, run_told
from envsetup.installer.sign_of_life import sign_of_life
from envsetup.model import Applied, Command, Outcome, Python
from envsetup.probes.unfinished import MANIFEST

INSTALL_LIMIT_S = 3600.0
"""A CUDA build is gigabytes; on a slow line that is an hour."""
CHECKS = ("import", "tensor-arithmetic")
"""What must pass after the installation, on every device, for it to stay."""
Prove = Callable[[Python, Tell], tuple[Outcome, ...]]
"""Looks at what was installed. Raises NotAsWanted where it is to be put back."""


class NotAsWanted(Exception):
    """The installation failed, or what was installed doesn't work."""


def carry_out_plan(
    told: Forecast,
    python: Python,
    env: Mapping[str, str],
    tell: Tell,
    lock: Lock,
    prove: Prove | None = None,
) -> tuple[Applied, tuple[Outcome, ...]]:
    """Installs, then proves (by default with checks); puts back what was there if either fails.

    Raises ApplyError, whose `applied` says how the environment was left. An interruption puts back too.
    The lock on the environment must be held.
    """
    journal = _begin(told, python)
    try:
        with sign_of_life(journal.place / MANIFEST):
            _install(told, python, env, tell, lock)
        outcomes = (prove or run_checks)(python, tell)
    except BaseException as error:
        _undo(journal, told, error, tell)
        raise
    journal.end()
    return told.applied("installed"), outcomes


def _begin(told: Forecast, python: Python) -> Journal:
    environment = Environment.of(python)
    try:
        if environment is None:
            raise FileNotFoundError(f"{python.executable} names no folder of packages that exists")
        return Journal.begin(environment, told.replaced, [w.name for w in told.wanted])
    except OSError as error:
        why = error.strerror or str(error)
        raise ApplyError(f"what is installed can't be kept, nothing was changed: {why}") from error


def _install(
    told: Forecast, python: Python, env: Mapping[str, str], tell: Tell, lock: Lock
) -> None:
    for command in told.commands:
        argv = (*command.argv, *_meter(command, python))
        tell.step(f"installing: {' '.join(command.argv)}")
        surroundings = {**env, **command.env}
        code, said = run_told(argv, surroundings, Meter(tell).line, INSTALL_LIMIT_S, lock.inherited)
        if code != 0:
            raise NotAsWanted(f"the installation failed: {last_words(said)}")


def _meter(command: Command, python: Python) -> tuple[str, ...]:
    """pip tells its progress line by line since 24.1."""
    version = re.match(r"(\d+)\.(\d+)", python.pip_version or "")
    able = version is not None and (int(version[1]), int(version[2])) >= (24, 1)
    return ("--progress-bar", "raw") if able and command.argv[1:3] == ("-m", "pip") else ()


def run_checks(python: Python, tell: Tell) -> tuple[Outcome, ...]:
    """Runs the checks. Raises NotAsWanted where torch doesn't load or doesn't compute."""
    from envsetup.doctor import BAD, Examination, run_doctor
    from envsetup.host import LocalHost
    from envsetup.knowledge import load

    host = LocalHost(no_lookups="these checks need none")
    tell.step(f"checking what was installed: {', '.join(CHECKS)}")
    report = run_doctor(python.executable, Examination(checks=CHECKS), host, load)
    bad = [one for one in report.checks if one.status in BAD]
    if bad:
        raise NotAsWanted(
            f"what was installed doesn't work: {bad[0].id} {bad[0].status} on {bad[0].device or 'cpu'}: "
            f"{bad[0].message}"
        )
    return report.checks


def _undo(journal: Journal, told: Forecast, error: BaseException, tell: Tell) -> None:
    """Puts back. Raises ApplyError for a failure; an interruption is left to go on."""
    said = str(error) if isinstance(error, NotAsWanted) else type(error).__name__
    tell.step("putting back what was installed before")
    try:
        put_back(journal)
    except (RestoreError, OSError) as trouble:
        by_hand = "; ".join(" ".join(c.argv) for c in told.restore)
        raise ApplyError(
            f"{said}. Putting back failed too: {trouble} By hand: {by_hand}",
            told.applied("left-half-done", said),
        ) from error
    if isinstance(error, NotAsWanted):
        raise ApplyError(
            f"{said}. What was installed before is back; nothing is changed.",
            told.applied("put-back", said),
        ) from error
