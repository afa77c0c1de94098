"""A kept answer counts only for the same files, read by the same reader, in the same shape."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from pathlib import Path
from types import ModuleType

import platformdirs
import pytest

from envsetup.cache_folder import cache_folder
from envsetup.host import disk_cache
from envsetup.knowledge.load import refreshed_file

READER = """
from envsetup.host.disk_cache import remembered

looks = 0

def look():
    global looks
    looks += 1
    return {answer}

def read(path):
    return remembered("made-up", {kind}, (path,), lambda: look())
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = cache_folder()
    assert folder is not None
    return folder


@pytest.fixture
def library(tmp_path: Path) -> str:
    file = tmp_path / "library.so"
    file.write_text("one")
    return str(file)


def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, kind: str) -> ModuleType:
    file = tmp_path / "made_up_reader.py"
    file.write_text(READER.format(answer=answer, kind=kind))
    spec = importlib.util.spec_from_file_location("made_up_reader", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "made_up_reader", module)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("cache")
def test_a_file_is_read_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    made_up = reader(tmp_path, monkeypatch, "3", "int")
    assert [made_up.read(library) for _ in range(3)] == [3, 3, 3]
    assert made_up.looks == 1
    Path(library).write_text("another")
    assert made_up.read(library) == 3
    assert made_up.looks == 2


@pytest.mark.usefixtures("cache")
def test_the_answer_of_a_reader_that_was_mended_since_is_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    assert reader(tmp_path, monkeypatch, "'wrong'", "str").read(library) == "wrong"
    assert reader(tmp_path, monkeypatch, "'right'", "str").read(library) == "right"


@pytest.mark.parametrize("kept", [b"", b"{", b'"text"', b'{"a": 1}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_kept_in_another_shape_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, cache: Path, kept: bytes
) -> None:
    made_up = reader(tmp_path, monkeypatch, "3", "int")
    made_up.read(library)
    (file,) = cache.iterdir()
    file.write_bytes(kept)
    assert made_up.read(library) == 3
    assert file.read_bytes() == b"3"


def test_old_answers_go_when_a_new_one_is_kept_and_other_files_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, cache: Path
) -> None:
    monkeypatch.setattr(disk_cache, "MOST_ANSWERS", 3)
    (cache / "knowledge").mkdir(parents=True)
    (cache / "notes.txt").touch()
    now = time.time()
    for age in (1, 2, 3, disk_cache.OLDEST_S + 60):
        (cache / f"archs-{age}.json").touch()
        os.utime(cache / f"archs-{age}.json", (now - age - 10, now - age - 10))
    made_up = reader(tmp_path, monkeypatch, "3", "int")
    made_up.read(library)
    left = sorted(path.name.partition("-")[0] for path in cache.iterdir())
    assert left == ["archs", "archs", "knowledge", "made", "notes.txt"]
    assert (cache / "archs-1.json").exists()


def test_without_a_folder_it_is_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    def homeless(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(platformdirs, "user_cache_path", homeless)
    made_up = reader(tmp_path, monkeypatch, "3", "int")
    assert [made_up.read(library), made_up.read(library)] == [3, 3]
    assert made_up.looks == 2


def test_refreshed_knowledge_lies_in_the_same_folder(cache: Path) -> None:
    stored = refreshed_file()
    assert stored is not None
    assert stored.parent == cache / "knowledge"
