"""`[tool.envsetup]` in pyproject.toml: found upwards, beaten by options, and never half understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from envsetup.cli import root
from envsetup.cli.settings import find_settings

MACHINE = {
    "schema_version": "1",
    "machine": {"os": {"state": "known", "value": "linux", "source": {"kind": "flag", "ref": "t"}}},
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "machine.json").write_text(json.dumps(MACHINE), "utf-8")
    monkeypatch.chdir(inner)
    return tmp_path


def write(folder: Path, table: str) -> None:
    (folder / "pyproject.toml").write_text(table, "utf-8")


def doctor(project: Path, *words: str) -> Any:
    args = ["doctor", "--from", str(project / "machine.json"), "--format", "json", *words]
    return CliRunner().invoke(root, args, standalone_mode=False)


def test_the_nearest_file_with_the_table_counts(project: Path) -> None:
    write(project, '[tool.envsetup]\nignore = ["GP"]\nfail-on = "warning"\npreview = true\n')
    write(project / "src", "[tool.other]\nenvsetup = 1\n")

    found = find_settings(str(project / "src" / "deep"))

    assert found is not None
    assert found.file.replace("\\", "/") == "../../pyproject.toml"
    assert (found.ignore, found.fail_on, found.preview) == (("GP",), "warning", True)
    assert (found.select, found.require) == (None, None)


def test_a_nearer_table_hides_a_farther_one_whole(project: Path) -> None:
    write(project, '[tool.envsetup]\nignore = ["GP"]\n')
    write(project / "src", '[tool.envsetup]\nfail-on = "never"\n')

    found = find_settings(str(project / "src" / "deep"))

    assert found is not None
    assert (found.ignore, found.fail_on) == (None, "never")


def test_no_table_no_settings(project: Path) -> None:
    write(project, "# envsetup\n[project]\nname = 'x'\n")

    assert find_settings(str(project)) is None


def test_a_broken_file_that_is_not_for_us_is_let_be(project: Path) -> None:
    write(project, "envsetup = = 1")

    assert find_settings(str(project)) is None


def test_a_demand_of_the_file_is_a_finding_and_the_report_names_the_file(project: Path) -> None:
    write(project, '[tool.envsetup]\nrequire = ["torch>=2.6"]\n')

    answer = doctor(project)

    told = json.loads(answer.stdout)
    assert answer.return_value == 1
    assert [f["subject"] for f in told["findings"]] == ["torch>=2.6"]
    assert told["settings"]["file"].replace("\\", "/") == "../../pyproject.toml"
    assert told["settings"]["require"] == ["torch>=2.6"]


def test_an_option_beats_the_file_as_a_whole(project: Path) -> None:
    write(project, '[tool.envsetup]\nrequire = ["torch>=2.6"]\nfail-on = "never"\n')

    answer = doctor(project, "--require", "python>=3.10")

    told = json.loads(answer.stdout)
    assert answer.return_value == 0  # fail-on of the file still counts
    assert [f["subject"] for f in told["findings"]] == ["python>=3.10"]
    assert (told["settings"]["require"], told["settings"]["fail_on"]) == (None, "never")
    assert doctor(project, "--fail-on", "error").return_value == 1


def test_the_text_says_which_file_took_effect(project: Path) -> None:
    write(project, '[tool.envsetup]\nignore = ["GP", "SC105"]\n')

    words = ["doctor", "--from", str(project / "machine.json"), "-v"]
    said = " ".join(CliRunner().invoke(root, words).stdout.split())

    assert "pyproject.toml (ignore = GP, SC105)" in said


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("ignor = []", ("tool.envsetup.ignor", "Did you mean ignore?")),
        ('fail_on = "error"', ("tool.envsetup.fail_on", "Did you mean fail-on?")),
        ('ignore = "GP"', ("tool.envsetup.ignore", "a string", "list of strings")),
        ("select = [1.5]", ("tool.envsetup.select[0]", "a float")),
        ('fail-on = "sometimes"', ("tool.envsetup.fail-on", "sometimes", "warning")),
        ("fail-on = 1979-05-27", ("tool.envsetup.fail-on", "a date")),
        ("preview = 1", ("tool.envsetup.preview", "an integer", "true or false")),
        ('select = ["ZZ"]', ("tool.envsetup.select", "'ZZ'", "neither a check")),
        ('require = ["gpus"]', ("tool.envsetup.require", "gpus:8")),
        ("ignore = [", ("no valid TOML", "Mend the file")),
        ('"a\\u001bb" = 1', ("tool.envsetup.a?b", "is no setting")),
    ],
)
def test_what_is_wrong_is_named_by_file_field_and_remedy(
    project: Path, table: str, words: tuple[str, ...]
) -> None:
    write(project, f"[tool.envsetup]\n{table}\n")

    answer = doctor(project)

    assert isinstance(answer.exception, click.UsageError)
    assert answer.stdout == ""
    for word in ("pyproject.toml", *words):
        assert word in answer.exception.message


def test_the_table_must_be_one(project: Path) -> None:
    write(project, "[tool]\nenvsetup = 3\n")
    with pytest.raises(click.UsageError, match="Make it a table"):
        find_settings(str(project))

    write(project, "[[tool.envsetup]]\nselect = []\n")
    with pytest.raises(click.UsageError, match="an array"):
        find_settings(str(project))
