"""Numbers that JSON can't hold, and JSON that holds what no report does."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from envsetup.cli import root as cli
from envsetup.doctor.collector import measurements_of
from envsetup.model import Measurement, Outcome, Report
from envsetup.report import FORMATS, ReportError, load, render
from envsetup.report.format_measurement import measured
from tests.report.conftest import made_up

NUMBERS = st.floats() | st.integers() | st.sampled_from([2**64, -(10**400), 10**5000])


def strictly(text: str) -> Any:
    """As RFC 8259 has it: Python alone would take NaN."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def with_numbers(value: Any, limit: Any, seconds: Any) -> Report:
    odd = Measurement(value=value, limit=limit)
    series = Measurement(value=(1.0, value, 2.0))
    outcome = Outcome(
        id="matmul",
        device="cpu",
        status="failed",
        duration_s=seconds,
        measurements={"odd": odd, "series": series},
    )
    return replace(made_up(), checks=(outcome,), timings_s={"facts": 0.1, "checks": seconds})


@settings(max_examples=50, deadline=None)
@given(value=NUMBERS, limit=NUMBERS, seconds=NUMBERS)
def test_whatever_was_measured_is_json_and_loads_again(
    value: Any, limit: Any, seconds: Any
) -> None:
    text = render(with_numbers(value, limit, seconds), "json")

    strictly(text)
    again = load(text.encode())
    assert load(render(again, "json").encode()) == again
    for name in FORMATS:
        assert render(again, name, verbose=True)


@pytest.mark.parametrize(
    ("value", "told"),
    [(math.nan, "nan"), (math.inf, "inf"), (2**64, "0x10000000000000000"), (2**40, 2**40)],
)
def test_a_number_that_json_cannot_hold_becomes_text(value: Any, told: Any) -> None:
    assert Measurement(value=value).value == told


def test_a_series_with_a_gap_is_still_told() -> None:
    assert Measurement(value=(2.5, math.nan)).value == "2.5, nan"


def test_odd_numbers_of_a_target_are_taken_in() -> None:
    found = measurements_of(
        {"big": 10**400, "limited": {"value": 1, "limit": 10**400}, "series": [10**400, 1]}
    )

    assert str(found["big"].value).startswith("0x")
    assert found["limited"] == Measurement(value=1)
    assert isinstance(found["series"].value, str)


@pytest.mark.parametrize(
    ("value", "limit", "unit", "words"),
    [
        (
            2.383e-7,
            9.155e-5,
            "relative residual",
            "2.383e-07 relative residual (at most 9.155e-05)",
        ),
        (1.0, 0.9, "at least", "1 (at least 0.9)"),
        ((2.5, 1.25), None, "", "2.5, 1.25"),
        (7, None, "GB/s", "7 GB/s"),
        ("highest", None, "", "highest"),
    ],
)
def test_a_measurement_reads_as_a_sentence_would(
    value: Any, limit: Any, unit: str, words: str
) -> None:
    assert measured(Measurement(value=value, limit=limit, unit=unit)) == words


HUGE = "1" + "0" * 400
DEEP = "[" * 100_000 + "]" * 100_000
CASES = {
    "seconds": ('"duration_s": 0.1', f'"duration_s": {HUGE}', "$.checks.duration_s"),
    "float": ('"duration_s": 0.1', '"duration_s": 1e999', "$.checks[0].duration_s"),
    "index": ('"index": 0', f'"index": {HUGE}', "$.machine.gpus.value.index"),
    "negative": ('"index": 0', f'"index": -{HUGE}', "$.machine.gpus.value.index"),
    "64 bits": ('"index": 0', f'"index": {2**63}', "$.machine.gpus.value.index"),
    "too long": ('"value": 2.0', '"value": 1' + "0" * 5000, "$.checks.measurements.error.value"),
    "deep": ('"LD_LIBRARY_PATH"', f'"x": {DEEP}, "y"', "$.machine.environment.value.x"),
    "unknown": ('"tool_version"', f'"x": {DEEP}, "tool_version"', "$.x"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_no_report_holds_is_refused_by_name(case: str, tmp_path: Path) -> None:
    old, new, place = CASES[case]
    text = render(made_up(), "json")
    path = tmp_path / "report.json"
    path.write_text(text.replace(old, new, 1))

    answer = CliRunner().invoke(cli, ["report", "show", str(path)])

    assert old in text
    assert answer.exit_code == 2, answer.output
    assert place in answer.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"index": 0', f'"index": {2**63 - 1}'),
        ('"duration_s": 0.1', '"duration_s": 0.1000000000000000055511151231257827'),
        ('"duration_s": 0.1', '"duration_s": 1234567890123456789012.5'),
        ('"tool_version": "0.1.0"', f'"tool_version": "{HUGE}"'),
    ],
)
def test_long_digits_that_are_no_huge_integer_are_taken(old: str, new: str) -> None:
    text = render(made_up(), "json")
    assert old in text

    load(text.replace(old, new, 1).encode())


def test_the_key_on_the_way_is_the_last_one() -> None:
    text = render(made_up(), "json").replace("{", '{"a": [{"k": 1}], "b": ' + DEEP + ", ", 1)

    with pytest.raises(ReportError, match=r"at \$\.b\)"):
        load(text.encode())
