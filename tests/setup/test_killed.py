"""A few of the kills of tests/long/kills.py: SIGKILL at random moments, then the same command again."""

from __future__ import annotations

import sys

import pytest

from tests.long.kills import kills


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="what is left over is looked for in /proc")
@pytest.mark.parametrize("command", ["apply", "setup"])
def test_every_environment_ends_as_before_or_as_planned_and_no_process_is_left(
    command: str,
) -> None:
    assert kills(command, "pip", 3, seed=14, modules=300) == []
