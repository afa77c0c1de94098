"""Plans from the options of the command, as users give them."""

from __future__ import annotations

import json
import shlex

import pytest
from click.testing import CliRunner

from envsetup.cli.install_plan import command

LINUX = "--os linux --arch x86_64 --python-version 3.12 --libc glibc2.35 "
ARM = "--os linux --arch aarch64 --python-version 3.12 --libc glibc2.35 "
WINDOWS = "--os windows --arch amd64 --python-version 3.12 "
SHORT = {"LINUX ": LINUX, "ARM ": ARM, "WINDOWS ": WINDOWS}


@pytest.fixture
def invoke():
    def run(line: str):
        for word, options in SHORT.items():
            line = line.replace(word, options)
        return CliRunner().invoke(command, shlex.split(line))

    return run


@pytest.fixture
def plan(invoke):
    def run(line: str) -> dict:
        return json.loads(invoke(line + " --format json").stdout)

    return run
