"""Every rule there is, found by listing the family folders; and a rule by its code or name."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache

from envsetup.rules.definition import DECLARED, Rule

_RULES = "envsetup.rules"
_FILE = re.compile(r"([a-z]{2}\d{3})_(\w+)")
"""A rule's file is called `<code>_<slug>.py`."""


@cache
def _files() -> dict[str, str]:
    """Modules that hold rules: the dotted name by the file's name."""
    import envsetup.rules as home

    return {
        module.name.rpartition(".")[2]: module.name
        for module in pkgutil.walk_packages(home.__path__, f"{_RULES}.")
        if _FILE.fullmatch(module.name.rpartition(".")[2])
    }


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    for module in _files().values():
        importlib.import_module(module)
    rules = sorted((r for rs in DECLARED.values() for r in rs), key=lambda r: r.code)
    names = [name for r in rules for name in (r.code, r.slug, *r.formerly)]
    assert len(names) == len(set(names)), "two rules share a code or a name"
    return tuple(rules)


def find_rule(code_or_slug: str) -> Rule | None:
    """The rule of that code (any case) or slug, or the one that once was called so."""
    wanted = code_or_slug.strip().lower()
    own = _in_own_file(wanted)
    return own or next((r for r in all_rules() if wanted in names_of(r)), None)


def _in_own_file(wanted: str) -> Rule | None:
    """The rule whose file is named after it, without loading the others."""
    name = wanted.replace("-", "_")
    for file, module in _files().items():
        if name in file.split("_", 1):
            importlib.import_module(module)
            return next((r for r in DECLARED.get(module, ()) if wanted in names_of(r)), None)
    return None


def names_of(one: Rule) -> tuple[str, ...]:
    """What the rule is and was called, in lower case."""
    return tuple(name.lower() for name in (one.code, one.slug, *one.formerly))


def renamed(word: str) -> Rule | None:
    """The rule that once had this code or slug and has another now."""
    old = word.strip().lower()
    return next((r for r in all_rules() if old in names_of(r)[2:]), None)
