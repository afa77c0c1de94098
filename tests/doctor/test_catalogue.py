"""The checks as their files tell of them."""

from __future__ import annotations

import pytest

from envsetup.doctor.catalogue import CheckFileError, all_checks, choose, in_order, read_check
from envsetup.model import Check


def check(name: str, *requires: str, level: str = "standard") -> Check:
    return Check(
        id=name,
        summary="",
        devices="any",
        level=level,  # type: ignore[arg-type]
        timeout_s=1,
        requires=requires,
    )


def test_the_named_checks_are_there() -> None:
    assert {"autograd", "dynamic-graph", "mlp-train"} <= {c.id for c in all_checks()}


def test_what_a_check_requires_exists_and_comes_before_it() -> None:
    order = [c.id for c in all_checks()]

    for one in all_checks():
        for name in one.requires:
            assert order.index(name) < order.index(one.id)


def test_the_order_follows_requirements_and_survives_a_circle() -> None:
    assert [c.id for c in in_order([check("a", "b"), check("b", "c"), check("c")])] == [
        "c",
        "b",
        "a",
    ]
    assert {c.id for c in in_order([check("a", "b"), check("b", "a")])} == {"a", "b"}


def test_levels_and_selection_choose() -> None:
    given = [check("a"), check("b"), check("deep", level="deep")]

    def ids(*args: object) -> list[str]:
        return [c.id for c in choose(given, *args)]  # type: ignore[arg-type]

    assert ids("quick", (), ()) == []
    assert ids("standard", (), ()) == ["a", "b"]
    assert ids("deep", (), ("a",)) == ["b", "deep"]
    assert ids("standard", ("a", "GP"), ()) == ["a"]
    assert ids("standard", ("deep",), ()) == ["deep"]


def test_a_file_that_does_not_tell_of_itself_is_a_bug_named_by_its_path() -> None:
    with pytest.raises(CheckFileError, match="odd.py"):
        read_check("odd.py", 'SUMMARY = "x"')
