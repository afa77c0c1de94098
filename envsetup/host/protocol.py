"""What probes may ask of a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from envsetup.host.programs import Completed
from envsetup.host.questions import Question
from envsetup.model import Fact, OsName

T = TypeVar("T")


class Host(Protocol):
    """What probes may ask of a machine. Nothing here raises for what a machine does."""

    os_name: OsName

    def read(self, path: str, limit_bytes: int = 1 << 20) -> Fact[str]:
        """The text of a file (undecodable bytes replaced), cut after `limit_bytes`."""

    def list(self, path: str) -> Fact[tuple[str, ...]]:
        """Sorted names in a folder."""

    def realpath(self, path: str) -> Fact[str]:
        """The path behind symbolic links."""

    def call(self, name: str) -> Fact[str]:
        """The answer to a question of `envsetup.host.questions`, by its name, in JSON; use `ask`."""

    def ask(self, question: Question[T]) -> Fact[T]:
        """The answer to a question; one of another shape than the question's is Unreadable."""
        return question.decode(self.call(question.name))

    def env(self) -> Mapping[str, str]:
        """The environment variables."""

    def which(self, program: str) -> str | None:
        """Where a program lies on PATH."""

    def run(
        self,
        argv: Sequence[str],
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Completed:
        """Runs a program with standard input closed and a limit that always holds."""
