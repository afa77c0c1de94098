"""Python, torchaudio, a libc without wheels, a release of which the GPUs aren't known yet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from envsetup.knowledge import load
from tests.plan.conftest import Answer


@pytest.mark.parametrize(
    ("line", "expected", "python"),
    [
        # 2.15 has no CUDA 12 build; 2.14.1 has no wheel for 3.15
        ("--gpu nvidia:6.1 --driver 580.95.05", "2.14.1+cu126", "3.14"),
        ("--gpu nvidia:8.0 --driver 550.54.15", "2.14.1+cu126", "3.14"),
        ("--gpu nvidia:8.9 --driver 595.45.04", "2.15.0+cu132", "3.15"),
        ("--gpu amd:gfx1100", "2.14.1+rocm7.2", "3.14"),
        ("--gpu none", "2.15.0+cpu", "3.15"),
        # 2.7.1 is the last with cu118, and ends with 3.13
        ("--gpu nvidia:3.7 --driver 470.256.02", "2.7.1+cu118", "3.13"),
        ("torch==2.4.* --gpu none", "2.4.1+cpu", "3.12"),
    ],
)
def test_python_that_nobody_said_goes_with_the_best_plan(
    plan: Answer, line: str, expected: Any, python: str
) -> None:
    answer = plan(f"--os linux {line}")
    assert answer["requirements"][0] == f"torch=={expected}"
    assert f"Python {python}" in answer["assumed"]


def test_python_that_was_said_is_not_assumed(plan: Answer) -> None:
    answer = plan("--os linux --python-version 3.12 --gpu none")
    assert not [one for one in answer["assumed"] if one.startswith("Python")]


def test_a_refusal_never_stands_on_a_python_that_nobody_said(plan: Answer) -> None:
    answer = plan("--os linux --gpu nvidia:12.0 --driver 460.32.03")
    assert answer["action"] == "refuse"
    assert not [r for r in answer["rejected"] if r["code"] == "no-wheel-for-python"]


AUDIO = [
    # 2.11.1 is one wheel for every Python, for CUDA 13; 2.11.0 has cu126 and no wheel for 3.15
    ("--gpu nvidia:9.0 --driver 595.45.04 --python-version 3.15", "2.15.0+cu132", "2.11.1"),
    ("--gpu nvidia:9.0 --driver 595.45.04 --python-version 3.12", "2.15.0+cu132", "2.11.1"),
    ("--gpu nvidia:6.1 --driver 580.95.05 --python-version 3.12", "2.14.1+cu126", "2.11.0"),
    ("--gpu none --python-version 3.12", "2.15.0+cpu", "2.11.0"),
    ("--gpu none --python-version 3.15", "2.15.0+cpu", "2.11.1"),
    ("torch==2.10.0 --gpu none --python-version 3.12", "2.10.0+cpu", "2.10.0"),
]


@pytest.mark.parametrize(("line", "torch", "audio"), AUDIO)
def test_torchaudio_goes_with_torch(plan: Answer, line: str, torch: str, audio: str) -> None:
    words = line if line.startswith("torch") else f"torch {line}"
    answer = plan(f"{words} torchaudio --os linux")
    assert answer["requirements"] == [f"torch=={torch}", f"torchaudio=={audio}"]


def test_the_smallest_change_is_said_where_one_python_is_excluded(plan: Answer) -> None:
    warned = plan("torch torchvision --os linux --python-version 3.14.1")["warnings"]
    assert any("3.14.2" in w["text"] for w in warned)


def test_termux_gets_a_way_forward(plan: Answer) -> None:
    answer = plan("--os linux --arch aarch64 --libc bionic --python-version 3.12")
    assert answer["action"] == "refuse"
    assert answer["because"][0]["code"] == "bionic"
    assert answer["fixes"][0]["argv"] == ["pkg", "install", "python-torch"]


@pytest.mark.parametrize(
    ("line", "version", "words"),
    [
        ("torch==2.6.0 --os macos --arch x86_64 --python-version 3.12", "2.6.0", "no wheel"),
        ("torch==2.8.0 --os windows --arch arm64 --python-version 3.14", "2.8.0", "Python 3.14"),
        ("torch==2.5.1 --os linux --gpu nvidia:12.0 --driver 580.95", "2.5.1", "no kernels"),
    ],
)
def test_the_nearest_candidate_is_of_the_release_that_was_asked_for(
    plan: Answer, line: str, version: str, words: str
) -> None:
    text = plan(line)["because"][0]["text"]
    assert f"the nearest, {version}" in text
    assert words in text


def extra(tmp_path: Path, build: str) -> str:
    """A folder of knowledge with a release that came after all others, in one more build."""
    newest = load().releases[0]
    row = json.loads(__import__("msgspec").json.encode(newest))
    row["version"] = "2.16.0"
    linux = row["platforms"]["linux_x86_64"]
    linux["builds"] = {build: {"status": "published", "libc": "2.28"}}
    row["platforms"] = {"linux_x86_64": linux}
    file = {"as_of": "2027-02-01", "sources": {}, "releases": [row]}
    (tmp_path / "releases.extra.json").write_text(json.dumps(file))
    return str(tmp_path)


LATER = "torch==2.16.0 --os linux --gpu nvidia:12.0 --driver 620.10 --python-version 3.12"


def test_a_later_release_in_a_known_build_is_chosen_and_said_to_be_unverified(
    plan: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVSETUP_KNOWLEDGE", extra(tmp_path, "cu132"))
    answer = plan(LATER)
    assert answer["requirements"] == ["torch==2.16.0+cu132"]
    assert "unverified-build" in [w["code"] for w in answer["warnings"]]


def test_a_build_whose_gpus_are_not_known_is_not_said_to_lack_kernels(
    plan: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVSETUP_KNOWLEDGE", extra(tmp_path, "cu140"))
    answer = plan(LATER)
    assert answer["action"] == "refuse"
    assert answer["because"][0]["code"] == "gpu-arch-unknown"
    assert "not known yet" in answer["because"][0]["text"]
    named = plan(f"{LATER} --backend cu140")
    assert named["requirements"] == ["torch==2.16.0+cu140"]
    assert "unverified-build" in [w["code"] for w in named["warnings"]]


def test_the_open_rows_say_what_the_last_closed_ones_say() -> None:
    rows = load()._archs
    for one in rows:
        if one.last is None:
            alike = [
                r
                for r in rows
                if (r.build, r.platform, r.last) == (one.build, one.platform, one.first)
            ]
            assert [(r.sm, r.ptx) for r in alike] == [(one.sm, one.ptx)]
            assert one.status == "inferred"


def test_orin_in_a_server_build_is_inferred_and_says_so(plan: Answer) -> None:
    answer = plan("--os linux --arch aarch64 --driver 595.45.04 --gpu nvidia:8.7:Orin")
    assert answer["build"] == "cu132"
    warned = [w["text"] for w in answer["warnings"] if w["code"] == "unverified-build"]
    assert any("8.0" in text and "Orin" in text for text in warned)
