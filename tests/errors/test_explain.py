"""The command `explain`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from envsetup.cli.explain import command
from envsetup.errors import normalize
from envsetup.model import Absent, Source, TorchRuntime
from envsetup.testing import driver, gpu, known, machine, torch


def ask(*words: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(command, words, input=given, standalone_mode=True)


@pytest.mark.parametrize("name", ["CP102", "cp102", "openmp-duplicate-runtimes"])
def test_page_by_code_or_slug(name: str) -> None:
    answer = json.loads(ask(name, "--format", "json").stdout)
    assert {"code", "slug", "title", "severity", "sections"} <= set(answer)
    assert answer["code"] == "CP102"
    assert "How to fix" in answer["sections"]


def test_unknown_code_names_the_nearest() -> None:
    answer = ask("CP1O2")
    assert answer.exit_code == 2
    assert "CP102" in answer.stderr


def test_error_from_standard_input() -> None:
    answer = ask("--error-file", "-", "--format", "json", given=b"\xff OMP: Error #15: Init")
    first = json.loads(answer.stdout)["matches"][0]
    assert first["code"] == "CP102"
    assert {"code", "slug", "title", "confidence", "matched", "ask", "fixes"} <= set(first)


def test_nothing_recognised() -> None:
    answer = ask("--error", "fine", "--format", "json", "--exit-code")
    assert json.loads(answer.stdout) == {"matches": []}
    assert answer.exit_code == 0


def test_no_control_characters_in_text() -> None:
    answer = ask("--error", "undefined symbol: _ZN3c10\x1b[31m\x07x")
    assert "\x1b" not in answer.stdout


def test_exactly_one_question() -> None:
    assert ask().exit_code == 2
    assert ask("CP102", "--error", "x").exit_code == 2


# -- facts decide --------------------------------------------------------------------------------

TOO_OLD = "The NVIDIA driver on your system is too old (found version 11040)"
NO_CUDA = "AssertionError: Torch not compiled with CUDA enabled"


MADE_UP = Source(kind="file", ref="/proc/made-up")
L4 = gpu(name="NVIDIA L4", compute_capability="8.9", source=Source(kind="nvml", ref="NVML"))


def saved(tmp_path: Path, **facts: object) -> str:
    told = machine(os="linux", arch="x86_64", **facts)
    path = tmp_path / "machine.json"
    path.write_bytes(msgspec.json.encode({"schema_version": "1", "machine": told}))
    return str(path)


@pytest.mark.parametrize(
    ("version", "decided", "confidence"),
    [("470.82.01", "confirmed", "high"), ("580.95.05", "contradicted", "medium")],
)
def test_a_saved_machine_confirms_or_contradicts_with_its_facts(
    tmp_path: Path, version: str, decided: str, confidence: str
) -> None:
    path = saved(
        tmp_path,
        gpus=(L4,),
        nvidia_driver=known(driver(version, nvml="ok"), MADE_UP),
        torch=torch("2.14.1+cu126"),
        wsl=Absent(),
    )
    answer = ask("--error", TOO_OLD, "--from", path, "--format", "json")
    first = next(m for m in json.loads(answer.stdout)["matches"] if m["code"] == "WH103")

    assert (first["decided"], first["confidence"]) == (decided, confidence)
    assert version in json.dumps(first["facts"])
    assert MADE_UP.ref in json.dumps(first["facts"])
    assert decided in ask("--error", TOO_OLD, "--from", path).stdout


def test_a_machine_that_does_not_tell_leaves_it_undecided(tmp_path: Path) -> None:
    answer = ask("--error", TOO_OLD, "--from", saved(tmp_path), "--format", "json")
    first = next(m for m in json.loads(answer.stdout)["matches"] if m["code"] == "WH103")

    assert (first["decided"], first["confidence"]) == ("undecided", "high")
    assert first["reason"]


def test_this_machine_speaks_for_a_candidate_and_never_against_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import envsetup.cli.explain as explain

    alone = json.loads(ask("--error", TOO_OLD, "--text-only", "--format", "json").stdout)
    windows = machine(os="windows", nvidia_driver=driver("580.95.05", nvml="ok"))
    monkeypatch.setattr(explain, "_here", lambda *_: windows)
    told = json.loads(ask("--error", TOO_OLD, "--format", "json").stdout)

    def heads(answer: dict[str, Any]) -> Any:
        return {(m["code"], m["confidence"]) for m in answer["matches"]}

    assert heads(told) == heads(alone)
    assert {m["decided"] for m in alone["matches"]} == {None}
    assert None not in {m["decided"] for m in told["matches"]}


def test_this_machine_is_looked_at_for_real() -> None:
    answer = ask("--error", NO_CUDA, "--python", sys.executable, "--format", "json")
    matches = json.loads(answer.stdout)["matches"]

    assert matches[0]["decided"] in ("confirmed", "contradicted", "undecided")
    assert matches[0]["reason"]


def test_an_environment_without_torch_decides_nothing_about_torch(tmp_path: Path) -> None:
    path = saved(tmp_path, gpus=(L4,), nvidia_driver=driver("580.1", nvml="ok"), torch=Absent())
    answer = ask("--error", TOO_OLD, "--from", path, "--format", "json")
    first = next(m for m in json.loads(answer.stdout)["matches"] if m["code"] == "WH103")

    assert first["decided"] == "undecided"
    assert "is it the right one?" in first["reason"]


def test_what_has_nothing_to_do_with_torch_is_decided_without_it(tmp_path: Path) -> None:
    path = saved(tmp_path, torch=Absent(), limits={"nofile": 1 << 20})
    answer = ask(
        "--error", "OSError: [Errno 24] Too many open files", "--from", path, "--format", "json"
    )
    first = next(m for m in json.loads(answer.stdout)["matches"] if m["code"] == "DL102")

    assert {f["fact"] for f in first["facts"]} <= {"limits", "torch", "os"}
    assert first["decided"] in ("contradicted", "undecided")


def test_torchs_own_words_confirm_nothing(tmp_path: Path) -> None:
    """A machine whose torch says the same words tells nothing new."""
    runtime = TorchRuntime(cuda="12.6", cuda_available=False, cuda_error="CUDA unknown error")
    path = saved(
        tmp_path,
        gpus=(L4,),
        torch=torch("2.14.1+cu126"),
        torch_runtime=runtime,
        nvidia_driver=driver("580.1", nvml="ok"),
    )
    answer = ask("--error", "CUDA unknown error", "--from", path, "--format", "json")
    first = json.loads(answer.stdout)["matches"][0]

    assert (first["code"], first["decided"]) == ("DR107", "undecided")


def test_what_facts_say_holds_no_home(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        gpus=(L4,),
        nvidia_driver=driver("580.95.05", nvml="ok"),
        torch=known(torch("2.14.1+cu126"), Source(kind="file", ref="/home/jane/env/torch/version.py")),
        wsl=Absent(),
    )  # fmt: skip
    answer = ask("--error", TOO_OLD, "--from", path, "--format", "json").stdout

    assert "jane" not in answer
    assert "~/env/torch/version.py" in answer


def test_no_usable_interpreter_leaves_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin" / "python"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 3\n", "utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))
    answer = ask("--error", NO_CUDA, "--format", "json")

    assert json.loads(answer.stdout)["matches"][0]["code"] == "WH101"
    assert "Going by the text alone" in answer.stderr
    assert ask("--error", NO_CUDA, "--python", "/no/such/python").exit_code == 4


def test_from_brings_its_own_facts(tmp_path: Path) -> None:
    words = ("--error", "x", "--from", saved(tmp_path))
    assert ask(*words, "--text-only").exit_code == 2
    assert ask(*words, "--python", "python3").exit_code == 2


# -- how a text comes ----------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("-",), ("--error", "-"), ("--error-file", "-")])
def test_a_dash_is_standard_input(words: tuple[str, ...]) -> None:
    answer = ask(*words, "--text-only", "--format", "json", given=NO_CUDA.encode())
    assert json.loads(answer.stdout)["matches"][0]["code"] == "WH101"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_a_file_as_a_windows_shell_writes_it(tmp_path: Path, encoding: str) -> None:
    log = tmp_path / "train.log"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    log.write_bytes((mark + f"epoch 1\r\n{NO_CUDA}\r\n").encode(encoding))

    answer = ask("--error-file", str(log), "--text-only", "--format", "json")

    assert json.loads(answer.stdout)["matches"][0]["code"] == "WH101"


def test_of_a_huge_log_the_end_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import envsetup.cli.explain as explain

    monkeypatch.setattr(explain, "_LARGEST_BYTES", 4000)
    monkeypatch.setattr("envsetup.cli.inputs.BLOCK_BYTES", 1000)
    early = NO_CUDA.encode() + b"\n" + b"step\n" * 3000
    late = b"step\n" * 3000 + NO_CUDA.encode()

    def matches(log: bytes) -> list[dict[str, Any]]:
        answer = ask("-", "--text-only", "--format", "json", given=log)
        found: list[dict[str, Any]] = json.loads(answer.stdout)["matches"]
        return found

    assert matches(early) == []
    assert matches(late)[0]["code"] == "WH101"


def test_half_a_character_in_an_argument_is_no_failure() -> None:
    answer = ask("--error", f"\udcff{NO_CUDA}", "--text-only", "--format", "json")
    assert json.loads(answer.stdout)["matches"][0]["code"] == "WH101"


def test_a_file_that_is_not_there_says_what_to_give() -> None:
    answer = ask("--error-file", "/no/such.log")
    assert answer.exit_code == 2
    assert "/no/such.log" in answer.stderr
    assert "or - for standard input" in answer.stderr


@pytest.mark.parametrize(("text", "read"), [("fine", "one line"), (" ", "nothing"), ("a\nb", "2")])
def test_nothing_recognised_says_what_was_read_and_what_to_do(text: str, read: str) -> None:
    answer = ask("--error", text).stdout
    assert f"({read}" in answer
    assert "envsetup doctor" in answer


@given(st.text(max_size=80), st.text(max_size=12))
@settings(max_examples=200, deadline=None)
def test_the_words_alone_never_rule_out_what_is_there(text: str, other: str) -> None:
    flat = normalize.normalize(text)
    for start in range(0, len(flat.lowered), 5):
        assert flat.may_hold(flat.lowered[start : start + 12])
    if other.lower() in flat.lowered:
        assert flat.may_hold(other.lower())


@given(st.text(alphabet="ab \n\tİ\x1b\u00a0", max_size=60), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_a_text_is_the_same_in_blocks_of_any_size(text: str, size: int) -> None:
    whole = normalize.normalize(text)
    kept, normalize._BLOCK = normalize._BLOCK, size
    try:
        assert normalize.normalize(text)[:3] == whole[:3]  # the list of words has no order
    finally:
        normalize._BLOCK = kept
