"""Real pip and real uv resolve what was planned to exactly that, against stand-ins of the indexes.

The wheel index holds every build of the newest releases under its right names and tags; the main one
holds decoys: a torch of a higher version, which must never be taken for the planned one.
"""

from __future__ import annotations

import http.server
import json
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
]
IDS = [line.split(" --")[0] + (line.split("--")[-1]) for line, _, _ in LINES]


def wheel(folder: Path, name: str, version: str, tag: str = "py3-none-any") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as file:
        file.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
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
                wheel(root / build / "torch", "torch", f"{release.version}{label}", tag)
                if release.torchvision:
                    vision = f"{release.torchvision}{label}"
                    wheel(root / build / "torchvision", "torchvision", vision, tag)


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("indexes")
    make_wheel_index(root / "whl", load())
    for name in ("torch", "torchvision"):
        wheel(root / "main" / name, name, "99.0")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def run(argv: list[str], folder: Path) -> str:
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=120, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def expected_of(told: dict[str, Any], expected: str | None) -> str:
    planned = f"{told['torch_version']}+{told['build']}"
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
    if "torchvision" in line:
        assert found["torchvision"] == f"0.29.2+{told['build']}"


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


@needs_uv
@pytest.mark.parametrize("form", ["requirements", "uv-toml"])
def test_uv_takes_the_documents_as_planned(
    invoke: Any, plan: Any, indexes: str, form: str, tmp_path: Path
) -> None:
    line = f"torch torchvision LINUX --driver 580.95.05 --gpu nvidia:8.9 --mirror {indexes}/whl"
    told = plan(line)
    text = invoke(f"{line} --format {form}").stdout
    if form == "requirements":
        (tmp_path / "requirements.txt").write_text(text)
        argv = [UV, "pip", "compile", "requirements.txt", "--python-version", "3.12"]
        argv += ["--python-platform", FOR_UV["linux_x86_64"], "--no-cache", "--no-config", "-q"]
        argv += ["--python", sys.executable]
        locked = run(argv, tmp_path)
    else:
        project = re.sub(r"^# ?", "", text.split("\n\n")[0].partition("\n")[2], flags=re.MULTILINE)
        head = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.10"\n'
        only = "[tool.uv]\nenvironments = [\"sys_platform == 'linux' and platform_machine == 'x86_64'\"]\n"
        rest = text.split("\n\n", 1)[1]
        (tmp_path / "pyproject.toml").write_text(f"{head}{project}\n{only}\n{rest}")
        argv = [UV, "lock", "--no-cache", "--default-index", f"{indexes}/main", "-q"]
        run([*argv, "--python", sys.executable], tmp_path)
        locked = (
            (tmp_path / "uv.lock").read_text().replace('name = "torch"\nversion = "', "torch==")
        )

    assert f"torch=={told['torch_version']}+{told['build']}" in locked
    assert "99.0" not in locked


@needs_uv
def test_the_decoy_would_be_taken_without_the_index(indexes: str, tmp_path: Path) -> None:
    """That the stand-in can tell right from wrong: another index really leads elsewhere."""
    argv = [UV, "pip", "install", "torch", "--index-url", f"{indexes}/main", "--dry-run"]
    argv += ["--no-cache", "--no-config", "--target", str(tmp_path / "there"), "--color", "never"]

    assert " + torch==99.0" in run([*argv, "--python", sys.executable], tmp_path)
