"""pyproject.toml: PEP 621, dependency groups (PEP 735), Poetry's tables, uv's sources."""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.cli.project.pixi import read_pixi_tables
from envsetup.cli.project.poetry import read_poetry
from envsetup.cli.project.records import (
    PACKAGES,
    Found,
    Project,
    joined,
    read_lines,
    table,
    texts,
    wrong,
)

Choices = dict[tuple[str, str], Found]


def read_pyproject(folder: str, tables: dict[str, object]) -> Project:
    """Raises UsageError where a field of the standard is none of its kind."""
    project = table(tables.get("project"))
    tool = table(tables.get("tool"))
    poetry = read_poetry(table(tool.get("poetry")))
    pixi = read_pixi_tables(table(tool.get("pixi")), "pyproject.toml, [tool.pixi]")
    groups = _groups(folder, table(tables.get("dependency-groups")))
    default = _default_groups(table(tool.get("uv")), groups)
    choices = {
        **{("extra", name): one for name, one in _extras(folder, project).items()},
        **{("group", name): one for name, one in groups.items() if name not in default},
        **poetry.choices,
        **pixi.choices,
    }
    return Project(
        always=joined(
            (
                read_lines(_dependencies(folder, project), "pyproject.toml"),
                *(groups[name] for name in default),
                poetry.always,
                pixi.always,
                _sources(table(tool.get("uv"))),
            )
        ),
        choices=choices,
        pythons=(*_python(folder, project), *poetry.pythons, *pixi.pythons),
    )


def _dependencies(folder: str, project: dict[str, object]) -> list[str]:
    lines = project.get("dependencies", [])
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise wrong(
            folder,
            "dependencies in pyproject.toml is no list of texts",
            "write dependencies = ['torch>=2.8']",
        )
    return lines


def _extras(folder: str, project: dict[str, object]) -> dict[str, Found]:
    extras = project.get("optional-dependencies", {})
    if not isinstance(extras, dict):
        raise wrong(
            folder,
            "optional-dependencies in pyproject.toml is no table",
            "write [project.optional-dependencies]",
        )
    return {
        name: read_lines(texts(lines), f"pyproject.toml, extra {name}")
        for name, lines in extras.items()
    }


def _groups(folder: str, groups: dict[str, object]) -> dict[str, Found]:
    """Each group with those that it includes."""
    return {
        name: joined(
            read_lines(texts(groups.get(one)), f"pyproject.toml, group {one}")
            for one in _included(folder, groups, name, ())
        )
        for name in groups
    }


def _included(
    folder: str, groups: dict[str, object], name: str, above: tuple[str, ...]
) -> Iterator[str]:
    if name in above:
        raise wrong(
            folder,
            f"group {name} in pyproject.toml includes itself",
            "take the circle out of [dependency-groups]",
        )
    yield name
    listed = groups.get(name)
    for one in listed if isinstance(listed, list) else ():
        other = one.get("include-group") if isinstance(one, dict) else None
        if isinstance(other, str) and other in groups:
            yield from _included(folder, groups, other, (*above, name))


def _default_groups(uv: dict[str, object], groups: dict[str, Found]) -> tuple[str, ...]:
    """uv takes `dev` where nothing else is set (its documentation, "Default groups")."""
    named = uv.get("default-groups", ["dev"])
    if named == "all":
        return tuple(groups)
    return tuple(name for name in texts(named) if name in groups)


def _python(folder: str, project: dict[str, object]) -> tuple[str, ...]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    bound = project.get("requires-python", "")
    try:
        return (
            (str(SpecifierSet(bound)),) if isinstance(bound, str) else _no_specifier(folder, bound)
        )
    except InvalidSpecifier:
        return _no_specifier(folder, bound)


def _no_specifier(folder: str, bound: object) -> tuple[str, ...]:
    raise wrong(
        folder,
        f"requires-python = {bound!r} in pyproject.toml is no version specifier",
        "write one such as '>=3.11'",
    )


def _sources(uv: dict[str, object]) -> Found:
    """Where uv takes the family from: the plan names its own index."""
    sources = table(uv.get("sources"))
    named = [name for name in sources if name.lower() in PACKAGES]
    return Found(
        left_out=tuple(
            f"pyproject.toml: [tool.uv.sources] ties {name} to a place of its own ({_place(sources[name])})"
            for name in named
        )
    )


def _place(source: object) -> str:
    listed = source if isinstance(source, list) else [source]
    places = [
        str(value)
        for one in listed
        if isinstance(one, dict)
        for key, value in one.items()
        if key in ("index", "url", "git", "path")
    ]
    return ", ".join(places) or "see there"
