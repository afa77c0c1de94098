"""`--check-index`: the file is looked up before it is recommended, and doubt is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from envsetup.cli import root
from envsetup.knowledge import load
from tests.knowledge.served import Index, anchor, page, pages_of, serving

MACHINE = ("--os", "linux", "--python-version", "3.12", "--driver", "600.10", "--gpu", "nvidia:9.0")


@pytest.fixture
def index() -> Iterator[Index]:
    with serving(Index(pages_of(load()))) as running:
        yield running


def plan(index: Index, *options: str) -> dict[str, Any]:
    asked = ["install-plan", *MACHINE, "--mirror", index.url, "--format", "json", *options]
    answer = json.loads(CliRunner().invoke(root, asked).stdout)
    assert isinstance(answer, dict)
    return answer


def codes(reasons: list[dict[str, str]]) -> set[str]:
    return {one["code"] for one in reasons}


def test_a_file_that_is_there_is_said_to_be(index: Index) -> None:
    told = plan(index, "--check-index")

    assert "on-index" in codes(told["because"])
    assert index.asked == [f"/whl/{told['build']}/torch/"]


def test_without_the_option_nobody_is_asked(index: Index) -> None:
    plan(index)

    assert index.asked == []


def test_the_next_candidate_takes_the_place_of_one_that_is_missing(index: Index) -> None:
    first = plan(index)
    del index.pages[f"/whl/{first['build']}/torch/"]

    told = plan(index, "--check-index")

    assert (told["torch_version"], told["build"]) != (first["torch_version"], first["build"])
    assert "on-index" in codes(told["because"])
    assert "not-on-index" in codes(told["warnings"])
    missing = [r for r in told["rejected"] if r["code"] == "not-on-index"]
    assert [(r["version"], r["build"]) for r in missing] == [
        (first["torch_version"], first["build"])
    ]


def test_a_wheel_for_another_python_is_none(index: Index) -> None:
    first = plan(index)
    path = f"/whl/{first['build']}/torch/"
    other = anchor(first["torch_version"], first["build"], "cp311", "manylinux_2_28_x86_64")
    index.pages[path] = page(other)

    assert "not-on-index" in codes(plan(index, "--check-index")["warnings"])


@pytest.mark.parametrize("trouble", ["error", "garbage"])
def test_an_index_that_can_not_be_asked_changes_nothing_but_is_said(
    index: Index, trouble: str
) -> None:
    first = plan(index)
    path = f"/whl/{first['build']}/torch/"
    if trouble == "error":
        index.status(path, 500)
    else:
        index.pages[path] = "<html>Sign in</html>"

    told = plan(index, "--check-index")

    assert told["commands"] == first["commands"]
    assert "index-not-asked" in codes(told["warnings"])


def test_where_nothing_is_there_the_plan_stands_with_its_doubts(index: Index) -> None:
    first = plan(index)
    index.pages.clear()

    told = plan(index, "--check-index")

    assert told["commands"] == first["commands"]
    assert [w["code"] for w in told["warnings"]].count("not-on-index") == 3
    # A mirror that answers 403 of everything may as well want a login.
    doubts = [w["text"] for w in told["warnings"] if w["code"] == "not-on-index"]
    assert all("name and password" in text for text in doubts)


def test_offline_forbids_it(index: Index) -> None:
    done = CliRunner().invoke(root, ["install-plan", *MACHINE, "--check-index", "--offline"])

    assert done.exit_code == 2
    assert "--check-index" in done.output
