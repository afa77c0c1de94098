"""Error texts: what is recognised, what decides, and that no text is too odd or too long."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envsetup.doctor.error_text import explain_error, weighed
from envsetup.errors.literals import literals
from envsetup.errors.match import nominated
from envsetup.errors.rank import ranked
from envsetup.knowledge import load
from envsetup.model import Absent
from envsetup.rules.definition import Rule
from envsetup.rules.page import sections
from envsetup.rules.registry import all_rules
from envsetup.testing import gpu, machine

CORPUS = Path(__file__).parents[2].parent / "shared" / "reference" / "corpus"
HEADINGS = (
    "What it means",
    "How it looks",
    "Why it happens",
    "How envsetup knows",
    "How to fix",
    "When to ignore",
    "Links",
)
RULES = pytest.mark.parametrize("rule", all_rules(), ids=lambda r: r.code)


@RULES
def test_page_has_every_section_in_order(rule: Rule) -> None:
    assert tuple(sections(rule.page)) == HEADINGS


@RULES
def test_every_pattern_compiles_and_can_be_looked_up(rule: Rule) -> None:
    for pattern in [*(s.pattern for s in rule.symptoms), *rule.excludes]:
        re.compile(pattern)
        assert literals(pattern)


def test_no_unsafe_remedy_is_proposed() -> None:
    for rule in all_rules():
        for fix in rule.fixes:
            assert "KMP_DUPLICATE_LIB_OK=" not in fix.text
            assert "--break-system-packages" not in fix.text


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (r"abcd?efg", ("abc",)),
        (r"abcd?efg|x+yzzy", ("abc", "yzzy")),
        (r"foo.{0,3}barbar(?:qux)?", ("barbar",)),
    ],
)
def test_literals_are_the_longest_text_that_every_match_holds(
    pattern: str, parts: tuple[str, ...]
) -> None:
    assert literals(pattern) == parts


@pytest.mark.parametrize("pattern", [r"ab|xyzzy", r"(?:abcde)?", r"\d+"])
def test_a_pattern_that_can_not_be_looked_up_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no literal"):
        literals(pattern)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("OMP: Error #15: Initializing libiomp5md.dll", "CP102"),
        ("killed by signal: \x1b[31mBus\nerror. It is possible", "CT106"),
        ("OSError: [WinError 1455] The paging file is too small", "WN104"),
        ("ImportError: libstdc++.so.6: version `GLIBCXX_3.4.32' not found", "AB108"),
    ],
)
def test_known_words_come_first(text: str, code: str) -> None:
    assert explain_error(text)[0].code == code


NO_KERNEL = "CUDA error: no kernel image is available for execution on the device"
MPS = "RuntimeError: The MPS backend is supported on macOS 14.0+. Query it using `sw_vers`"
NO_DRIVER = "RuntimeError: Found no NVIDIA driver on your system."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("GPU1 GeForce GT 710 which is of cuda capability 3.5. The minimum is 3.7.", "AR102"),
        (f"GPU 0: Tesla P40\n{NO_KERNEL}", "AR102"),
        (f"GPU 0: NVIDIA GeForce RTX 5090\n{NO_KERNEL}", "AR101"),
        ("cuInit returned UNKNOWN_ERROR (999) after the lid was opened", "DR107"),
        ("cuda runtime error (30) : unknown error at THCGeneral.cpp:50", "DR107"),
        (f"OS: macOS 26.1 (arm64)\n{MPS}", "MC103"),
        (f"OS: macOS 13.2 (arm64)\n{MPS}", "MC102"),
        ("Is MPS available? False\nOS: macOS 12.1 (arm64)", "MC102"),
        (f"Linux-5.15.90-microsoft-standard-WSL2-x86_64\n{NO_DRIVER}", "WS107"),
        (f"this is WSL 1 here\n{NO_DRIVER}", "WS103"),
        ("torchrun --nproc_per_node=2 train.py\nNo module named 'wandb'", "PY110"),
        ("PyTorch version: 2.6.0+cpu\nIs CUDA available: False", "WH101"),
        ("nvidia-container-cli: device error: 9: unknown device", "CT104"),
        ("Cannot find CO in the bundle libMIOpen.so.1 for ISA: gfx1010", "RO101"),
        ("PackagesNotFoundError: not available:\n  - torch[version='>=2']", "PY109"),
        (
            "['cc', '/t/cuda_utils.c'" + ", '-I/a/b'" * 40 + "] returned non-zero exit status",
            "TC102",
        ),
        ("['cc', '/t/main.c', '-lcuda', '-o'] returned non-zero exit status 1", "TC108"),
    ],
)
def test_what_stands_beside_a_message_decides(text: str, code: str) -> None:
    assert explain_error(text, knowledge=load())[0].code == code


@pytest.mark.parametrize(
    ("text", "codes"),
    [(NO_KERNEL, ["AR101", "AR102", "AR103"]), (MPS, ["MC102", "MC103"])],
)
def test_a_line_that_leaves_it_open_names_both_and_how_to_tell(text: str, codes: list[str]) -> None:
    matches = explain_error(text, knowledge=load())
    assert [m.code for m in matches] == codes
    assert all(m.confidence == "medium" and m.ask for m in matches[:2])


@pytest.mark.parametrize(
    "text",
    [
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (3x8 and 9x5)",
        "KeyError: 'optimizer'",
        "FileNotFoundError: [Errno 2] No such file or directory: 'train.csv'",
        "RuntimeError: CUDA error: device-side assert triggered",
        "NCCL INFO Bootstrap : Using eth0:10.2.0.7<0>\nNCCL version 2.21.5+cuda12.4",
        "Successfully installed torch-2.4.0+cu121",
    ],
)
def test_ordinary_errors_and_healthy_logs_claim_nothing(text: str) -> None:
    assert all(m.confidence == "low" for m in explain_error(text))


def test_nothing_recognised_is_empty() -> None:
    assert explain_error("all is well") == ()


@given(st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
def test_survives_arbitrary_bytes(data: bytes) -> None:
    explain_error(data.decode("utf-8", "replace") + " İ OMP: Error #15")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the project")
def test_corpus_floor() -> None:
    cases = [json.loads(x) for x in (CORPUS / "cases.jsonl").read_text("utf-8").splitlines()]
    errors = {c["id"]: c["error"] or "" for c in cases}
    known = {r.code for r in all_rules()}
    labels = [
        json.loads(x) for x in (CORPUS / "labels-cases.jsonl").read_text("utf-8").splitlines()
    ]
    decided = [
        one
        for one in labels
        if one["decidable_from_error"] and one["codes"] and one["codes"][0] in known
    ]
    right = 0
    for one in decided:
        matches = explain_error(errors[one["id"]])
        right += bool(matches) and matches[0].code in {*one["codes"], *one["acceptable"]}
    assert right / len(decided) >= 0.85


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the project")
@pytest.mark.parametrize("gpus", ["some", "none"])
def test_facts_of_another_machine_spoil_no_first_answer(gpus: Any) -> None:
    seen = (gpu(compute_capability="8.9"),)
    here = machine(
        os="linux",
        gpus=seen if gpus == "some" else Absent(),
        nvidia_driver=Absent(),
        torch=Absent(),
    )
    cases = [json.loads(x) for x in (CORPUS / "cases.jsonl").read_text("utf-8").splitlines()]
    moved = 0
    for case in cases:
        hits = nominated(case["error"] or "")
        alone, here_too = ranked(hits), weighed(hits, here, load(), surely=False)
        assert {m.code for m in alone} == {m.code for m in here_too}
        moved += bool(alone) and alone[0].code != here_too[0].code
    assert moved <= len(cases) * 0.05


def test_of_several_failures_the_first_is_the_cause() -> None:
    out_of_memory = (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB. GPU 3 has a total"
        " capacity of 79.1 GiB of which 12 MiB is free."
    )
    waiting = "[E] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=9) ran for 600 s, then was given up"
    assert explain_error(f"{out_of_memory}\n{waiting}")[0].code == "GP110"
    assert explain_error(f"{waiting}\n{out_of_memory}")[0].code == "DS101"
