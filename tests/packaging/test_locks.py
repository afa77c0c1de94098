"""The lock files: exact, hashed, in step with pyproject.toml, and silent about where they were made."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = {"tool": (), "test": ("test",), "release": ("release",)}
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


def entries(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Each pin with its hashes."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    bare = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found = []
    for line in filter(None, map(str.strip, bare.splitlines())):
        pin, *hashes = re.split(r"\s+--hash=", line)
        found.append((Requirement(pin), hashes))
    return found


def wanted(lock: str) -> list[Requirement]:
    extras = PROJECT["project"]["optional-dependencies"]
    texts = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    return [
        Requirement(t) for t in (*texts, *(one for name in LOCKS[lock] for one in extras[name]))
    ]


def pins(lock: str, python: str) -> dict[str, str]:
    here = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    chosen: dict[str, str] = {}
    for one, _ in entries(lock):
        if one.marker is None or one.marker.evaluate(here):
            name = canonicalize_name(one.name)
            assert name not in chosen, f"{name} is pinned twice for Python {python}"
            chosen[name] = next(iter(one.specifier)).version
    return chosen


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_has_hashes(lock: str) -> None:
    for one, hashes in entries(lock):
        assert [s.operator for s in one.specifier] == ["=="], one
        assert hashes, one
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), one
        assert one.url is None


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_the_pins_are_what_the_project_asks_for(lock: str, python: str) -> None:
    here, chosen = {"python_version": python, "extra": ""}, pins(lock, python)
    for one in wanted(lock):
        if one.marker is None or one.marker.evaluate(here):
            version = chosen[canonicalize_name(one.name)]
            assert one.specifier.contains(version), f"{one}, and {version} is pinned"


@pytest.mark.parametrize("python", PYTHONS)
def test_the_locks_agree(python: str) -> None:
    test = pins("test", python)
    for lock in ("tool", "release"):
        shared = {n: v for n, v in pins(lock, python).items() if n in test}
        assert shared == {n: test[n] for n in shared}, lock
    assert set(pins("tool", python)) <= set(test)


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_tells_which_index_it_was_made_with(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)


def test_the_build_backend_is_locked() -> None:
    assert {r.name for r in map(Requirement, PROJECT["build-system"]["requires"])} == {"setuptools"}
    assert all("setuptools" in pins("tool", python) for python in PYTHONS)


def test_no_requirement_is_a_name_that_somebody_else_could_take() -> None:
    """The project itself is on no index: asking one for it would fetch whoever takes the name."""
    own = canonicalize_name(PROJECT["project"]["name"])
    assert "dependency-groups" not in PROJECT
    assert own not in {canonicalize_name(r.name) for lock in LOCKS for r in wanted(lock)}
    assert own not in {name for lock in LOCKS for name in pins(lock, "3.12")}


def test_the_action_and_start_install_from_the_lock() -> None:
    for file in ("action.yml", "start.py"):
        text = (ROOT / file).read_text("utf-8")
        assert "--require-hashes" in text
        assert "--no-build-isolation" in text
