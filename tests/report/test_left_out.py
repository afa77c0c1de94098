"""What was left out, and the verdict of a stranger's report: told in every format, and derived anew."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from envsetup.cli import root as cli
from envsetup.doctor import untrusted_report
from envsetup.doctor.untrusted_report import derived_anew
from envsetup.knowledge import load as knowledge
from envsetup.model import LeftOut, Settings, Verdict
from envsetup.report import FORMATS, load, render
from tests.report.conftest import made_up

SAID = "tool.envsetup.ignore"
PASTED = "PyTorch version: 2.9.0+cpu\nIs debug build: False\nCUDA used to build PyTorch: None\nOS: Ubuntu\n"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("how", ["ignore", "select"])
def test_what_was_left_out_is_in_every_format(format: str, how: str) -> None:
    wish = LeftOut(how=how, words=("PY", "WH101"), by=f"../pyproject.toml: {SAID}")  # type: ignore[arg-type]

    text = render(replace(made_up(), left_out=(wish,)), format)

    assert SAID in text
    assert "WH101" in text


def test_an_older_report_tells_what_its_settings_left_out() -> None:
    settings = Settings(file="pyproject.toml", ignore=("PY",))
    saved = json.loads(render(replace(made_up(), settings=settings), "json"))
    del saved["left_out"]

    (wish,) = load(json.dumps(saved).encode()).left_out

    assert (wish.words, wish.by) == (("PY",), f"pyproject.toml: {SAID}")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text('[tool.envsetup]\nignore = ["CP104"]\n')
    (tmp_path / "pasted.txt").write_text(PASTED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_doctor_says_what_the_project_left_out_and_can_refuse_it() -> None:
    words = ["doctor", "--from", "pasted.txt", "--format", "json"]

    told = json.loads(CliRunner().invoke(cli, words).stdout)["left_out"]
    refused = CliRunner().invoke(cli, [*words, "--no-project-ignore"])
    own = CliRunner().invoke(cli, [*words, "--no-project-ignore", "--ignore", "PY101"])

    assert told == [{"how": "ignore", "words": ["CP104"], "by": f"pyproject.toml: {SAID}"}]
    assert refused.exit_code == 2
    assert "--no-project-ignore forbids it" in refused.stderr
    assert json.loads(own.stdout)["left_out"][0]["by"] == "--ignore"


@pytest.mark.parametrize("claimed", ["ok", "warnings", "unknown"])
def test_a_report_whose_checks_failed_is_not_proven_whatever_it_says(claimed: Verdict) -> None:
    claims = replace(made_up(), verdict=claimed, proven=True)

    anew = derived_anew(claims, knowledge())

    assert (anew.verdict, anew.proven) == ("failed", False)


def test_its_own_word_counts_where_it_is_worse() -> None:
    fine = replace(made_up(), findings=(), checks=(), verdict="failed", proven=True)

    anew = derived_anew(fine, knowledge())

    assert (anew.verdict, anew.proven) == ("failed", False)


@pytest.mark.usefixtures("project")
@pytest.mark.timeout(60)
def test_the_limit_of_a_run_bounds_a_saved_machine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted_report, "about_saved", lambda *_: time.sleep(3600))

    answer = CliRunner().invoke(cli, ["doctor", "--from", "pasted.txt", "--timeout", "1"])

    assert answer.exit_code == 2
    assert "not judged within 1 s" in answer.stderr
