"""What a user asks of the plan."""

from __future__ import annotations

from msgspec import field

from envsetup.knowledge.records import INDEX
from envsetup.model import Record

__all__ = ["INDEX", "PACKAGES", "Request"]

PACKAGES = ("torch", "torchvision", "torchaudio")


class Request(Record):
    """`specifiers` maps each named package to its PEP 440 specifier set, empty for any version."""

    specifiers: dict[str, str] = field(default_factory=lambda: {"torch": ""})
    backend: str = "auto"
    installer: str = "pip"
    channel: str = "stable"
    mirror: str | None = None
    allow_cpu: bool = False
    python: str = "python"
    """The word for the interpreter in commands."""
    today: str | None = None
    """ISO date, to tell the age of the knowledge."""
    without: tuple[tuple[str, str], ...] = ()
    """Releases and builds that the index was seen not to have."""

    @property
    def companions(self) -> tuple[str, ...]:
        return tuple(name for name in PACKAGES[1:] if name in self.specifiers)
