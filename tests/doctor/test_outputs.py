"""No answer is lost: an output that can't be written is found first, and where it fails later it is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from envsetup.cli import output, root
from envsetup.cli.exits import Exit, Failure

MACHINE = Path(__file__).parents[1] / "report" / "report_v1.json"
DOCTOR = ["doctor", "--from", str(MACHINE), "--fail-on", "never"]


@pytest.mark.parametrize(
    "words",
    [
        ["doctor", "-o"], ["doctor", "--from", "-", "-o"], ["probe", "-o"], ["install-plan", "-o"],
        ["checks", "run", "rng", "-o"], ["checks", "-o"], ["explain", "PY101", "-o"], ["setup", "-o"],
        ["schema", "report", "-o"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["missing/report.json", "folder.json", "file/report.json"])
def test_an_output_that_cannot_be_written_is_found_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], place: str
) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").touch()

    def work(*_: object) -> None:
        raise AssertionError("work was done")

    monkeypatch.setattr("envsetup.target.find_target", work)
    monkeypatch.setattr("envsetup.target.find_base", work)
    result = CliRunner().invoke(root, [*words, str(tmp_path / place)])

    assert result.exit_code == 2, result.output
    assert "can't write" in result.stderr
    assert "Nothing was run" in result.stderr
    assert result.stdout == ""


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    old = tmp_path / "report.json"
    old.write_text("old", "utf-8")

    output.check_writable(str(old))

    assert old.read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_setup_may_write_into_the_folder_that_it_makes(tmp_path: Path) -> None:
    inside = str(tmp_path / "env" / "report.json")

    output.check_writable(inside, str(tmp_path / "env"))
    with pytest.raises(Failure):
        output.check_writable(inside, str(tmp_path / "other"))


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(path: str, _text: str) -> None:
        raise Failure(f"can't write {path}: No space left on device.", Exit.TOOL_FAILED)

    monkeypatch.setattr("envsetup.cli.output.write_text", no_room)
    monkeypatch.setattr("envsetup.cli.doctor.write_text", no_room)


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize(
    ("form", "begin"), [("json", "{"), ("markdown", "## "), ("junit", "<?xml")]
)
def test_where_writing_fails_the_answer_is_printed_in_that_format(
    tmp_path: Path, form: str, begin: str
) -> None:
    result = CliRunner().invoke(root, [*DOCTOR, "-o", f"{form}:{tmp_path}/report"])

    assert result.exit_code == 3
    assert result.stdout.startswith(begin)
    assert "No space left" in result.stderr


@pytest.mark.usefixtures("full_disk")
def test_with_json_standard_output_stays_one_document(tmp_path: Path) -> None:
    words = [*DOCTOR, "--format", "json", "-o", str(tmp_path / "r.html")]
    result = CliRunner().invoke(root, words)

    assert result.exit_code == 3
    assert json.loads(result.stdout)["schema_version"] == "1"


@pytest.mark.usefixtures("full_disk")
def test_a_single_answer_is_printed_too(tmp_path: Path) -> None:
    result = CliRunner().invoke(root, ["explain", "PY101", "-o", str(tmp_path / "page")])

    assert result.exit_code == 3
    assert "PY101" in result.stdout
