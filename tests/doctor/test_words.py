"""Words that people try are understood, or lead to what they mean."""

from __future__ import annotations

import venv
from pathlib import Path

import pytest
from click.testing import CliRunner

from envsetup.cli import root
from envsetup.doctor import Diagnosis, Examination, report_of
from envsetup.model import Known, Machine, Outcome, Source, TorchDevice, TorchRuntime
from envsetup.report import render


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("help", "envsetup --help"),
        ("version", "envsetup --version"),
        ("install", "envsetup setup"),
        ("doctr", "doctor"),
        ("checks run matmull", "Did you mean matmul?"),
        ("checks run zzz", "There are amp, attention,"),
        ("doctor --require gpu", "Did you mean gpus:1?"),
        ("explain AB999", "AB101 to AB1"),
        ("explain QQ999", "No family begins so"),
    ],
)
def test_a_word_leads_to_what_was_meant(words: str, meant: str) -> None:
    result = CliRunner().invoke(root, words.split())

    assert result.exit_code == 2
    assert meant in result.output


@pytest.mark.parametrize(("count", "told"), [(1, "1 check passed"), (2, "2 checks passed")])
def test_one_check_is_one(count: int, told: str) -> None:
    source = Source(kind="target", ref="made up")
    runtime = TorchRuntime(devices=(TorchDevice(kind="cpu", index=0),))
    machine = Machine(torch_runtime=Known(value=runtime, source=source))
    passed = tuple(Outcome(id=f"c{i}", device="cpu", status="passed") for i in range(count))

    text = render(report_of(machine, Diagnosis(), Examination(), passed), "text")

    assert f"Proven: {told}." in text


def test_details_are_not_offered_where_they_were_given() -> None:
    failed = (Outcome(id="flaky-one", device="cpu", status="flaky"),)
    report = report_of(Machine(), Diagnosis(), Examination(), failed)

    assert "Details: -v" not in render(report, "text", verbose=True)
    assert "see -v" not in render(
        report_of(Machine(), Diagnosis(), Examination()), "text", verbose=True
    )


@pytest.mark.parametrize("level", ["quick", "standard"])
def test_a_gate_without_torch_fails_at_every_level(tmp_path: Path, level: str) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    words = ["doctor", "--level", level, "--python", str(tmp_path / "env")]

    def code(*more: str) -> int:
        return int(CliRunner().invoke(root, [*words, *more], standalone_mode=False).return_value)

    assert code() == 1
    assert code("--fail-on", "never") == code("--exit-zero") == 0
