"""Every code of the catalogue is a rule, and each that no fact decides is listed with the reason."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from envsetup.rules.page import sections
from envsetup.rules.registry import all_rules
from envsetup.rules.undecidable import WHY_UNDECIDABLE, WHY_UNSEEN

DECIDED_OTHERWISE = {"RQ101", "CK101", "CK102"}
"""By --require, and by what checks measured."""
ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT.parent / "shared" / "reference" / "failure-modes.jsonl"
INDEX = ROOT / "docs" / "reference" / "findings.md"


@pytest.mark.skipif(not CATALOGUE.is_file(), reason="no catalogue beside the project")
def test_every_code_of_the_catalogue_is_a_rule_or_listed() -> None:
    modes = [json.loads(line) for line in CATALOGUE.read_text("utf-8").splitlines() if line]
    rules = {r.code: r for r in all_rules()}

    assert {m["code"] for m in modes} - rules.keys() == set()
    for mode in modes:
        one = rules[mode["code"]]
        assert one.slug == mode["slug"]
        assert one.judge is not None or one.undecidable


def test_the_page_lists_each_that_no_fact_decides_under_its_reason() -> None:
    page = INDEX.read_text("utf-8").partition("## What facts don't decide")[2]
    listed = set(re.findall(r"^- \[([A-Z]{2}\d{3})\]", page, re.MULTILINE))
    expected = {r.code for r in all_rules() if r.judge is None} - DECIDED_OTHERWISE

    assert listed == expected
    for reason in WHY_UNDECIDABLE:
        assert reason in page


def test_the_index_lists_every_rule_with_its_state() -> None:
    page = INDEX.read_text("utf-8")

    for one in all_rules():
        row = rf"^\| \[{one.code}\].*\| `{one.slug}` \| {one.severity} \| {one.state} \|"
        assert re.search(row, page, re.MULTILINE), one.code


def test_each_rule_without_a_judge_says_why() -> None:
    reasons = {
        r.undecidable for r in all_rules() if r.judge is None and r.code not in DECIDED_OTHERWISE
    }

    assert reasons == set(WHY_UNDECIDABLE)


def test_what_facts_decide_in_part_says_what_they_do_not_show() -> None:
    partly = [r for r in all_rules() if r.unseen]
    page = INDEX.read_text("utf-8")

    assert set(WHY_UNSEEN) <= {r.unseen for r in partly}
    for one in partly:
        assert one.judge is not None and one.symptoms, one.code
        assert not one.exhaustive
        assert f"| [{one.code}](findings/{one.code}.md) | {one.unseen} |" in page


def test_what_facts_decide_has_no_reason() -> None:
    for one in all_rules():
        if one.judge is not None:
            assert not one.undecidable
        assert sections(one.page)
