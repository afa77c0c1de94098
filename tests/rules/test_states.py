"""Rules that are not yet stable, and rules that were once called otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from envsetup.cli import root
from envsetup.doctor import Examination, diagnose, selected_rules
from envsetup.doctor.findings import find
from envsetup.knowledge import load
from envsetup.model import Machine
from envsetup.rules import Draft, Rule, registry
from envsetup.rules.registry import all_rules, find_rule, renamed


def fires() -> Iterator[Draft]:
    yield Draft(message="here")


def made_up(code: str, **more: Any) -> Rule:
    about: dict[str, Any] = {
        "slug": f"slug-of-{code.lower()}",
        "title": code,
        "severity": "warning",
    }
    page = "## How to fix\n\nDon't."
    return Rule(code=code, judge=fires, page=page, **about, **more)


RULES = (
    made_up("AA101"),
    made_up("AA102", state="preview"),
    made_up("BB201", formerly=("AA109", "old-slug")),
)


@pytest.fixture(autouse=True)
def _three_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "all_rules", lambda: RULES)


def chosen(select: tuple[str, ...] = (), preview: bool = False) -> list[str]:
    return [r.code for r in selected_rules(select, (), preview)]


def test_a_preview_rule_judges_only_where_it_is_asked_for() -> None:
    assert chosen() == ["AA101", "BB201"]
    assert chosen(preview=True) == ["AA101", "AA102", "BB201"]
    assert chosen(("AA",)) == ["AA101"]
    assert chosen(("AA",), preview=True) == ["AA101", "AA102"]
    assert chosen(("aa102",)) == ["AA102"]
    assert chosen(("slug-of-aa102",)) == ["AA102"]


def test_so_says_the_diagnosis() -> None:
    def codes(examination: Examination | None) -> list[str]:
        return [f.code for f in diagnose(Machine(), load(), examination).findings]

    assert codes(None) == ["AA101", "BB201"]
    assert codes(Examination(preview=True)) == ["AA101", "AA102", "BB201"]
    assert [f.code for f in find(Machine(), load())[0]] == ["AA101", "BB201"]


def test_an_old_name_leads_to_the_new_rule() -> None:
    for old in ("AA109", "aa109", "old-slug"):
        assert find_rule(old) is RULES[2]
        assert renamed(old) is RULES[2]
        assert chosen((old,)) == ["BB201"]
    assert renamed("BB201") is None
    assert renamed("nothing") is None


def test_select_and_ignore_take_an_old_code_with_a_warning(tmp_path: Any) -> None:
    saved = tmp_path / "machine.json"
    saved.write_text('{"schema_version": "1", "machine": {}}', "utf-8")

    def doctor(*words: str) -> Any:
        return CliRunner().invoke(
            root, ["doctor", "--from", str(saved), "--format", "json", *words]
        )

    answer = doctor("--ignore", "AA109")

    assert [f["code"] for f in json.loads(answer.stdout)["findings"]] == ["AA101"]
    assert "--ignore AA109: is called BB201 now" in answer.stderr
    shown = json.loads(doctor("--select", "old-slug").stdout)["findings"]
    assert [f["code"] for f in shown] == ["BB201"]
    assert json.loads(doctor("--preview").stdout)["findings"][1]["code"] == "AA102"


def test_a_baseline_with_the_old_code_still_holds(tmp_path: Any) -> None:
    saved = tmp_path / "machine.json"
    saved.write_text('{"schema_version": "1", "machine": {}}', "utf-8")
    words = ["doctor", "--from", str(saved), "--format", "json", "--fail-on", "note"]
    first = CliRunner().invoke(root, words, standalone_mode=False)
    before = tmp_path / "before.json"
    before.write_text(first.stdout.replace('"BB201"', '"AA109"'), "utf-8")

    again = CliRunner().invoke(root, [*words, "--baseline", str(before)], standalone_mode=False)

    assert (first.return_value, again.return_value) == (1, 0)


def test_explain_says_that_it_was_renamed() -> None:
    text = CliRunner().invoke(root, ["explain", "AA109"])
    told = json.loads(CliRunner().invoke(root, ["explain", "AA109", "--format", "json"]).stdout)

    assert text.exit_code == 0
    assert "AA109 is called BB201 now" in text.stderr
    assert text.stdout.startswith("BB201 slug-of-bb201 (warning)")
    assert (told["code"], told["renamed_from"]) == ("BB201", "AA109")


def test_a_preview_rule_says_so() -> None:
    text = CliRunner().invoke(root, ["explain", "AA102"]).stdout
    told = json.loads(CliRunner().invoke(root, ["explain", "AA102", "--format", "json"]).stdout)

    assert text.startswith("AA102 slug-of-aa102 (warning, preview)")
    assert told["state"] == "preview"


def test_two_rules_never_share_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    twins = [made_up("AA101"), replace(made_up("AA102"), formerly=("AA101",))]
    all_rules()  # loaded once, and not into what is put in their place
    monkeypatch.setattr(registry, "DECLARED", {"x": twins})

    with pytest.raises(AssertionError, match="share"):
        all_rules.__wrapped__()
