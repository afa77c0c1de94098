"""The beginning of each change of an environment: the lock, and what an earlier run that was cut off left."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from envsetup.installer.forecast import ApplyError
from envsetup.installer.journal import Environment, RestoreError, UnusableJournal
from envsetup.installer.lock import Busy, Lock, locked
from envsetup.installer.marker import is_half_made
from envsetup.installer.rollback import restore_cut_off
from envsetup.installer.running import Tell
from envsetup.model import Python


@contextlib.contextmanager
def at_work(python: Python, tell: Tell) -> Iterator[Lock]:
    """Holds the lock on the interpreter's environment, with what was cut off there put back first.

    Raises ApplyError where another run works there, or putting back isn't possible.
    """
    environment = Environment.of(python)
    if environment is None or (python.externally_managed and not python.in_venv):
        yield Lock(None)  # nothing is ever installed there
        return
    with contextlib.ExitStack() as stack:
        try:
            lock = stack.enter_context(locked(Path(environment.prefix), tell))
            _whole(environment, tell)
        except (Busy, RestoreError) as error:
            raise ApplyError(str(error), usage=isinstance(error, UnusableJournal)) from error
        except OSError as error:
            raise ApplyError(f"{error.filename}: {error.strerror or error}", usage=True) from error
        yield lock


def _whole(environment: Environment, tell: Tell) -> None:
    if environment.whole and is_half_made(Path(environment.prefix)):
        raise ApplyError(
            f"`envsetup setup` was cut off while it made {environment.prefix}. "
            f"Let it finish first: envsetup setup {environment.prefix}",
            usage=True,
        )
    restore_cut_off(environment, tell)
