"""What extensions ask of torch and hold for GPUs: from libraries that a compiler made just now."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from envsetup.host import LocalHost
from envsetup.host.extension_symbols import ENTRY, FATBIN, MAGIC, extension
from envsetup.model import Absent, Known, Package, TorchInstall
from envsetup.probes import extensions
from envsetup.testing import known, value

TORCH = "namespace at { int there(int x) { return x + 1; } }"
SOUND = "namespace at { int there(int); } int used() { return at::there(1); }"
STALE = """
namespace at { int there(int); int gone(int, long); }
namespace own { int elsewhere(int); }
int used() { return at::there(1) + at::gone(2, 3) + own::elsewhere(4); }
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up site-packages with a torch of one function."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "torch" / "lib").mkdir(parents=True)
    build(TORCH, folder / "torch" / "lib" / "libc10.so")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def build(text: str, library: Path, *more: str) -> None:
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        pytest.skip("no C++ compiler to make a library with")
    source = library.with_suffix(".cpp")
    source.write_text(text)
    flags = ["-shared", "-fPIC", "-Wl,--hash-style=gnu", "-Wl,--no-as-needed"]
    subprocess.run([compiler, *flags, str(source), "-o", str(library), *more], check=True)


def linked(site: Path) -> list[str]:
    return [f"-L{site}/torch/lib", "-lc10", "-Wl,--unresolved-symbols=ignore-all"]


def test_a_sound_extension_misses_nothing(site: Path, tmp_path: Path) -> None:
    library = tmp_path / "_C.so"
    build(SOUND, library, *linked(site))
    assert extension(str(library), str(site / "torch")).missing == ()


def test_symbols_that_torch_no_longer_has(site: Path, tmp_path: Path) -> None:
    library = tmp_path / "_C.so"
    build(STALE, library, *linked(site))
    assert extension(str(library), str(site / "torch")).missing == ("_ZN2at4goneEil",)


def test_what_doesnt_link_to_torch_asks_nothing_of_it(site: Path, tmp_path: Path) -> None:
    library = tmp_path / "_C.so"
    build(STALE, library, "-Wl,--unresolved-symbols=ignore-all")
    assert extension(str(library), str(site / "torch")).missing == ()


def fatbin(*entries: tuple[int, int]) -> bytes:
    """As nvcc writes it: kinds and architectures, each with a few bytes of code."""
    body = b"".join(
        ENTRY.pack(kind, 0, 64, 24, 0, 0, 0, 0, arch) + b"\0" * (64 - ENTRY.size) + b"c" * 24
        for kind, arch in entries
    )
    return FATBIN.pack(MAGIC, 1, 16, len(body)) + body


def test_architectures_by_the_fat_binaries(site: Path, tmp_path: Path) -> None:
    code = fatbin((2, 80), (2, 90)) + bytes(16) + fatbin((1, 90), (64, 75))
    words = ",".join(map(str, struct.unpack(f"<{len(code) // 8}Q", code)))
    text = (
        f'__attribute__((section(".nv_fatbin"), used)) static unsigned long code[] = {{{words}}};'
    )
    library = tmp_path / "_C.so"
    build(text, library)
    told = extension(str(library), str(site / "torch"))
    assert told.architectures == ("compute_90", "sm_80", "sm_90")


def installed(site: Path, name: str, library: str) -> Known[tuple[Package, ...]]:
    metadata = site / f"{name}-1.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "RECORD").write_text(f"{library},sha256=x,1\n{name}/a.py,sha256=x,1\n")
    package = Package(name=name, version="1.0", location=str(site), metadata=metadata.name)
    return known((package,))


def its_torch(site: Path) -> Known[TorchInstall]:
    return known(TorchInstall(version="2.14.1", location=f"{site}/torch"))


def test_libraries_of_packages_known_to_have_some(site: Path) -> None:
    build(STALE, site / "scatter.so", *linked(site))
    packages = installed(site, "torch-scatter", "scatter.so")
    (found,) = value(extensions.read(LocalHost(), packages, its_torch(site)))
    assert (found.package, found.missing) == ("torch-scatter", ("_ZN2at4goneEil",))


def test_other_packages_are_left_alone(site: Path) -> None:
    packages = installed(site, "numpy", "scatter.so")
    assert isinstance(extensions.read(LocalHost(), packages, its_torch(site)), Absent)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF\x02\x01\x01" + b"\xff" * 400])
def test_a_torn_library_is_no_trouble(site: Path, content: bytes) -> None:
    (site / "torn.so").write_bytes(content)
    packages = installed(site, "xformers", "torn.so")
    assert isinstance(extensions.read(LocalHost(), packages, its_torch(site)), Absent)
