"""What a rule is, and how a file declares one.

A rule is a function under `@rule(...)`. It asks for facts by parameter name: a parameter named after
a field of `Machine` gets that fact's value. Where the fact is unreadable the rule is undecided, where
it is absent the rule does not apply. `machine` and `knowledge` give the whole of each; a rule that
finds a deeper fact missing raises `Undecidable`. A rule that no fact can decide is declared by
`text_rule(...)` with the reason. The docstring of the module is the rule's page.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

from msgspec.structs import replace

from envsetup.model import (
    Confidence,
    Evidence,
    Fix,
    Known,
    Machine,
    OsName,
    Record,
    Severity,
)

if TYPE_CHECKING:
    from typing_extensions import Required, Unpack


class Draft(Record):
    """A finding as a rule's function gives it; the engine adds what the rule says of itself."""

    message: str
    subject: str | None = None
    evidence: tuple[Evidence, ...] = ()
    fixes: tuple[Fix, ...] = ()
    confidence: Confidence = "high"
    severity: Severity | None = None
    """Only where one finding weighs otherwise than its rule."""


class Undecidable(Exception):
    """Raised by a rule that needs a fact which is not known."""

    def __init__(self, reason: str, *missing_facts: str) -> None:
        super().__init__(reason)
        self.missing_facts = missing_facts


class Symptom(Record):
    """Words of an error message that speak for a rule.

    `pattern` is a regular expression (searched without regard to case, its colons and quotes
    optional, in time linear in the text: no nested or adjacent unbounded repeats). `confidence` says
    how much a match alone is worth.
    """

    pattern: str
    confidence: Confidence = "high"


Judge: TypeAlias = Callable[..., Iterator[Draft]]
EVERYWHERE: tuple[OsName, ...] = ("linux", "windows", "macos")
State: TypeAlias = Literal["preview", "stable"]


class Rule(Record):
    """What a rule says of itself, with the function that judges (None: only error texts reveal it)."""

    code: str
    slug: str
    title: str
    severity: Severity
    page: str = ""
    platforms: tuple[OsName, ...] = EVERYWHERE
    symptoms: tuple[Symptom, ...] = ()
    excludes: tuple[str, ...] = ()
    """Patterns in an error text that rule this one out."""
    suppresses: tuple[str, ...] = ()
    """Codes whose findings this one explains."""
    yields_to: tuple[str, ...] = ()
    """Beginnings of codes: a catch-all is explained by any finding above note that has one."""
    unseen: str = ""
    """Which causes leave nothing that its judge reads (see `envsetup.rules.undecidable`).

    Empty where it sees every case: then its silence contradicts a text that speaks for the rule; else
    what a text says stays likely.
    """
    ask: str = ""
    """What to look at to be sure, where an error text leaves it open."""
    fixes: tuple[Fix, ...] = ()
    """What to do where only the error text is known."""
    state: State = "stable"
    """`preview`: judges only where it is asked for, by name or altogether."""
    formerly: tuple[str, ...] = ()
    """Codes and slugs that this one had before: they lead here for ever."""
    since: str = "0.1"
    needs: tuple[str, ...] = ()
    judge: Judge | None = None
    undecidable: str = ""
    """Why no fact decides it (see `envsetup.rules.undecidable`); empty where facts do."""

    @property
    def exhaustive(self) -> bool:
        """Whether the silence of its judge contradicts a text that speaks for it."""
        return self.judge is not None and not self.unseen


class About(TypedDict, total=False):
    """What a file says of its rule: fields of `Rule`."""

    code: Required[str]
    slug: Required[str]
    title: Required[str]
    severity: Required[Severity]
    platforms: tuple[OsName, ...]
    symptoms: tuple[Symptom, ...]
    excludes: tuple[str, ...]
    suppresses: tuple[str, ...]
    yields_to: tuple[str, ...]
    unseen: str
    ask: str
    fixes: tuple[Fix, ...]
    state: State
    formerly: tuple[str, ...]
    since: str
    page: str
    """Only where a close family shares a module, whose docstring is the page otherwise."""


DECLARED: dict[str, list[Rule]] = {}
"""The rules of the modules that were imported so far, by module."""


def rule(**about: Unpack[About]) -> Callable[[Judge], Judge]:
    """Declares the function below it as the judge of a rule."""

    def declare(judge: Judge) -> Judge:
        needs = tuple(inspect.signature(judge).parameters)
        _declare(judge.__module__, Rule(**about, needs=needs, judge=judge))
        return judge

    return declare


def text_rule(module: str, *, undecidable: str, **about: Unpack[About]) -> None:
    """Declares a rule without a judge: only error texts bring it up, for the reason `undecidable`."""
    _declare(module, Rule(**about, undecidable=undecidable))


def _declare(module: str, one: Rule) -> None:
    page = inspect.cleandoc(one.page or sys.modules[module].__doc__ or "")
    DECLARED.setdefault(module, []).append(replace(one, page=page))


def fact_evidence(machine: Machine, name: str, value: str | None = None) -> Evidence:
    """Evidence from a known fact of the machine, with its own source."""
    fact = getattr(machine, name)
    assert isinstance(fact, Known), name
    return Evidence(
        fact=name, value=str(fact.value) if value is None else value, source=fact.source
    )
