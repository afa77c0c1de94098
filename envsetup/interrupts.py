"""Interrupts of the main thread, and how they are held back while something must not be cut in two."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _State:
    holding = False
    noted = False


def interrupt(*_: object) -> None:
    """A signal handler: raises KeyboardInterrupt, as Ctrl-C does, or notes it where interrupts are held."""
    if _State.holding:
        _State.noted = True
    else:
        raise KeyboardInterrupt


@contextmanager
def held() -> Iterator[None]:
    """Interrupts that arrive in this block are raised at its end; they reach the main thread alone.

    Holds what `interrupt` handles (the command line has it handle SIGINT, SIGTERM and SIGHUP), and
    Python's own handler of SIGINT. A handler of somebody else's stays as it is.
    """
    if _State.holding or threading.current_thread() is not threading.main_thread():
        yield
        return
    of_python = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    _State.noted, _State.holding = False, True
    try:
        if of_python:
            signal.signal(signal.SIGINT, interrupt)
        yield
    finally:
        _State.holding = False
        if of_python:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if _State.noted:
            raise KeyboardInterrupt
