"""No rule judges without a machine in the tests that it convicts, and one that it lets go."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from envsetup.probes.environment import matters
from envsetup.probes.programs import PROGRAMS
from envsetup.rules.registry import all_rules

TESTS = Path(__file__).parents[1]
RULES = TESTS.parent / "envsetup" / "rules"


def tables() -> Iterator[ModuleType]:
    """The test modules with a table PAIRS: code, a machine with the fault, and one nearly without it."""
    for folder in ("rules", "rules_core"):
        for path in sorted((TESTS / folder).glob("test_*.py")):
            if re.search(r"^PAIRS\b", path.read_text("utf-8"), re.MULTILINE):
                yield importlib.import_module(f"tests.{folder}.{path.stem}")


def test_every_judge_is_shown_a_fault_and_its_like() -> None:
    shown = {
        (row if isinstance(row, str) else row[0]).split()[0] for m in tables() for row in m.PAIRS
    }
    unshown = [r.code for r in all_rules() if r.judge and r.code not in shown]

    assert unshown == [], "add a row to a table PAIRS, such as that of tests/rules/test_judges.py"


def test_every_table_is_run() -> None:
    """By a test that wants a finding for the fault, and none for its like."""
    for module in tables():
        text = inspect.getsource(module)
        runs = re.findall(
            r"^@pytest.mark.parametrize\(.*\bPAIRS\b.*\)\ndef (\w+)", text, re.MULTILINE
        )
        assert runs, module.__name__
        said = inspect.getsource(getattr(module, runs[0]))
        assert len(re.findall(r"^    assert ", said, re.MULTILINE)) == 2, runs[0]


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
