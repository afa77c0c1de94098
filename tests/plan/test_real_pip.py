"""Real pip resolves the planned command to exactly the planned build, against a stand-in of the index."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
import zipfile
from functools import partial

import pytest

from envsetup.knowledge import load


def wheel(folder, name, version, tag="py3-none-any"):
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as file:
        file.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        file.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        file.writestr(f"{info}/RECORD", "")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """Each build's folder with every release of the knowledge, in the index's own layout."""
    root = tmp_path_factory.mktemp("whl")
    for release in load().releases[:8]:
        for name in release.platforms["linux_x86_64"].builds:
            wheel(root / name / "torch", "torch", f"{release.version}+{name}")
            wheel(root / name / "torchvision", "torchvision", f"{release.torchvision}+{name}")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("LINUX --driver 580.95.05 --gpu nvidia:8.9", "2.15.0+cu132"),
        ("LINUX --driver 550.54.15 --gpu nvidia:6.1", "2.14.1+cu126"),
        ("torch torchvision LINUX --gpu none", "2.15.0+cpu"),
        ("LINUX --gpu amd:gfx1100", "2.14.1+rocm7.2"),
    ],
)
def test_pip_takes_exactly_the_planned_build(plan, index, line, expected, tmp_path):
    argv = plan(f"{line} --mirror {index}")["commands"][0]["argv"]
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", *argv[2:], "--dry-run", "--report", str(report), "--no-deps"]
    options = ["--target", str(tmp_path), "--no-cache-dir", "--retries", "0", "--isolated", "-q"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = {
        one["metadata"]["name"]: one["metadata"]["version"]
        for one in json.loads(report.read_text())["install"]
    }
    assert found["torch"] == expected
    if "torchvision" in line.split("LINUX")[0]:
        assert found["torchvision"] == "0.29.2+cpu"
