"""environment.yml of conda: its dependencies, and those of pip below them."""

from __future__ import annotations

import re

from envsetup.cli.project.records import Bound, Found, Project, joined, read_lines

NAMES = {
    "pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cpu": "torch", "torchvision": "torchvision",
    "torchaudio": "torchaudio",
}  # fmt: skip
"""conda's names of the family."""
ITEM = re.compile(r"^(\s*)-\s+(\S.*)")
SPEC = re.compile(r"([A-Za-z0-9._-]+)\s{0,40}(?:\[[^\]]*\])?((?:[<>=!~ ].*)?)")


def read_environment(text: str, name: str) -> Project:
    """Of the list under `dependencies:` alone; the rest of YAML isn't needed for it."""
    conda: list[Found] = []
    pip: list[str] = []
    pythons: list[str] = []
    depth = None
    inside = False
    for line in (re.sub(r"(^|\s)#.*", "", row).rstrip() for row in text.splitlines()):
        if re.match(r"\S", line) and not line.startswith("-"):
            inside, depth = line.startswith("dependencies:"), None
            continue
        item = ITEM.match(line)
        if not inside or item is None:
            continue
        spec = item[2].strip("'\"")
        if spec in ("pip:", "pip :"):
            depth = len(item[1])
        elif depth is not None and len(item[1]) > depth:
            pip.append(spec)
        else:
            depth = None
            _take(spec, name, conda, pythons)
    return Project(always=joined((*conda, read_lines(pip, f"{name}, pip"))), pythons=tuple(pythons))


def _take(spec: str, name: str, conda: list[Found], pythons: list[str]) -> None:
    channel, _, package = spec.rpartition("::")
    match = SPEC.fullmatch(package if len(channel.split()) < 2 else spec)
    if match is None:
        return
    package, bound = match[1].lower(), conda_version(match[2])
    if package == "python" and bound:
        pythons.append(bound)
    if package not in NAMES:
        return
    if bound is None:
        conda.append(Found(left_out=(f"{name}: {spec} is no range of versions",)))
    else:
        conda.append(Found(bounds=(Bound(package=NAMES[package], specifier=bound),)))


def conda_version(text: str) -> str | None:
    """conda's version spec (`=2.5`, `2.5.*`, `>=2.5,<3`, `=2.5.1=cuda*`) as PEP 440's.

    Source: conda's documentation, "Package match specifications".
    """
    parts = [part.strip() for part in text.strip().split(",")]
    found = [_one(part) for part in parts if part not in ("", "*")]
    return None if None in found else ",".join(one for one in found if one)


def _one(part: str) -> str | None:
    match = re.fullmatch(r"(==|=|[<>!~]=?)?\s*(\d[\w.]{0,60}?)(\.?\*)?(?:[= ]\S*)?", part)
    if match is None:
        return None
    sign, version, star = match[1] or "==", match[2], match[3]
    if sign == "=" or (star and sign == "=="):
        return f"=={version}.*"
    return f"{sign}{version}"
