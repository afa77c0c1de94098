"""Made-up machines: trees of files, a compiled stand-in for NVML, programs on PATH."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

FAKES = Path(__file__).parents[1] / "fakes"


@pytest.fixture(scope="session")
def nvml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with libnvidia-ml.so.1 and libcuda.so.1, compiled from tests/fakes."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler for the stand-ins of the driver's libraries")
    folder = tmp_path_factory.mktemp("driver")
    for library, source in (("libnvidia-ml.so.1", "nvml.c"), ("libcuda.so.1", "cuda.c")):
        flags = ["-shared", "-fPIC", "-Wall", "-Werror"]
        argv = [compiler, *flags, "-o", str(folder / library), str(FAKES / source)]
        subprocess.run(argv, check=True)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of a made-up machine."""
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def put(root: Path) -> Callable[[str, str], None]:
    """Writes a file of the made-up machine."""

    def write(path: str, text: str) -> None:
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    return write
