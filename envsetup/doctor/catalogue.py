"""Which checks there are, read from their files without importing one, and which of them to run."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import PurePath

from msgspec import convert

from envsetup.model import Check, Level, Outcome
from envsetup.target import check_sources

LATE = re.compile(
    r"\boptim\b|gradcheck|grad_outputs|autograd\.grad\(|\.backward\([^)]|torch\.compile"
)
"""Words of checks that make torch import `torch._dynamo` or sympy: they wait until that is done once."""


class CheckFileError(Exception):
    """A check's file doesn't say of itself what it must; a bug of ours."""


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, each after those that it requires."""
    return in_order([read_check(path, text) for path, text in check_sources().items()])


@cache
def files() -> dict[str, tuple[str, bool]]:
    """Check id to its path, and whether it waits for the early import of torch._dynamo."""
    return {
        read_check(path, text).id: (path, bool(LATE.search(text)))
        for path, text in check_sources().items()
    }


def read_check(path: str, text: str) -> Check:
    """What a check's file says of itself. Raises CheckFileError where a constant is missing or wrong."""
    tree = ast.parse(text, path)
    constants = dict(_constants(tree))
    try:
        about = {
            "id": constants.get("ID") or PurePath(path).stem.replace("_", "-"),
            "summary": constants["SUMMARY"],
            "devices": constants["DEVICES"],
            "level": constants["LEVEL"],
            "timeout_s": float(constants["TIMEOUT_S"]),  # type: ignore[arg-type]
            "requires": tuple(constants.get("REQUIRES", ())),  # type: ignore[arg-type]
            "page": ast.get_docstring(tree) or "",
        }
        return convert(about, Check)
    except (KeyError, ValueError, TypeError) as error:
        raise CheckFileError(f"{path}: {type(error).__name__}: {error}") from error


def _constants(tree: ast.Module) -> Iterable[tuple[str, object]]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name) and target.id.isupper():
                try:
                    yield target.id, ast.literal_eval(value)
                except ValueError:
                    continue  # a constant of the check's own, computed


def in_order(checks: Iterable[Check]) -> tuple[Check, ...]:
    """By id, each after what it requires."""
    by_id = {c.id: c for c in sorted(checks, key=lambda c: c.id)}
    placed: dict[str, Check] = {}

    def place(check: Check, path: tuple[str, ...]) -> None:
        for name in check.requires:
            if name in by_id and name not in path:
                place(by_id[name], (*path, name))
        placed.setdefault(check.id, check)

    for check in by_id.values():
        place(check, (check.id,))
    return tuple(placed.values())


def choose(
    checks: Iterable[Check], level: Level, select: Collection[str], ignore: Collection[str]
) -> tuple[Check, ...]:
    """The checks of a level. `select` and `ignore` hold ids, other words in them are left alone."""
    given = tuple(checks)
    ids = {c.id for c in given}
    named = ids.intersection(select)
    if level == "quick":
        return ()
    levels = ("standard",) if level == "standard" else ("standard", "deep")
    wanted = [c for c in given if (c.id in named if named else c.level in levels)]
    return tuple(c for c in wanted if c.id not in ignore)


def choose_outcomes(
    outcomes: Iterable[Outcome], select: Collection[str], ignore: Collection[str]
) -> tuple[Outcome, ...]:
    """The outcomes of the checks that `select` and `ignore` leave, as `choose` does for checks."""
    named = {c.id for c in all_checks()}.intersection(select)
    return tuple(o for o in outcomes if o.id not in ignore and (not named or o.id in named))


def order_for(checks: Iterable[Check]) -> list[Mapping[str, object]]:
    """The checks as the worker takes them."""
    about = files()
    return [
        {
            "id": c.id,
            "file": about[c.id][0],
            "late": about[c.id][1],
            "devices": c.devices,
            "timeout_s": c.timeout_s,
            "requires": list(c.requires),
        }
        for c in checks
    ]
