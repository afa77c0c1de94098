"""Work beside what goes on, and at once where the system gives no thread for it."""

from __future__ import annotations

import threading
from collections.abc import Callable


def aside(work: Callable[[], object]) -> threading.Thread | None:
    """A daemon thread at the work; None where a limit on processes allows none, and the work is done by then."""
    thread = threading.Thread(target=work, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # "can't start new thread"
        work()
        return None
    return thread
