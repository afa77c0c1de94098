"""Plans from the options of the command, as users give them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from envsetup.cli.install_plan import command

LINUX = "--os linux --arch x86_64 --python-version 3.12 --libc glibc2.35 "
ARM = "--os linux --arch aarch64 --python-version 3.12 --libc glibc2.35 "
WINDOWS = "--os windows --arch amd64 --python-version 3.12 "
SHORT = {"LINUX ": LINUX, "ARM ": ARM, "WINDOWS ": WINDOWS}

Invoke = Callable[[str], Result]
"""Runs `install-plan` with these options."""
Answer = Callable[[str], dict[str, Any]]
"""The plan that it prints as JSON."""


@pytest.fixture
def invoke() -> Invoke:
    def run(line: str) -> Result:
        for word, options in SHORT.items():
            line = line.replace(word, options)
        return CliRunner().invoke(command, shlex.split(line))

    return run


@pytest.fixture
def plan(invoke: Invoke) -> Answer:
    def run(line: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(invoke(line + " --format json").stdout)
        return answer

    return run
