"""No rule judges without a test that names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from envsetup.probes.environment import matters
from envsetup.probes.programs import PROGRAMS
from envsetup.rules.registry import all_rules

TESTS = Path(__file__).parents[1]
RULES = TESTS.parent / "envsetup" / "rules"


def test_every_judge_is_named_by_a_test() -> None:
    texts = [
        path.read_text("utf-8")
        for folder in ("errors", "rules", "rules_core", "pasted", "doctor")
        for path in (TESTS / folder).glob("test_*.py")
    ]
    unnamed = [r.code for r in all_rules() if r.judge and not any(r.code in t for t in texts)]

    assert unnamed == []


def variables_asked_for(path: Path) -> set[str]:
    """All texts that look like a variable's name, but for the words of symptoms."""
    tree = ast.parse(path.read_text("utf-8"))
    symptoms = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and is_symptom(n)]
    words = {id(part) for symptom in symptoms for part in ast.walk(symptom)}
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in words]
    named = (str(n.value) for n in texts)
    return {name for name in named if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", name)}


def is_symptom(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "Symptom"


NO_VARIABLES = {"PCI_BUS_ID"}
"""Values in capitals that a rule compares with."""


def test_every_variable_that_a_rule_asks_for_is_read() -> None:
    """One that the probe leaves out is never there: the rule would be blind to it."""
    blind = {
        path.name: missing
        for path in RULES.glob("*/[a-z][a-z][0-9]*.py")
        if (missing := {v for v in variables_asked_for(path) if not matters(v)} - NO_VARIABLES)
    }
    assert blind == {}


def test_every_program_that_a_rule_asks_for_is_looked_for() -> None:
    asked = re.compile(r"""programs(?:\.get\(|\[)\s*"([\w+-]+)"|"([\w+-]+)" (?:not )?in programs""")
    named = {
        first or second
        for path in RULES.rglob("*.py")
        for first, second in asked.findall(path.read_text("utf-8"))
    }
    assert named and named <= set(PROGRAMS)
