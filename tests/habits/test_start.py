"""start.py: what it says where it can't start, and that it needs no new Python to say so."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
START = ROOT / "start.py"


@pytest.fixture
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", START)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def no_ensurepip(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a Debian without python3-venv: an environment can be made, but without pip."""
    real = start.call

    def call(argv: list[str], *others: object, **named: object) -> int:
        if argv[1:3] == ["-m", "venv"] and "--without-pip" not in argv:
            return 1
        return int(real(argv, *others, **named))

    monkeypatch.setattr(start, "call", call)
    monkeypatch.setitem(sys.modules, "ensurepip", None)


def test_it_parses_on_an_old_python() -> None:
    ast.parse(START.read_text("utf-8"), feature_version=(3, 6))


def test_it_needs_the_standard_library_alone() -> None:
    tree = ast.parse(START.read_text("utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}

    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_an_old_python_gets_a_sentence(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))

    assert start.main([]) == 1
    said = capfd.readouterr().err
    assert "too old" in said
    assert "3.8" in said
    assert "3.10" in said


def test_without_ensurepip_the_outer_pip_serves(
    start: ModuleType, no_ensurepip: None, tmp_path: Path
) -> None:
    home = str(tmp_path / "home")

    pip = start.make_home(home)

    assert pip == [sys.executable, "-m", "pip", "--python", start.program(home, "python")]


def test_where_no_environment_can_be_made_it_names_the_package(
    start: ModuleType, no_ensurepip: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit(1)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(start.CannotStart) as caught:
        start.make_home(str(tmp_path / "home"))

    message = str(caught.value)
    assert "ensurepip" in message
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}-venv" in message


def test_a_home_whose_python_went_away_is_made_anew(start: ModuleType, tmp_path: Path) -> None:
    home = tmp_path / "home"
    python = Path(start.program(str(home), "python"))
    python.parent.mkdir(parents=True)
    python.symlink_to(tmp_path / "removed")

    assert start.make_home(str(home)) == [str(python), "-m", "pip"]
    assert start.works(str(home))


def test_a_pip_that_fails_is_told_with_what_to_do(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    failing = [sys.executable, "-c", "raise SystemExit(1)"]
    monkeypatch.setattr(start, "make_home", lambda home: failing)

    assert start.main([]) == 1
    assert "index-url" in capfd.readouterr().err


def test_it_tells_what_it_does_when_asked() -> None:
    done = subprocess.run(
        [sys.executable, str(START), "--help"],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )

    assert done.returncode == 0
    assert "--test" in done.stdout


class Pip:
    """Writes down what start.py asks of pip."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, argv: list[str], *_: object, **__: object) -> int:
        self.asked.append([word for word in argv if word != "pip"])
        return 0


@pytest.fixture
def pip(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Pip:
    watching = Pip()
    monkeypatch.setattr(start, "make_home", lambda home: ["pip"])
    monkeypatch.setattr(start, "call", watching)
    monkeypatch.delenv("ENVSETUP_NO_LOCK", raising=False)
    return watching


def test_it_installs_by_hash_and_builds_with_what_it_installed(start: ModuleType, pip: Pip) -> None:
    start.main([])

    locked, own = pip.asked[:2]
    assert "--require-hashes" in locked
    assert locked[-1] == str(ROOT / "requirements" / "tool.txt")
    assert {"--no-deps", "--no-build-isolation", str(ROOT)} <= set(own)


def test_the_tests_have_a_lock_of_their_own(start: ModuleType, pip: Pip) -> None:
    start.main(["--test"])

    assert pip.asked[0][-1] == str(ROOT / "requirements" / "test.txt")


@pytest.mark.parametrize("words", [["--no-lock"], ["--no-lock", "--test"]])
def test_without_the_lock_the_bounds_decide(start: ModuleType, pip: Pip, words: list[str]) -> None:
    start.main(words)

    assert "--require-hashes" not in pip.asked[0]
    assert pip.asked[0][-1].startswith(str(ROOT))
    assert "--no-lock" not in pip.asked[-1]


def test_a_variable_says_the_same(
    start: ModuleType, pip: Pip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVSETUP_NO_LOCK", "1")
    start.main([])

    assert "--require-hashes" not in pip.asked[0]


def test_a_refused_hash_is_told_with_the_way_without(
    start: ModuleType, pip: Pip, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start, "call", lambda *_, **__: 1)

    assert start.main([]) == 1
    assert "--no-lock" in capfd.readouterr().err
