"""Real pip and real uv resolve what was planned to exactly that, against stand-ins of the indexes.

The wheel index holds every build of the newest releases under its right names and tags; the main one
holds decoys: a torch of a higher version, which must never be taken for the planned one.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from envsetup.knowledge import Knowledge, load
from tests.knowledge.served import PLATFORMS

UV = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
needs_uv = pytest.mark.skipif(not Path(UV).exists(), reason="uv is not installed")
FOR_PIP = {
    "linux_x86_64": ("manylinux_2_28_x86_64", "linux_x86_64"),
    "linux_aarch64": ("manylinux_2_28_aarch64", "linux_aarch64"),
    "windows_amd64": ("win_amd64",),
    "macos_arm64": ("macosx_14_0_arm64",),
}
FOR_UV = {
    "linux_x86_64": "x86_64-manylinux_2_28",
    "linux_aarch64": "aarch64-manylinux_2_28",
    "windows_amd64": "x86_64-pc-windows-msvc",
    "macos_arm64": "aarch64-apple-darwin",
}
LINES = [
    ("LINUX --driver 580.95.05 --gpu nvidia:8.9", "linux_x86_64", "2.15.0+cu132"),
    ("LINUX --driver 550.54.15 --gpu nvidia:6.1", "linux_x86_64", "2.14.1+cu126"),
    ("torch torchvision LINUX --gpu none", "linux_x86_64", "2.15.0+cpu"),
    ("LINUX --gpu amd:gfx1100", "linux_x86_64", "2.14.1+rocm7.2"),
    ("'torch==2.13.*' LINUX --driver 580.95.05 --gpu nvidia:9.0", "linux_x86_64", None),
    ("ARM --driver 580.95.05 --gpu nvidia:12.1", "linux_aarch64", None),
    ("WINDOWS --driver 580.95 --gpu nvidia:8.9", "windows_amd64", None),
    ("WINDOWS --gpu none", "windows_amd64", None),
    ("LINUX --gpu intel:e20b", "linux_x86_64", "2.15.0+xpu"),
    ("WINDOWS --gpu intel:56a0", "windows_amd64", "2.15.0+xpu"),
    ("LINUX --gpu amd:gfx1103", "linux_x86_64", "2.14.1+rocm7.14"),
    (
        "torch torchvision --os macos --arch arm64 --macos-version 15.1 --python-version 3.12",
        "macos_arm64",
        "2.15.0",
    ),
    (
        "'torch==2.11.*' torchvision torchaudio LINUX --driver 580.95.05 --gpu nvidia:8.0",
        "linux_x86_64",
        "2.11.0+cu130",
    ),
    (
        "'torch==2.11.*' torchvision LINUX --driver 570.124.06 --gpu nvidia:12.0",
        "linux_x86_64",
        None,
    ),
]
IDS = [line.split(" --")[0] + (line.split("--")[-1]) for line, _, _ in LINES]


NEEDS = ("filelock", "typing-extensions>=4.10.0")
"""What every torch asks for, and the wheel index serves beside it."""
ON_LINUX = ("nvidia-cudnn", "triton")
OWN = ("triton-rocm", "triton-xpu")
"""What no other index has."""


def wheel(
    folder: Path, name: str, version: str, tag: str = "py3-none-any", needs: tuple[str, ...] = ()
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as file:
        required = "".join(f"Requires-Dist: {need}\n" for need in needs)
        file.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{required}",
        )
        file.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        file.writestr(f"{info}/RECORD", "")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def make_wheel_index(root: Path, knowledge: Knowledge) -> None:
    for release in knowledge.releases[:8]:
        for platform, row in release.platforms.items():
            for build in row.builds if platform in PLATFORMS else ():
                tag = f"cp312-cp312-{PLATFORMS[platform]}"
                label = "" if platform.startswith("macos") else f"+{build}"
                place, pin = root / build, (f"torch=={release.version}",)
                wheel(place / "torch", "torch", f"{release.version}{label}", tag, needed(build))
                for name in ("torchvision", "torchaudio"):
                    if version := getattr(release, name):
                        wheel(place / name, name, f"{version}{label}", tag, pin)
                serve_needs(place, OWN)


def needed(build: str) -> tuple[str, ...]:
    """As torch's own metadata: exact pins of what a GPU build brings."""
    if build.startswith("cu"):
        return (*NEEDS, *(f'{name}==3.2.1; platform_system == "Linux"' for name in ON_LINUX))
    own = next((name for name in OWN if name.endswith(build.rstrip("0123456789."))), None)
    return (*NEEDS, f"{own}==3.2.1") if own else NEEDS


def serve_needs(place: Path, own: tuple[str, ...] = ()) -> None:
    for name, version in (("filelock", "3.20.0"), ("typing-extensions", "4.15.0")):
        wheel(place / name, name.replace("-", "_"), version)
    for name in (*ON_LINUX, *own):
        for version in ("3.2.1", "9.9"):
            wheel(place / name, name.replace("-", "_"), version)


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("indexes")
    make_wheel_index(root / "whl", load())
    for name in ("torch", "torchvision", "torchaudio"):
        wheel(root / "main" / name, name, "99.0")
    serve_needs(root / "main")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def run(argv: list[str], folder: Path) -> str:
    # uv reads which macOS it is to resolve for from the variable that compilers read.
    env = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "15.0"}
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=120, check=False, cwd=folder, env=env
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def expected_of(told: dict[str, Any], expected: str | None) -> str:
    planned: str = told["torch_version"] + (f"+{told['build']}" if told["build"] else "")
    assert expected in (None, planned)
    return planned


