"""pixi's tables: conda's dependencies and PyPI's, by feature and by platform."""

from __future__ import annotations

from envsetup.cli.project.environment_yml import NAMES, conda_version
from envsetup.cli.project.records import PACKAGES, Bound, Found, Project, joined, table

PLATFORMS = {
    "linux-64": "sys_platform == 'linux' and platform_machine == 'x86_64'",
    "linux-aarch64": "sys_platform == 'linux' and platform_machine == 'aarch64'",
    "linux": "sys_platform == 'linux'",
    "osx-64": "sys_platform == 'darwin' and platform_machine == 'x86_64'",
    "osx-arm64": "sys_platform == 'darwin' and platform_machine == 'arm64'",
    "osx": "sys_platform == 'darwin'",
    "win-64": "sys_platform == 'win32'",
    "win": "sys_platform == 'win32'",
    "unix": "sys_platform != 'win32'",
}
"""pixi's names of systems as PEP 508's markers."""


def read_pixi_tables(tables: dict[str, object], where: str) -> Project:
    """Features are groups: they count where they are asked for."""
    choices = {
        ("group", name): _level(table(feature), f"{where}, feature {name}")
        for name, feature in table(tables.get("feature")).items()
    }
    python = table(tables.get("dependencies")).get("python")
    bound = conda_version(python) if isinstance(python, str) else None
    return Project(always=_level(tables, where), choices=choices, pythons=(bound,) if bound else ())


def _level(tables: dict[str, object], where: str) -> Found:
    parts = [_both(tables, "", where)]
    for system, below in table(tables.get("target")).items():
        marker = PLATFORMS.get(system)
        if marker is not None:
            parts.append(_both(table(below), marker, where))
    return joined(parts)


def _both(tables: dict[str, object], marker: str, where: str) -> Found:
    conda = table(tables.get("dependencies"))
    pypi = table(tables.get("pypi-dependencies"))
    own = {name: name for name in PACKAGES}
    return joined((_read(conda, NAMES, marker, where), _read(pypi, own, marker, where)))


def _read(values: dict[str, object], names: dict[str, str], marker: str, where: str) -> Found:
    parts = []
    for name, value in values.items():
        if name.lower() not in names:
            continue
        said = value.get("version") if isinstance(value, dict) else value
        bound = conda_version(said) if isinstance(said, str) else None
        if bound is None:
            parts.append(Found(left_out=(f"{where}: {name} = {value!r} is no range of versions",)))
        else:
            one = Bound(package=names[name.lower()], specifier=bound, marker=marker)
            parts.append(Found(bounds=(one,)))
    return joined(parts)
