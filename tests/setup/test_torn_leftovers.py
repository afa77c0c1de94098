"""What is cut off while it clears up, and addresses that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from envsetup.host.http import fetch
from envsetup.installer.journal import Environment, Journal
from envsetup.knowledge.wheels import NotAnIndex, wheels_on


def test_a_run_killed_while_it_forgets_leaves_nothing_to_undo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "lib" / "site-packages"
    packages.mkdir(parents=True)
    environment = Environment(prefix=str(tmp_path), roots=(str(packages),), whole=True)
    journal = Journal.begin(environment, [], [])
    (packages / "new.py").write_text("installed")
    with monkeypatch.context() as killed:
        killed.setattr("envsetup.installer.journal._empty", lambda _: None)
        journal.end()

    assert environment.place.exists()
    assert Journal.left_behind(environment) is None
    assert not environment.place.exists()
    assert (packages / "new.py").read_text() == "installed"


def test_addresses_that_are_none_are_told_and_passed_over() -> None:
    assert fetch("http://[x").error
    with pytest.raises(NotAnIndex):
        wheels_on('<a href="http://[x/torch-2.9.0-cp311-cp311-win_amd64.whl">x</a>')
