"""What a run says on standard error while it runs: a spinner on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from types import TracebackType
from typing import Any

from envsetup.cli.output import say
from envsetup.sanitize import plain

SLOW_S = 15.0
"""Silence after which a run says that it still works on something."""


class Narrator:
    """Tells of each step once. As a context manager it clears its line whatever happens."""

    def __init__(self, quiet: bool = False, verbose: int = 0) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.on_terminal = not quiet and sys.stderr.isatty()
        self._status: Any = None
        self._timer: threading.Timer | None = None
        self._step = ""
        self._since = time.monotonic()
        self._done = 0

    def __enter__(self) -> Narrator:  # noqa: PYI034 - Self needs 3.11
        if self.on_terminal:
            from rich.console import Console

            status = Console(stderr=True).status("starting", spinner="dots")
            with contextlib.suppress(RuntimeError):  # no thread to be had: plain lines, then
                status.start()
                self._status = status
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_timer()
        if self._status is not None:
            self._status.stop()

    def step(self, text: str) -> None:
        """A step that a person may wait for."""
        self._show(text)
        if not self.on_terminal:
            self.line(text)

    def detail(self, text: str) -> None:
        """What a program under us prints: on the spinner, and in the log only with -v."""
        self._show(text.strip())
        if self.verbose:
            self.line(text)

    def line(self, text: str) -> None:
        """A line that stays: above the spinner, where there is one."""
        if self.quiet:
            return
        from envsetup.report.addresses import addresses_cleaned

        text = addresses_cleaned(text)
        if self._status is not None:
            self._status.console.print(plain(text), markup=False, highlight=False, emoji=False)
        else:
            say(text)

    def progress(self, kind: str, name: str) -> None:
        """What the doctor tells: see `envsetup.doctor.runner.Progress`."""
        if kind == "import":
            self.step("importing torch and reading the machine's facts")
        elif kind == "limit":
            self.line(
                f"deep checks take a while; the limit of this run is {float(name) / 60:.0f} min"
            )
        elif kind == "imported":
            self.step(f"torch {name} imported, checking")
        elif kind == "check":
            self._show(f"checking ({self._done} done): {name.replace('@', ' on ')}")
        elif kind == "result":
            self._done += 1
            if self.verbose or not name.endswith((": passed", ": skipped", ": not-started")):
                self.line(name)

    def _show(self, text: str) -> None:
        self._step, self._since = text, time.monotonic()
        self._stop_timer()
        if self.quiet:
            return
        if self._status is not None:
            from rich.markup import escape

            self._status.update(escape(plain(text)))
        timer = threading.Timer(SLOW_S, self._still)
        timer.daemon = True
        with contextlib.suppress(RuntimeError):  # no thread to be had: then no notice either
            timer.start()
            self._timer = timer

    def _still(self) -> None:
        seconds = time.monotonic() - self._since
        self.line(f"this takes longer than usual ({seconds:.0f} s so far): {self._step}")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
