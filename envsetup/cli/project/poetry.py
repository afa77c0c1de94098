"""Poetry's own tables, with its version syntax.

Source: Poetry's documentation, "Dependency specification".
"""

from __future__ import annotations

import re

from envsetup.cli.project.records import PACKAGES, Bound, Found, Project, joined, table, texts

WHERE = "pyproject.toml, [tool.poetry]"


def read_poetry(poetry: dict[str, object]) -> Project:
    """Main dependencies and groups that aren't optional always count, as `poetry install` takes them."""
    main = table(poetry.get("dependencies"))
    always, optional = _read(main, WHERE)
    choices: dict[tuple[str, str], Found] = {}
    for name, members in table(poetry.get("extras")).items():
        mine = tuple(b for b in optional.bounds if b.package in set(texts(members)))
        choices["extra", name] = Found(bounds=mine)
    parts = [always]
    for name, group in table(poetry.get("group")).items():
        found, _ = _read(table(table(group).get("dependencies")), f"{WHERE}, group {name}")
        if table(group).get("optional") is True:
            choices["group", name] = found
        else:
            parts.append(found)
    python = main.get("python")
    known = converted(python) if isinstance(python, str) else None
    return Project(always=joined(parts), choices=choices, pythons=(known,) if known else ())


def _read(dependencies: dict[str, object], where: str) -> tuple[Found, Found]:
    """What is always taken, and what is optional."""
    always: list[Found] = []
    optional: list[Found] = []
    for name, value in dependencies.items():
        if name.lower() not in PACKAGES:
            continue
        for one in value if isinstance(value, list) else [value]:
            found = _one(name.lower(), one, where)
            chosen = isinstance(one, dict) and one.get("optional") is True
            (optional if chosen else always).append(found)
    return joined(always), joined(optional)


def _one(name: str, value: object, where: str) -> Found:
    said = value if isinstance(value, dict) else {"version": value}
    version = said.get("version")
    specifier = converted(version) if isinstance(version, str) else None
    if specifier is None:
        return Found(left_out=(f"{where}: {name} = {value!r} is no range of versions",))
    markers = [
        f"({text})" for text in (said.get("markers"), _platform(said), _python(said)) if text
    ]
    return Found(bounds=(Bound(package=name, specifier=specifier, marker=" and ".join(markers)),))


def _platform(said: dict[str, object]) -> str:
    platform = said.get("platform")
    return f"sys_platform == '{platform}'" if isinstance(platform, str) else ""


def _python(said: dict[str, object]) -> str:
    python = said.get("python")
    bounds = converted(python) if isinstance(python, str) else None
    parts = [re.match(r"([<>=!~]+)(.+)", one) for one in (bounds or "").split(",") if one]
    return " and ".join(f"python_version {m[1]} '{m[2]}'" for m in parts if m)


def converted(text: str) -> str | None:
    """Poetry's constraint as PEP 440's; None for `||` and what else has no such form."""
    parts = [part.strip() for part in text.split(",")]
    found = [_converted_one(part) for part in parts]
    return None if None in found else ",".join(one for one in found if one)


def _converted_one(part: str) -> str | None:
    if part in ("", "*"):
        return ""
    match = re.fullmatch(r"(\^|~|[<>=!~]{0,2})\s*(\d[\w.+*]*)", part)
    if match is None:
        return None
    sign, version = match[1], match[2]
    numbers = [int(n) for n in re.findall(r"\d+", version.split("+")[0])]
    if sign == "^":
        first = next((i for i, n in enumerate(numbers) if n), len(numbers) - 1)
        return f">={version},<{_next(numbers, first)}"
    if sign == "~":
        return f">={version},<{_next(numbers, min(1, len(numbers) - 1))}"
    return f"{sign if sign not in ('', '=') else '=='}{version}"


def _next(numbers: list[int], place: int) -> str:
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1]))
