"""Files of strangers that are no such file: every command says what is wrong with exit 2, and never hangs."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from envsetup.cli import inputs
from envsetup.cli import root as cli
from envsetup.host import RecordedHost, input_files
from envsetup.host.input_files import read_file
from envsetup.host.json_input import InputError, decode
from envsetup.host.recorded import ANSWERS
from envsetup.knowledge import KnowledgeError, load
from envsetup.model import Unreadable
from envsetup.report import render
from envsetup.target import ask
from tests.report.conftest import made_up

posix = pytest.mark.skipif(sys.platform == "win32", reason="named pipes and devices of POSIX")
GOOD = render(made_up(), "json").encode()
DEEP = b"[" * 100_000
BAD = {
    "nested": GOOD.replace(b'"LD_LIBRARY_PATH"', b'"x": ' + DEEP + b"]" * 100_000 + b', "y"'),
    "nested alone": DEEP,
    "nested objects": b'{"machine": ' + b'{"a":' * 100_000,
    "cut": GOOD[: len(GOOD) // 2],
    "no UTF-8": GOOD.replace(b"harmless", b"\xff\xfe\x80"),
    "a field of another type": GOOD.replace(b'"index": 0', b'"index": "zero"'),
    "a list for an object": b"[1, 2]",
    "a number alone": b"3",
    "an endless number": GOOD.replace(b'"index": 0', b'"index": 1' + b"0" * 100_000),
    "no number": GOOD.replace(b'"index": 0', b'"index": NaN'),
    "empty": b"",
    "zeros": b"\0" * 100_000,
    "of another version": GOOD.replace(b'"schema_version": "1"', b'"schema_version": "2"', 1),
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "report show": ("report", "show", "{}"),
    "report convert": ("report", "convert", "{}", "--format", "html"),
    "report diff": ("report", "diff", "{}", "{}"),
    "doctor --from": ("doctor", "--from", "{}"),
    "install-plan --machine": ("install-plan", "--machine", "{}"),
    "explain --from": (
        "explain",
        "--error",
        "Torch not compiled with CUDA enabled",
        "--from",
        "{}",
    ),
    "doctor --baseline": ("doctor", "--level", "quick", "--baseline", "{}"),
}


def called(command: str, path: object) -> Result:
    return CliRunner().invoke(cli, [word.format(path) for word in COMMANDS[command]])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_report_is_a_usage_error_that_names_it(
    command: str, bad: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(BAD[bad])

    answer = called(command, path)

    assert answer.exit_code == 2, answer.exception
    assert str(path) in answer.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("capability", ["", "x", "9", "9.", ".9", "99.99", "sm_90", "-1.0"])
def test_a_gpu_that_says_nonsense_of_itself_is_one_of_unknown_kind(
    command: str, capability: str, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    old = b'"compute_capability": "9.0"'
    path.write_bytes(GOOD.replace(old, f'"compute_capability": "{capability}"'.encode(), 1))

    answer = called(command, path)

    assert old in GOOD
    assert answer.exit_code in (0, 1), answer.exception


@posix
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["pipe", "endless", "folder", "missing", "large"])
def test_what_is_no_file_ends_with_a_word(
    command: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "NO_WRITER_LIMIT_S", 0.1)
    monkeypatch.setattr(inputs, "LARGEST_INPUT_BYTES", 1 << 20)
    path = tmp_path / "report.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "large":
        path.write_bytes(b" " * (1 << 20) + b"{}")
    elif kind == "endless":
        path.symlink_to("/dev/zero")

    answer = called(command, path)

    assert answer.exit_code == 2, answer.exception
    assert str(path) in answer.stderr


@posix
def test_a_pipe_is_read_while_somebody_writes_into_it(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        with open(path, "wb", buffering=0) as pipe:
            for part in (GOOD[:100], GOOD[100:]):
                time.sleep(0.1)
                pipe.write(part)

    threading.Thread(target=write, daemon=True).start()

    assert called("report show", path).exit_code == 0


@posix
def test_a_pipe_whose_writer_never_ends_is_left(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    handle = os.open(path, os.O_RDWR)
    try:
        with pytest.raises(OSError, match="no end of it after 0.1 s"):
            read_file(str(path), 100, pipe_limit_s=0.1)
    finally:
        os.close(handle)


def test_a_name_with_a_nul_is_no_file() -> None:
    with pytest.raises(OSError, match="null"):
        read_file("a\0b", 100)


# -- other readers -----------------------------------------------------------------------------------

TOML = {
    "an endless number": b"[tool.envsetup]\nignore = 1" + b"0" * 100_000,
    "nested": b"[tool.envsetup]\nignore = " + DEEP,
    "no UTF-8": b"[tool.envsetup]\nignore = ['\xff']",
    "cut": b"[tool.envsetup",
}


@pytest.mark.parametrize("bad", TOML)
@pytest.mark.parametrize(
    "words", [("doctor", "--level", "quick"), ("install-plan", "--os", "linux", "--project", ".")]
)
def test_a_bad_project_is_a_usage_error(
    words: tuple[str, ...], bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_bytes(TOML[bad])
    monkeypatch.chdir(tmp_path)

    answer = CliRunner().invoke(cli, list(words))

    if words[0] == "doctor" or bad != "no UTF-8":
        assert answer.exit_code == 2, answer.exception
        assert "pyproject.toml" in answer.stderr


@posix
def test_a_pipe_in_place_of_a_projects_file_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "NO_WRITER_LIMIT_S", 0.1)
    os.mkfifo(tmp_path / "requirements.txt")
    words = ["install-plan", "--os", "linux", "--project", str(tmp_path)]

    answer = CliRunner().invoke(cli, words)

    assert answer.exit_code == 2
    assert "requirements.txt" in answer.stderr


def test_a_hundred_thousand_words_to_ignore_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ", ".join(['"PY"'] * 100_000)
    (tmp_path / "pyproject.toml").write_text(f"[tool.envsetup]\nignore = [{words}, 'NOPE']\n")
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []

    def names(_rule: object, word: str) -> bool:
        asked.append(word)
        return word == "PY"

    monkeypatch.setattr("envsetup.doctor._names", names)

    answer = CliRunner().invoke(cli, ["doctor", "--level", "quick"])

    assert answer.exit_code == 2
    assert "'NOPE'" in answer.stderr
    assert asked.count("PY") == 1


@pytest.mark.parametrize("bad", BAD)
def test_bad_knowledge_is_told_by_its_file(bad: str, tmp_path: Path) -> None:
    (tmp_path / "releases.json").write_bytes(BAD[bad])

    with pytest.raises(KnowledgeError, match=r"releases\.json"):
        load(str(tmp_path))


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_recording_is_told_by_its_file(bad: str, tmp_path: Path) -> None:
    (tmp_path / ANSWERS).write_bytes(BAD[bad])

    with pytest.raises(ValueError, match=ANSWERS):
        RecordedHost(str(tmp_path))


Answering = Callable[[str], str]


@pytest.fixture
def answering(tmp_path: Path) -> Answering:
    """An interpreter that answers as a line of shell has it; "$2" is where the answer belongs."""

    def made(line: str) -> str:
        program = tmp_path / "python3"
        program.write_text(f"#!/bin/sh\n{line}\n")
        program.chmod(0o755)
        return str(program)

    return made


@posix
@pytest.mark.parametrize(
    "line",
    [
        'mkfifo "$2"',
        'mkdir "$2"',
        'ln -s /dev/zero "$2"',
        'printf "%0100000d" 0 | tr 0 "[" > "$2"',
        'echo "{\\"version\\": 1" > "$2"',
        'echo "{\\"version\\": 312, \\"executable\\": \\"x\\"}" > "$2"',
        'echo "{\\"version\\": \\"3.12\\", \\"executable\\": [\\"x\\"]}" > "$2"',
        'echo "{\\"version\\": \\"3.12\\", \\"executable\\": \\"x\\", \\"site_packages\\": {}}" > "$2"',
        'echo "[]" > "$2"',
        'printf "\\377\\376" > "$2"',
        'head -c 3000000 /dev/zero > "$2"',
    ],
)
def test_a_strange_answer_of_an_interpreter_is_none(line: str, answering: Answering) -> None:
    assert isinstance(ask(answering(line)), Unreadable)


@posix
@pytest.mark.parametrize(
    "words", [("probe",), ("doctor",), ("setup", "--dry-run"), ("install-plan",)], ids=" ".join
)
def test_a_strange_interpreter_is_exit_4(
    words: tuple[str, ...], answering: Answering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = answering('echo "{\\"version\\": 312, \\"executable\\": \\"x\\"}" > "$2"')

    answer = CliRunner().invoke(cli, [*words, "--python", program])

    assert answer.exit_code == 4 or (words == ("probe",) and answer.exit_code == 0), (
        answer.exception
    )


# -- decoding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": "' + b"\\\\" * 50_000 + b'", "b": 12345678901234567890123}',
        b'{"a": "' + b'\\"' * 50_000 + b'", "b": 12345678901234567890123}',
        b'{"a": "\xc3\xa9", "b": -12345678901234567890123}',
    ],
)
def test_a_huge_number_is_found_behind_any_string(data: bytes) -> None:
    with pytest.raises(InputError, match=r"beyond 64 bits \(at \$\.b\)"):
        decode(data, dict)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": " : 12345678901234567890123 "}',
        b'{"a": "\\" : 12345678901234567890123 ,"}',
        b'{"a": 0.12345678901234567890123, "b": 9223372036854775807}',
    ],
)
def test_digits_in_a_text_or_a_fraction_are_no_huge_number(data: bytes) -> None:
    assert decode(data, dict)
