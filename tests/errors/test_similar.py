"""A text that no symptom recognises: the pages most like it, with low confidence, or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envsetup.doctor.error_text import explain_error
from envsetup.errors.match import nominated
from envsetup.errors.rank import ranked
from envsetup.errors.similar import SHORT, similar

RETOLD = [
    ("The Blackwell card is not working, sm_120 architecture, older build of torch", "AR101"),
    ("generic manylinux wheel that does not support CUDA on the Jetson", "WH110"),
    ("Fabric manager and nvswitch are not up after the reboot, so no CUDA", "DR109"),
]
PROGRAM = [
    "all is well",
    "IndexError: list index out of range",
    "ModuleNotFoundError: No module named 'cv2'",
    "FileNotFoundError: [Errno 2] No such file or directory: 'data/train.csv'",
    "RuntimeError: Expected all tensors to be on the same device, but found at least two, cuda:0",
    "npm ERR! code ERESOLVE unable to resolve dependency tree",
    "How do I train a model on two GPUs?",
]


@pytest.mark.parametrize(("text", "code"), RETOLD)
def test_what_is_retold_in_other_words_is_guessed(text: str, code: str) -> None:
    matches = explain_error(text)
    assert matches[0].code == code
    assert {one.confidence for one in matches} == {"low"}


@pytest.mark.parametrize("text", PROGRAM)
def test_words_of_any_program_lead_nowhere(text: str) -> None:
    assert explain_error(text) == ()


def test_nothing_is_guessed_beside_what_is_recognised() -> None:
    told = "RuntimeError: The NVIDIA driver on your system is too old. sm_120 Blackwell older build"
    assert [hit.guess for hit in nominated(told)] == [None]


def test_of_a_long_text_the_lines_that_tell_of_a_failure_count() -> None:
    text, code = RETOLD[2]
    quiet = "loading the next part of the data from the store\n" * (SHORT // 40)
    assert ranked(nominated(f"{quiet}fatal: {text}\n{quiet}"))[0].code == code
    assert similar(quiet) == ()


@given(st.text(max_size=3000))
def test_no_text_is_too_odd(text: str) -> None:
    assert len(similar(text)) <= 3
