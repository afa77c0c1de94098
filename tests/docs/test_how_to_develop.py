"""The tests that the page for contributors shows, really run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "develop.md"
SHOWN = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_there_are_some() -> None:
    assert len(SHOWN) == 2


@pytest.mark.parametrize("text", SHOWN, ids=["a rule", "a rule of one's own"])
def test_the_tests_on_the_page_pass(text: str, tmp_path: Path) -> None:
    """In a process of their own, since a rule that is declared stays."""
    (tmp_path / "test_shown.py").write_text(text, "utf-8")
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "."]

    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout
    assert f"{text.count('def test_')} passed" in done.stdout
