"""Which environment was examined and why, in words."""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import ChosenBy, Target
from envsetup.report.paths import Where, for_a_shell

WHY: dict[ChosenBy, str] = {
    "option": "named by --python",
    "VIRTUAL_ENV": "activated (VIRTUAL_ENV)",
    "project": "named by [tool.envsetup] of pyproject.toml",
    "CONDA_PREFIX": "activated (CONDA_PREFIX)",
    ".venv": "the .venv of this folder or of one above",
    "own": "where envsetup runs",
    "conda-base": "conda's base environment",
    "PATH": "the first on PATH",
}


def why_taken(target: Target | None) -> str:
    """Why it was taken; empty where a command line named it."""
    if target is None or target.chosen_by in (None, "option"):
        return ""
    also = "; envsetup runs in it too" if target.shared and target.chosen_by != "own" else ""
    return WHY[target.chosen_by] + also


def passed_over(target: Target | None, where: Where | None = None) -> Iterator[str]:
    """A line for each that was passed over; envsetup's own home is told only where somebody meant it."""
    for one in target.passed_over if target else ():
        if one.place not in ("own", "PATH"):
            yield f"passed over {for_a_shell(one.path, where or Where())}: {one.reason}"


def which_lines(target: Target | None, where: Where) -> Iterator[str]:
    """What was taken and why, and what was passed over; nothing where it was named."""
    if target is None or target.chosen_by == "option":
        return
    if target.path is None:
        yield "for this machine: no environment and no Python was found"
    else:
        yield f"for {for_a_shell(target.path, where)}, {why_taken(target)}"
    yield from passed_over(target, where)
