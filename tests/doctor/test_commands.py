"""Exit codes and answers of `doctor` and `checks` where nothing needs a real torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from envsetup.cli.doctor import device_names, file_and_format

TARGET = os.environ.get("ENVSETUP_TEST_TARGET", "")
needs_target = pytest.mark.skipif(
    not TARGET, reason="no interpreter with torch: set ENVSETUP_TEST_TARGET to one"
)


def envsetup(*args: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "envsetup", *args]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--require", "gpus"), "quote"),
        (("--require", "flux>=1"), "flux>=1"),
        (("--device", "gpu0"), "gpu0"),
        (("--select", "no-such-thing"), "no-such-thing"),
        (("-o", "report.pdf"), ".pdf"),
        (("--from", "/no/such/file"), "/no/such/file"),
        (("--baseline", "/no/such/file"), "/no/such/file"),
    ],
)
def test_a_wrong_option_is_a_usage_error_that_names_it(args: tuple[str, ...], words: str) -> None:
    done = envsetup("doctor", *args)

    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_a_target_that_is_not_there_is_exit_4_and_still_json() -> None:
    done = envsetup("doctor", "--python", "/no/such/python", "--format", "json")

    assert done.returncode == 4
    assert json.loads(done.stdout)["verdict"] == "failed"
    assert "doesn't exist" in done.stderr


def test_a_target_behind_a_door_is_exit_4_with_the_systems_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = envsetup("doctor", "--python", str(tmp_path / "file" / "python"))

    assert done.returncode == 4
    assert "can't be reached: Not a directory" in done.stderr


def test_the_list_of_checks_is_json_too() -> None:
    done = envsetup("checks", "--format", "json")

    assert done.returncode == 0
    assert {"id", "summary", "devices", "level"} <= set(json.loads(done.stdout)["checks"][0])


def test_a_check_that_no_named_device_is_for_is_a_usage_error() -> None:
    done = envsetup("checks", "run", "import", "--device", "cuda:0")

    assert done.returncode == 2
    assert "import runs on the CPU alone" in done.stderr


@needs_target
def test_a_check_that_found_no_device_is_no_success() -> None:
    done = envsetup("checks", "run", "kernel-launch", "--python", TARGET)

    assert done.returncode == 1
    assert "kernel-launch was not run" in done.stderr


def test_a_command_that_was_misspelt_is_guessed() -> None:
    assert "Did you mean doctor?" in envsetup("doktor").stderr


def test_an_unknown_check_is_a_usage_error() -> None:
    assert envsetup("checks", "run", "no-such-check").returncode == 2


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a.json", ("a.json", "json")),
        ("junit:results", ("results", "junit")),
        (r"C:\x.json", (r"C:\x.json", "json")),
        ("dir/b.HTML", ("dir/b.HTML", "html")),
    ],
)
def test_a_files_format_comes_from_its_ending_or_prefix(
    word: str, expected: tuple[str, str]
) -> None:
    assert file_and_format(word, "text") == expected


def test_devices_are_named_in_full() -> None:
    assert device_names(["cuda,cpu"]) == ("cuda:0", "cpu")
    assert device_names(["all"]) is None
    with pytest.raises(click.UsageError):
        device_names(["tpu"])