@pytest.mark.parametrize(("line", "platform", "expected"), LINES, ids=IDS)
def test_pip_takes_exactly_the_planned_build(
    plan: Any, indexes: str, line: str, platform: str, expected: str | None, tmp_path: Path
) -> None:
    told = plan(f"{line} --mirror {indexes}/whl")
    report = tmp_path / "report.json"
    argv = [sys.executable, "-m", *told["commands"][0]["argv"][2:]]
    argv += ["--dry-run", "--report", str(report), "--only-binary", ":all:"]
    argv += ["--target", str(tmp_path), "--no-cache-dir", "--retries", "0", "--isolated", "-q"]
    argv += ["--python-version", "3.12", "--implementation", "cp"]
    for tag in FOR_PIP[platform]:
        argv += ["--platform", tag]

    run(argv, tmp_path)

    found = {
        one["metadata"]["name"]: one["metadata"]["version"]
        for one in json.loads(report.read_text())["install"]
    }
    assert found["torch"] == expected_of(told, expected)
    companions = {pin.split("==")[0]: pin.split("==")[1] for pin in told["requirements"]}
    for name, version in companions.items():
        assert found[name].split("+")[0] == version.split("+")[0]


@needs_uv
@pytest.mark.parametrize(("line", "platform", "expected"), LINES, ids=IDS)
def test_uv_takes_exactly_the_planned_build(
    plan: Any, indexes: str, line: str, platform: str, expected: str | None, tmp_path: Path
) -> None:
    told = plan(f"{line} --mirror {indexes}/whl --installer uv")
    argv = [UV, *told["commands"][0]["argv"][1:], "--dry-run", "--no-cache", "--no-config"]
    argv += ["--python-version", "3.12", "--python-platform", FOR_UV[platform]]
    argv += ["--target", str(tmp_path / "there"), "--python", sys.executable, "--color", "never"]

    said = run(argv, tmp_path)

    assert f" + torch=={expected_of(told, expected)}" in said


HARDWARE = ["--driver 580.95.05 --gpu nvidia:8.9", "--gpu amd:gfx90a", "--gpu intel:e20b"]


@needs_uv
@pytest.mark.parametrize("hardware", HARDWARE)
def test_uv_takes_the_requirements_file_as_planned(
    invoke: Any, plan: Any, indexes: str, hardware: str, tmp_path: Path
) -> None:
    line = f"torch torchvision LINUX {hardware} --mirror {indexes}/whl"
    (tmp_path / "requirements.txt").write_text(invoke(f"{line} --format requirements").stdout)
    argv = [UV, "pip", "compile", "requirements.txt", "--python-version", "3.12"]
    argv += ["--python-platform", FOR_UV["linux_x86_64"], "--no-cache", "--no-config", "-q"]

    locked = run([*argv, "--python", sys.executable], tmp_path)

    assert f"torch=={expected_of(plan(line), None)}" in locked
    assert "99.0" not in locked


@needs_uv
@pytest.mark.parametrize("hardware", HARDWARE)
def test_uv_locks_a_project_with_the_planned_sources(
    invoke: Any, plan: Any, indexes: str, hardware: str, tmp_path: Path
) -> None:
    """Triton too, which for ROCm and XPU lies on torch's index alone."""
    line = f"torch torchvision LINUX {hardware} --mirror {indexes}/whl"
    text = invoke(f"{line} --format uv-toml").stdout
    project = re.sub(r"^# ?", "", text.split("\n\n")[0].partition("\n")[2], flags=re.MULTILINE)
    head = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.10"\n'
    only = "environments = [\"sys_platform == 'linux' and platform_machine == 'x86_64'\"]\n"
    rest = text.split("\n\n", 1)[1]
    (tmp_path / "pyproject.toml").write_text(f"{head}{project}\n[tool.uv]\n{only}\n{rest}")
    argv = [UV, "lock", "--no-cache", "--default-index", f"{indexes}/main", "-q"]

    run([*argv, "--python", sys.executable], tmp_path)

    locked = (tmp_path / "uv.lock").read_text()
    assert f'name = "torch"\nversion = "{expected_of(plan(line), None)}"' in locked
    assert "99.0" not in locked


@needs_uv
def test_the_decoy_would_be_taken_without_the_index(indexes: str, tmp_path: Path) -> None:
    """That the stand-in can tell right from wrong: another index really leads elsewhere."""
    argv = [UV, "pip", "install", "torch", "--index-url", f"{indexes}/main", "--dry-run"]
    argv += ["--no-cache", "--no-config", "--target", str(tmp_path / "there"), "--color", "never"]

    assert " + torch==99.0" in run([*argv, "--python", sys.executable], tmp_path)
