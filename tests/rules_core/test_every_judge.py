"""No rule judges without a test that names it."""

from __future__ import annotations

from pathlib import Path

from envsetup.rules import all_rules

TESTS = Path(__file__).parents[1]


def test_every_judge_is_named_by_a_test() -> None:
    texts = [
        path.read_text("utf-8")
        for folder in ("rules", "rules_core", "pasted", "doctor")
        for path in (TESTS / folder).glob("test_*.py")
    ]
    unnamed = [r.code for r in all_rules() if r.judge and not any(r.code in t for t in texts)]

    assert unnamed == []
