"""The check `import` on a torch that is really torn: a scratch copy, layered over the real one by links."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASK = "import importlib.metadata as m; print(m.distribution('torch').locate_file(''))"
RUN = """
import importlib.util, json, sys, torch
spec = importlib.util.spec_from_file_location("checked", sys.argv[1])
check = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check)
for _ in sys.stdin:
    try:
        told = ["passed", check.run(torch, "cpu")]
    except AssertionError as error:
        told = ["failed", str(error)]
    print(json.dumps(told), flush=True)
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


@pytest.fixture(scope="module")
def real() -> tuple[str, Path]:
    """The target interpreter, and its site-packages."""
    named = os.environ.get("ENVSETUP_TEST_TARGET") or str(ROOT / ".venv-test" / "bin" / "python")
    if not Path(named).exists():
        pytest.skip("no interpreter with torch: set ENVSETUP_TEST_TARGET to one")
    told = subprocess.run([named, "-c", ASK], capture_output=True, text=True, check=True).stdout
    return named, Path(told.strip())


class Layer:
    """A folder to put before site-packages: torch and its metadata, file by file links, some replaced."""

    def __init__(self, python: str, site: Path, folder: Path) -> None:
        (info,) = site.glob("torch-*.dist-info")
        self.info, self.torch = folder / info.name, folder / "torch"
        for made, there in ((self.torch, site / "torch"), (self.info, info)):
            made.mkdir()
            for entry in there.iterdir():
                (made / entry.name).symlink_to(entry)
        environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        argv = [python, "-c", RUN, str(ROOT / "checks" / "torch_import.py")]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(argv, env=environ, stdin=pipe, stdout=pipe, text=True)

    @contextlib.contextmanager
    def replaced(self, path: Path, old: str, new: str) -> Iterator[None]:
        """The file with one thing changed, for a while, in place of the link."""
        text, there = path.read_text("utf-8"), path.readlink()
        assert old in text
        path.unlink()
        path.write_text(text.replace(old, new), "utf-8")
        try:
            yield
        finally:
            path.unlink()
            path.symlink_to(there)

    def check(self) -> tuple[str, str]:
        """What the check says now; one process imports torch once and answers every question."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("now\n")
        self.process.stdin.flush()
        status, told = json.loads(self.process.stdout.readline())
        return status, str(told)


@pytest.fixture(scope="module")
def layer(real: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layer]:
    layer = Layer(*real, tmp_path_factory.mktemp("layer"))
    yield layer
    layer.process.communicate(timeout=60)


def _row(record: Path, name: str) -> tuple[str, int]:
    """A library's line in RECORD, and the size in it."""
    lines = record.read_text("utf-8").splitlines()
    row = next(line for line in lines if line.startswith("torch/") and name in line)
    return row, int(row.rpartition(",")[2])


def test_links_alone_are_no_fault(layer: Layer) -> None:
    status, told = layer.check()

    assert status == "passed", told
    assert "'files_compared': 0" not in told
    assert "none found" not in told


def test_a_version_file_of_another_release_is_seen(layer: Layer) -> None:
    path = layer.torch / "version.py"
    line = next(one for one in path.read_text("utf-8").splitlines() if one.startswith("__version"))
    with layer.replaced(path, line, "__version__ = '0.4.1'"):
        status, told = layer.check()
        assert (status, "0.4.1" in told) == ("failed", True)


def test_metadata_of_another_release_are_seen(layer: Layer) -> None:
    path = layer.info / "METADATA"
    version = next(
        one for one in path.read_text("utf-8").splitlines() if one.startswith("Version:")
    )
    with layer.replaced(path, version, "Version: 1.12.1"):
        status, told = layer.check()
        assert (status, "1.12.1" in told) == ("failed", True)


def test_a_library_shorter_than_recorded_is_seen(layer: Layer) -> None:
    row, size = _row(layer.info / "RECORD", "libtorch_cpu")
    with layer.replaced(layer.info / "RECORD", row, row.replace(f",{size}", f",{size + 4096}")):
        status, told = layer.check()
        assert status == "failed"
        assert "libtorch_cpu" in told
        assert str(size + 4096) in told


def test_a_library_that_grew_is_no_fault(layer: Layer) -> None:
    row, size = _row(layer.info / "RECORD", "libtorch_cpu")
    with layer.replaced(layer.info / "RECORD", row, row.replace(f",{size}", f",{size - 4096}")):
        assert layer.check()[0] == "passed"


def test_a_wheel_of_another_python_is_seen(layer: Layer) -> None:
    path = layer.info / "WHEEL"
    tag = next(one for one in path.read_text("utf-8").splitlines() if one.startswith("Tag:"))
    with layer.replaced(path, tag, "Tag: cp36-cp36m-win_amd64"):
        status, told = layer.check()
        assert (status, "cp36-cp36m-win_amd64" in told) == ("failed", True)
