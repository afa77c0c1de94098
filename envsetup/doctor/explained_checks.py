"""Which finding explains a check that didn't pass: the cause is told and mended, not the check run again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from msgspec.structs import replace

from envsetup.model import Finding, Machine, Outcome, Unreadable

IMPORT_FAILED = "PY113"
_MODULE = re.compile(r"No module named '([\w]+)")


def explained(
    outcomes: Iterable[Outcome], findings: Sequence[Finding], machine: Machine
) -> tuple[Outcome, ...]:
    """The outcomes, each bad one with the code of the finding that explains it, where one does."""
    above = {f.code: f.suppressed_by for f in findings}
    failed = _import_failed(machine) and IMPORT_FAILED in above
    cause = _top(IMPORT_FAILED, above) if failed else None
    present = [f for f in findings if f.suppressed_by is None]

    def by(one: Outcome) -> str | None:
        if one.status in ("passed", "skipped"):
            return None
        if cause is not None and one.status == "not-started":
            return cause
        return _by_words(one.message, present)

    return tuple(replace(one, explained_by=by(one)) for one in outcomes)


def _import_failed(machine: Machine) -> bool:
    runtime = machine.torch_runtime
    return isinstance(runtime, Unreadable) and runtime.source.kind == "target"


def _top(code: str, above: dict[str, str | None]) -> str:
    """The last cause on the way up; findings that explain each other end it."""
    seen = {code}
    while (cause := above.get(code)) is not None and cause not in seen:
        seen.add(code := cause)
    return code


def _by_words(message: str, findings: Sequence[Finding]) -> str | None:
    """The finding about the module that the message misses, or one that its words surely speak for."""
    missing = _MODULE.search(message)
    name = missing[1].replace("_", "-").lower() if missing else None
    about = (f.code for f in findings if name is not None and f.subject == name)
    codes = {f.code for f in findings}
    return next(about, None) or next((c for c in _nominees(message) if c in codes), None)


@cache
def _nominees(message: str) -> tuple[str, ...]:
    """Codes that the words surely speak for, best first."""
    from envsetup.errors.rank import match_error

    return tuple(m.code for m in match_error(message) if m.confidence == "high")
