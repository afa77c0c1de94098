"""Bounds on torch that a project states; its options, addresses and other packages are left alone."""

from __future__ import annotations

import os

import click

from envsetup.host.input_files import read_file

LARGEST_BYTES = 1 << 20
PACKAGES = ("torch", "torchvision", "torchaudio")


def project_bounds(folder: str) -> dict[str, str]:
    """Package to specifier, from pyproject.toml and requirements.txt. Raises UsageError."""
    if not os.path.isdir(folder):
        raise click.UsageError(f"--project {folder!r}: no such folder; give a project's")
    found: dict[str, list[str]] = {}
    for line in [*_pyproject(folder), *_requirements(folder)]:
        name, bound = _bound(line)
        if name in PACKAGES:
            found.setdefault(name, []).append(bound)
    return {name: ",".join(b for b in bounds if b) for name, bounds in found.items()}


def _bound(line: str) -> tuple[str, str]:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        one = Requirement(line)
    except InvalidRequirement:
        return "", ""
    return one.name.lower(), str(one.specifier)


def _requirements(folder: str) -> list[str]:
    text = _read(folder, "requirements.txt")
    lines = [line.split(" #")[0].strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("-", "#"))]


def project_python(folder: str) -> str:
    """The Python versions that the project asks for (PEP 440), empty for any. Raises UsageError."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    bound = _project(folder).get("requires-python", "")
    try:
        return str(SpecifierSet(bound)) if isinstance(bound, str) else _wrong(folder, bound)
    except InvalidSpecifier:
        return _wrong(folder, bound)


def _wrong(folder: str, bound: object) -> str:
    raise click.UsageError(
        f"--project {folder!r}: requires-python = {bound!r} in pyproject.toml is no version "
        "specifier; write one such as '>=3.11'"
    )


def _pyproject(folder: str) -> list[str]:
    lines = _project(folder).get("dependencies", [])
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise click.UsageError(
            f"--project {folder!r}: dependencies in pyproject.toml is no list of texts; "
            "write dependencies = ['torch>=2.8']"
        )
    return lines


def _project(folder: str) -> dict[str, object]:
    """The table [project] of pyproject.toml. Raises UsageError where it can't be read."""
    text = _read(folder, "pyproject.toml")
    if not text:
        return {}
    from envsetup.host.toml_input import decode_toml

    try:
        project = decode_toml(text.encode()).get("project", {})
    except ValueError as error:
        raise click.UsageError(
            f"--project {folder!r}: pyproject.toml can't be read: {error}"
        ) from error
    return project if isinstance(project, dict) else {}


def _read(folder: str, name: str) -> str:
    """The text of a project's file, empty where there is none. Raises UsageError where it can't be read."""
    try:
        data = read_file(os.path.join(folder, name), LARGEST_BYTES)
        return data.decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise click.UsageError(
            f"--project {folder!r}: {name} can't be read ({error.strerror}); make it a file that this user may read"
        ) from error
