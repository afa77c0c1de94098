"""A project's bounds on torch, as people write them; everything else in its files is left alone."""

from __future__ import annotations

import os

from envsetup.cli.project.environment_yml import read_environment
from envsetup.cli.project.files import read, read_toml
from envsetup.cli.project.pixi import read_pixi_tables
from envsetup.cli.project.pyproject import read_pyproject
from envsetup.cli.project.records import Found, Project, joined, wrong
from envsetup.cli.project.requirements_txt import read_requirements

ENVIRONMENTS = ("environment.yml", "environment.yaml")
UNREAD = ("setup.py", "setup.cfg", "Pipfile")


def read_project(folder: str) -> Project:
    """What all its files say together. Raises UsageError, naming the file and the field."""
    if not os.path.isdir(folder):
        raise wrong(folder, "no such folder", "give a project's")
    parts: dict[str, Project] = {}
    pyproject = read_toml(folder, "pyproject.toml")
    if pyproject is not None:
        parts["pyproject.toml"] = read_pyproject(folder, pyproject)
    requirements = read_requirements(folder)
    if requirements is not None:
        parts["requirements.txt"] = Project(always=requirements)
    for name in ENVIRONMENTS:
        text = read(folder, name)
        if text is not None:
            parts[name] = read_environment(text, name)
    pixi = read_toml(folder, "pixi.toml")
    if pixi is not None:
        parts["pixi.toml"] = read_pixi_tables(pixi, "pixi.toml")
    unread = Found(
        left_out=tuple(
            f"{name} is not read" for name in UNREAD if os.path.isfile(os.path.join(folder, name))
        )
    )
    return Project(
        always=joined((*(p.always for p in parts.values()), unread)),
        choices={key: found for p in parts.values() for key, found in p.choices.items()},
        pythons=tuple(text for p in parts.values() for text in p.pythons if text),
        looked_at=tuple(parts),
    )
