"""What Windows alone has: its registry and memory by stand-ins, its folders made up."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import Self

from envsetup.host.questions import NvmlGpu, WindowsSettings
from envsetup.host.windows import DISPLAYS, FILE_SYSTEM, VC_RUNTIME, settings, told_by
from envsetup.model import Absent, Fact, Known, Python, TorchInstall, Unreadable, Windows
from envsetup.probes import nvidia, windows
from envsetup.testing import known, value
from tests.probes.test_made_up_machines import Machine

SYSTEM = "C:\\Windows\\System32"
TOLD = {"long_paths": False, "commit_available_bytes": 5, "tdr_delay_s": None, "vc_runtime": None}


class Registry:
    """Stands in for winreg: values by their key and name."""

    KEY_READ, KEY_WOW64_64KEY, HKEY_LOCAL_MACHINE = 1, 256, object()

    def __init__(self, **keys: dict[str, object]) -> None:
        self.keys = keys
        self.values: dict[str, object] = {}

    def OpenKey(self, _: object, path: str, reserved: int, access: int) -> Registry:
        assert (reserved, access) == (0, 257)
        if path not in self.keys:
            raise FileNotFoundError(path)
        self.values = self.keys[path]
        return self

    def QueryValueEx(self, key: Registry, name: str) -> tuple[object, int]:
        if name not in key.values:
            raise FileNotFoundError(name)
        return key.values[name], 4

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Kernel:
    """Stands in for kernel32.dll: the commit that is left at its offset in MEMORYSTATUSEX."""

    def __init__(self, left: int) -> None:
        self.left = left

    def GlobalMemoryStatusEx(self, pointer: Any) -> int:
        raw = ctypes.cast(pointer, ctypes.POINTER(ctypes.c_uint64 * 8)).contents
        assert raw[0] & 0xFFFFFFFF == 64  # the structure must tell its own size
        raw[4] = self.left
        return int(self.left >= 0)


def test_what_is_set_is_told() -> None:
    keys: dict[str, dict[str, object]] = {
        FILE_SYSTEM: {"LongPathsEnabled": 1},
        DISPLAYS: {"TdrDelay": 60},
        VC_RUNTIME.format("x64"): {"Version": "v14.44.35211.00"},
    }
    assert told_by(Registry(**keys), Kernel(7 << 30), "x64") == WindowsSettings(
        long_paths=True,
        tdr_delay_s=60,
        vc_runtime="14.44.35211",
        commit_available_bytes=7 << 30,
    )


def test_an_empty_registry_is_windows_as_it_comes() -> None:
    told = told_by(Registry(), Kernel(-1), "x64")
    assert told == WindowsSettings(long_paths=False)


def test_other_systems_have_none() -> None:
    assert settings() is None


@pytest.fixture
def lay(root: Path) -> Any:
    def put(folder: str, *names: str) -> None:
        place = root / folder
        place.mkdir(exist_ok=True)
        for name in names:
            (place / name).touch()

    return put


class Sized(Machine):
    """A made-up machine whose files have the sizes that are given."""

    def __init__(self, root: Path, sizes: dict[str, int]) -> None:
        super().__init__(root, windows=TOLD)
        self.sizes = sizes

    def call(self, name: str) -> Known[str] | Absent | Unreadable:
        head, _, path = name.partition(":")
        if head != "size":
            return super().call(name)
        return known(str(self.sizes.get(path, 1)))


def look(root: Path, **sizes: int) -> Windows:
    python = Python(executable="C:\\e\\python.exe", version="3.12.1", prefix="C:\\e")
    torch = TorchInstall(version="2.14.1+cu130", location="C:\\e\\torch")
    fact = windows.read(Sized(root, sizes), known(python), known(torch))
    told = value(fact)
    assert told is not None
    return told


def test_the_runtime_is_missing(root: Path, lay: Any) -> None:
    lay(SYSTEM, "kernel32.dll", "VCRUNTIME140.dll")
    lay("C:\\e", "python.exe", "vcruntime140_1.dll")
    assert look(root).vc_missing == ("msvcp140.dll",)


def test_the_runtime_lies_beside_the_interpreter(root: Path, lay: Any) -> None:
    lay(SYSTEM, "kernel32.dll")
    lay("C:\\e", *windows.RUNTIME)
    assert look(root).vc_missing == ()


def test_the_runtime_lies_beside_torch(root: Path, lay: Any) -> None:
    lay(SYSTEM, "kernel32.dll")
    lay("C:\\e\\torch\\lib", *windows.RUNTIME)
    assert look(root).vc_missing == ()


def test_a_system_folder_that_cannot_be_listed_lacks_nothing(root: Path) -> None:
    assert look(root).vc_missing == ()


def test_copies_differ_by_their_size(root: Path, lay: Any) -> None:
    lay("C:\\e\\torch\\lib", "libiomp5md.dll", "cudart64_13.dll", "torch_cpu.dll")
    lay(SYSTEM, "libiomp5md.dll", "cudart64_13.dll", "torch_cpu.dll")
    found = look(root, **{f"{SYSTEM}\\libiomp5md.dll": 9, f"{SYSTEM}\\torch_cpu.dll": 9})
    assert found.other_dlls == ("libiomp5md.dll",)


@pytest.mark.parametrize(("name", "is_embedded"), [("python312._pth", True), ("x._pth", False)])
def test_the_embeddable_package(root: Path, lay: Any, name: str, is_embedded: bool) -> None:
    lay("C:\\e", "python.exe", name)
    assert look(root).embedded_python is is_embedded


def test_elsewhere_it_is_absent(root: Path) -> None:
    nothing: Fact[Any] = Absent()
    assert isinstance(windows.read(Machine(root), nothing, nothing), Absent)


@pytest.mark.parametrize(("number", "model"), [(0, "WDDM"), (1, "TCC"), (2, "MCDM"), (None, None)])
def test_the_driver_model_has_its_name(number: int | None, model: str | None) -> None:
    assert nvidia._gpu(NvmlGpu(index=0, driver_model=number)).driver_model == model
