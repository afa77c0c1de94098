"""The lists of `pip list`, `pip freeze`, `uv pip list` and `conda list`, put into the words of collect_env."""

from __future__ import annotations

import re

HEADER = re.compile(
    r"^(?:Package\s{1,80}Version\b|# packages in environment at|# Name\s{1,80}Version\b)"
)
PIN = re.compile(r"^([A-Za-z][\w.-]{0,80})==(\d[\w.!+-]{0,60})$")
COLUMNS = re.compile(
    r"^([A-Za-z_][\w.-]{0,80})\s{1,80}(\d[\w.!+-]{0,60})(?:\s{1,40}(\S{1,80}))?(?:\s{1,40}(\S{1,80}))?$"
)
FEWEST_PINS = 5
"""Pins in a row that make a list without a header; fewer are a command or a requirement."""
CUDA = re.compile(r"cuda_?(\d{2})\.?(\d)")
"""In a conda build, `py3.10_cuda11.7_cudnn8.5.0_0` or `cuda126_mkl_py312h…_300`."""


def translated(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines as collect_env would print them; none where no list names torch."""
    pins = [match.groups() for line in lines if (match := PIN.match(line))]
    if len(pins) >= FEWEST_PINS:
        versions = {name.lower(): version for name, version in pins}
        return _told(versions, [f"[pip3] {name}=={version}" for name, version in pins])
    start = next((number for number, line in enumerate(lines) if HEADER.match(line)), None)
    if start is None:
        return ()
    rows = [m.groups() for line in lines[start + 1 :] if (m := COLUMNS.match(line))]
    if not lines[start].startswith("#"):
        versions = {row[0].lower(): row[1] for row in rows}
        return _told(versions, [f"[pip3] {row[0]}=={row[1]}" for row in rows])
    return _told(
        {name.lower(): version for name, version, *_ in rows},
        [f"[conda] {name} {version} {build or ''} {channel or ''}" for name, version, build, channel in rows],
        next((build or "" for name, _, build, _ in rows if name == "pytorch"), ""),
    )  # fmt: skip


def _told(versions: dict[str, str], packages: list[str], build: str = "") -> tuple[str, ...]:
    torch = versions.get("torch") or versions.get("pytorch")
    if torch is None:
        return ()
    python = versions.get("python")
    cuda = CUDA.match(build.partition("_")[2] if build.startswith("py") else build)
    built = ".".join(cuda.groups()) if cuda else "None" if "cpu" in build else None
    return (
        f"PyTorch version: {torch}",
        *([f"CUDA used to build PyTorch: {built}"] if built else []),
        *([f"Python version: {python}"] if python else []),
        *packages,
    )
