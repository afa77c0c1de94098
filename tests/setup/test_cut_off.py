"""Every command that looks at an environment says that envsetup was cut off there."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from envsetup.cli import root
from envsetup.installer.journal import Environment, Journal
from envsetup.installer.marker import mark

SAID = "was begun in this environment and has not ended"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing in it, in which an installation was cut off."""
    folder = tmp_path_factory.mktemp("cut") / "env"
    venv.create(folder, with_pip=False)
    (journal_of(folder).place / "manifest.json").stat()
    return folder


def journal_of(folder: Path) -> Journal:
    (site,) = folder.glob("lib/python*/site-packages")
    environment = Environment(prefix=str(folder), roots=(str(site),), whole=True)
    return Journal.begin(environment, (), ["torch"])


def envsetup(*words: str) -> Result:
    done = CliRunner().invoke(root, list(words))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.mark.parametrize(
    "words",
    [
        ("probe",),
        ("install-plan", "--allow-cpu"),
        ("install-plan", "--allow-cpu", "--format", "json"),
        ("checks", "run", "import"),
    ],
    ids=" ".join,
)
def test_other_commands_say_so_in_a_sentence(prepared: Path, words: tuple[str, ...]) -> None:
    done = envsetup(*words, "--python", str(prepared))

    assert SAID in done.stderr
    if "json" in words:
        json.loads(done.stdout)


def test_a_rehearsal_of_setup_says_so_too(prepared: Path) -> None:
    done = envsetup("setup", str(prepared), "--dry-run", "--allow-cpu", "--python", sys.executable)

    assert SAID in done.stderr


@pytest.mark.parametrize("level", ["quick", "standard", "deep"])
def test_the_doctor_has_a_finding_at_every_level(prepared: Path, level: str) -> None:
    done = envsetup("doctor", "--level", level, "--python", str(prepared), "--format", "json")

    (finding,) = (f for f in json.loads(done.stdout)["findings"] if f["code"] == "PY115")
    assert finding["severity"] == "error"
    assert finding["suppressed_by"] is None


def test_a_half_made_environment_is_told_as_that_with_and_without_a_python(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    mark(folder, "incomplete")

    assert f"envsetup setup {folder}" in envsetup("probe", "--python", str(folder)).output

    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.base_prefix, 'bin')}\n")

    assert SAID in envsetup("install-plan", "--allow-cpu", "--python", str(folder)).stderr


def test_apply_puts_back_first_and_only_then_plans(tmp_path: Path) -> None:
    """What an installer was cut off at must not pass for what is already right."""
    folder = tmp_path / "env"
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    planned = envsetup(
        "install-plan",
        "--allow-cpu",
        "--backend",
        "cpu",
        "--python",
        str(folder),
        "--format",
        "json",
    )
    version = json.loads(planned.stdout)["torch_version"]
    journal_of(folder)
    info = site / f"torch-{version}+cpu.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}+cpu\n")
    (site / "torch").mkdir()
    (site / "torch" / "version.py").write_text(f"__version__ = '{version}+cpu'\ncuda = None\n")

    done = envsetup(
        "install-plan", f"torch=={version}", "--allow-cpu", "--backend", "cpu", "--apply",
        "--python", str(folder), "--mirror", "http://127.0.0.1:9/whl",
    )  # fmt: skip

    assert "putting back" in done.stderr
    assert "already right" not in done.output
    assert not (site / "torch").exists()
    assert not info.exists()


def test_a_broken_list_is_a_sentence_and_exit_2(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    venv.create(folder, with_pip=False)
    (journal_of(folder).place / "manifest.json").write_text("{")
    words = ("--allow-cpu", "--python", str(folder))

    done = envsetup("install-plan", "--apply", *words)
    again = envsetup("setup", str(folder), "--allow-cpu", "--python", sys.executable)

    assert (done.exit_code, again.exit_code) == (2, 2), done.output
    assert "leave it there" in done.output
    assert "leave it there" in again.output
    assert [p.name for p in folder.glob("lib/*/.envsetup-restore/*")] == ["manifest.json"]
