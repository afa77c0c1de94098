"""No regular expression of envsetup takes more than linear time, whatever text it is given."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import envsetup
from envsetup.errors.normalize import normalize
from envsetup.probes.pasted import read_text
from envsetup.report.redact import credentials_out
from envsetup.report.usernames import homes_out, owners
from envsetup.rules.registry import all_rules
from tests.inputs.linear_time import CHEAP, trouble_of

Pattern = re.Pattern[str] | re.Pattern[bytes]
ROOT = Path(__file__).resolve().parents[2]
AT_ONE_PLACE = {"match", "fullmatch"}
METHODS = {*AT_ONE_PLACE, "search", "sub", "subn", "split", "findall", "finditer"}
OF_OUR_OWN = {
    "envsetup.errors.literals._TOKEN": "reads the patterns of our own symptoms",
    "envsetup.plan.bind.START": "reads commands in the texts of our own rules and plans",
    "envsetup.plan.bind.UNFINISHED": "the same",
}


class Used(NamedTuple):
    where: str
    pattern: Pattern
    methods: frozenset[str]


def patterns_in(value: object) -> Iterator[Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (tuple, list, set, frozenset)):
        for one in value:
            yield from patterns_in(one)
    elif isinstance(value, dict):
        yield from patterns_in([*value, *value.values()])


def methods_of(name: str, tree: ast.Module) -> frozenset[str]:
    """How a module uses the pattern of that name; empty where that can't be seen."""
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        and node.attr in METHODS
    )


def modules() -> Iterator[tuple[str, Any, ast.Module]]:
    for one in pkgutil.walk_packages(envsetup.__path__, "envsetup."):
        if not one.name.startswith("envsetup.checks") and not one.name.endswith("__main__"):
            module = importlib.import_module(one.name)
            source = Path(str(module.__file__)).read_text("utf-8")
            yield one.name, module, ast.parse(source)


def compiled() -> Iterator[Used]:
    for name, module, tree in modules():
        for variable, value in vars(module).items():
            for pattern in patterns_in(value):
                where = f"{name}.{variable}"
                if where not in OF_OUR_OWN:
                    yield Used(where, pattern, methods_of(variable, tree))


def written_in_calls() -> Iterator[Used]:
    """`re.search(r"...", text)` and its like."""
    for name, _, tree in modules():
        for node in ast.walk(tree):
            call = node.func if isinstance(node, ast.Call) else None
            if not isinstance(node, ast.Call) or not isinstance(call, ast.Attribute):
                continue
            of_re = isinstance(call.value, ast.Name) and call.value.id == "re"
            first = node.args[0] if node.args else None
            if of_re and call.attr in METHODS and isinstance(first, ast.Constant):
                flags = re.MULTILINE if "MULTILINE" in ast.unparse(node) else 0
                assert isinstance(first.value, str)
                pattern = re.compile(first.value, flags)
                yield Used(f"{name}:{node.lineno}", pattern, frozenset({call.attr}))


def as_used(one: Used) -> Pattern:
    """With the place where it may begin, and end, written into it."""
    if not one.methods or not one.methods <= AT_ONE_PLACE:
        return one.pattern
    text, flags = one.pattern.pattern, one.pattern.flags
    end = r"\Z" if "fullmatch" in one.methods else ""
    if isinstance(text, bytes):
        return (
            re.compile(rb"\A(?:" + text + rb"\n)" + end.encode(), flags & ~re.UNICODE)
            if flags & re.VERBOSE
            else re.compile(rb"\A(?:" + text + b")" + end.encode(), flags)
        )
    line = "\n" if flags & re.VERBOSE else ""
    return re.compile(rf"\A(?:{text}{line}){end}", flags)


def costly(found: Iterable[Used]) -> list[str]:
    wrong = []
    for one in found:
        trouble = trouble_of(as_used(one))
        if trouble.degree > 1 or trouble.constant > CHEAP:
            wrong.append(f"{one.where}: {trouble}: {one.pattern.pattern!r:.200}")
    return sorted(set(wrong))


def test_every_pattern_is_linear() -> None:
    wrong = costly([*compiled(), *written_in_calls()])

    assert not wrong, "\n".join(wrong)


def test_no_symptom_is_exponential() -> None:
    """Symptoms see a window of the text; what is square in it is bounded, what is exponential isn't."""
    patterns = {s.pattern for rule in all_rules() for s in rule.symptoms}
    wrong = [p for p in patterns if trouble_of(re.compile(p, re.IGNORECASE)).degree > 4]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("pattern", "degree"),
    [
        (r"a*b", 2),
        (r"^a*b", 1),
        (r"(?<!\d)\d+x", 1),
        (r"\bfoo\d*z", 1),
        (r".*b.*c", 3),
        (r"(a+)*b", 99),
        (r"(?:a|b|ab)*c", 99),
        (r"^(?:ab|cd)*e", 1),
        (r"//[^/\s]*@", 1),
        (r"(?:secret|key)[\w-]*[=:]", 2),
        (r'"(?:[^"\\]|\\.)*"', 2),
        (r"x\s+(.+?)\s+y", 4),
        (r"(?:\.[\w-]{1,63}){0,7}x", 1),
    ],
)
def test_what_is_costly_is_seen(pattern: str, degree: int) -> None:
    assert trouble_of(re.compile(pattern)).degree == degree


# -- and for real --------------------------------------------------------------------------------

LONG = 1 << 17
ATTACKS = [
    "token", "secret", "//", "GPU 0: \t\tP\t\t", "/home/a", "/a", "eyJaaaaaaaaaaaa-", "a-", "\\", "[", "(",
    "1", "1.", " ", "\t", "\n", "a a", "a.", "CUDA:0 (", "12MiB", "authorization:", "serial ", "login a ", "-",
    "x_XpuDeviceProperties(name='", "CUDA initialization: ", "-----BEGIN PRIVATE KEY-----", "f0:",
]  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_long_text_of_one_word_is_read_at_once(attack: str) -> None:
    """What was square took minutes for this."""
    text = (attack * (LONG // len(attack) + 1))[:LONG]

    homes_out(credentials_out(text))
    list(owners([text]))
    read_text(f"NVIDIA-SMI 535.1 Driver Version: 535.1\n{text}")
    read_text(f"PyTorch version: 2.9\nOS: {text}\nIs CUDA available: {text}\n[pip3] torch{text}")
    normalize(text)
