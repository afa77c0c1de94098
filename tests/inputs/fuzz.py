"""Broken inputs for the readers of foreign files: seeds with bytes changed, cut, doubled and nested."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from hypothesis import strategies as st

from envsetup.cli.project import read_project
from envsetup.cli.settings import find_settings
from envsetup.doctor import Examination, diagnose
from envsetup.doctor.untrusted_report import derived_anew
from envsetup.host import RecordedHost
from envsetup.host.json_input import InputError, decode
from envsetup.host.recorded import ANSWERS
from envsetup.host.toml_input import decode_toml
from envsetup.knowledge import KnowledgeError
from envsetup.knowledge import load as knowledge
from envsetup.plan import Request, make_plan
from envsetup.probes.pasted import read_bytes
from envsetup.report import FORMATS, ReportError, load, load_machine, machine_json, render
from envsetup.report.redact import redact
from tests.report.conftest import made_up

REPORT = render(made_up(), "json").encode()
SEEDS = {
    "report": REPORT,
    "machine": machine_json(made_up().machine).encode(),
    "toml": b'[project]\ndependencies = ["torch>=2.6"]\n[tool.envsetup]\nignore = ["PY"]\nrequire = ["gpus:1"]\n',
    "recording": b'{"os": "linux", "env": {}, "read /proc/cpuinfo": {"state": "known", "value": "x", '
    b'"source": {"kind": "file", "ref": "/proc/cpuinfo"}}}',
    "knowledge": (Path(__file__).parents[2] / "envsetup/knowledge/rocm.json").read_bytes(),
    "pasted": b"PyTorch version: 2.9.0+cu128\nOS: Ubuntu 24.04\nIs CUDA available: True\n"
    b"GPU models and configuration: GPU 0: NVIDIA L4\n[pip3] torch==2.9.0\n",
    "nvidia-smi": b"| NVIDIA-SMI 535.54.03    Driver Version: 535.54.03    CUDA Version: 12.2     |\n"
    b"|   0  Tesla T4            On   | 00000000:00:1E.0 Off |                    0 |\n",
}
PIECES = [
    b"", b"\0", b"\xff", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b"null", b"1e999", b"-", b"9" * 30, b"\n",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b'\\ud800', b"NaN", b"[" * 2000, b'{"a":' * 2000, b"1" * 5000,
]  # fmt: skip


@st.composite
def broken(draw: st.DrawFn, name: str) -> bytes:
    """A seed after a few accidents."""
    data = SEEDS[name]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 12))
        data = data[:at] + draw(st.sampled_from(PIECES)) + data[at + gone :]
    return data if draw(st.booleans()) else data[: draw(st.integers(0, len(data)))]


def report(data: bytes) -> None:
    with contextlib.suppress(ReportError):
        shown = redact(derived_anew(load(data), knowledge()))
        for name in FORMATS:
            render(shown, name)


def machine(data: bytes) -> None:
    with contextlib.suppress(ReportError):
        told = load_machine(data)
        diagnose(told, knowledge(), Examination())
        make_plan(told, knowledge(), Request())


def pasted(data: bytes) -> None:
    found = read_bytes(data)
    if found is not None:
        diagnose(found, knowledge(), Examination())


def toml(data: bytes) -> None:
    with contextlib.suppress(InputError):
        decode_toml(data)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_bytes(data)
        with contextlib.suppress(click.UsageError):
            find_settings(folder)
        with contextlib.suppress(click.UsageError):
            read_project(folder)


def recording(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ANSWERS).write_bytes(data)
        with contextlib.suppress(ValueError):
            host = RecordedHost(folder)
            host.interpreter()
            host.read("/proc/cpuinfo")


def rows(data: bytes) -> None:
    with contextlib.suppress(InputError):
        decode(data, dict)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rocm.json").write_bytes(data)
        with contextlib.suppress(KnowledgeError):
            knowledge(os.fspath(folder))


READERS: dict[str, Callable[[bytes], None]] = {
    "report": report,
    "machine": machine,
    "toml": toml,
    "recording": recording,
    "knowledge": rows,
    "pasted": pasted,
    "nvidia-smi": pasted,
}
"""Seed to what reads it; it raises only what is no answer to broken input."""
