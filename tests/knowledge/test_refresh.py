"""Refreshing adds what the index lists and nothing else; a page that misbehaves changes no row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from envsetup.cli import root
from envsetup.host.http import fetch
from envsetup.knowledge import Knowledge, load
from envsetup.knowledge.load import PACKAGE_DATA
from envsetup.knowledge.records import Releases
from envsetup.knowledge.upstream import read_upstream
from tests.knowledge.served import Index, anchor, page, pages_of, serving

OWN = msgspec.json.decode((PACKAGE_DATA / "releases.json").read_bytes(), type=Releases)
LINUX = "manylinux_2_28_x86_64"
NEW = "2.16.0"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ENVSETUP_KNOWLEDGE", raising=False)
    monkeypatch.delenv("ENVSETUP_MIRROR", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def index() -> Iterator[Index]:
    with serving(Index(pages_of(load()))) as running:
        yield running


def refresh(index: Index, *options: str) -> Result:
    return CliRunner().invoke(root, ["knowledge", "refresh", "--mirror", index.url, *options])


def told(index: Index, *options: str) -> dict[str, object]:
    answer = json.loads(refresh(index, "--format", "json", *options).stdout)
    assert isinstance(answer, dict)
    return answer


def versions(knowledge: Knowledge) -> list[str]:
    return [r.version for r in knowledge.releases]


def builds(releases: Releases) -> set[tuple[str, str, str]]:
    return {
        (r.version, platform, build)
        for r in releases.releases
        for platform, row in r.platforms.items()
        for build in row.builds
    }


def test_a_new_release_comes_in_and_says_what_is_only_concluded(index: Index) -> None:
    before = versions(load())
    new = [anchor(NEW, "cu132", tag, LINUX) for tag in ("cp312", "cp313")]
    index.pages["/whl/cu132/torch/"] = str(index.pages["/whl/cu132/torch/"]) + "".join(new)
    index.pages["/whl/cu133/torch/"] = page(anchor(NEW, "cu133", "cp312", LINUX))

    done = refresh(index)

    assert done.exit_code == 0, done.output
    assert f"torch {NEW} is new" in done.output
    knowledge = load(mirror=index.url)
    assert versions(knowledge) == [NEW, *before]
    known = knowledge.build(NEW, "cu132", "linux_x86_64")
    assert known is not None
    assert (known.status, known.arch_status, known.libc) == ("published", "inferred", "2.28")
    assert known.arch_list
    unknown = knowledge.build(NEW, "cu133", "linux_x86_64")
    assert unknown is not None
    assert unknown.arch_list is None


def test_no_row_is_removed_or_made_certain(index: Index) -> None:
    for path in list(index.pages):
        index.pages[path] = page(anchor("2.15.0", path.split("/")[2], "cp312", LINUX))

    refresh(index)

    after = load()
    stored = {
        (r.version, p, b) for r in after.releases for p, w in r.platforms.items() for b in w.builds
    }
    assert builds(OWN) <= stored
    status = {
        (r.version, p, b): row.status
        for r in OWN.releases
        for p, w in r.platforms.items()
        for b, row in w.builds.items()
    }
    for r in after.releases:
        for p, w in r.platforms.items():
            for b, row in w.builds.items():
                assert row.status != "certain" or status.get((r.version, p, b)) == "certain"


def test_what_was_announced_and_is_seen_is_published(index: Index) -> None:
    done = refresh(index)

    assert "torch 2.15.0+cu130 on linux_x86_64 is published (was announced)" in done.output
    row = load(mirror=index.url).build("2.15.0", "cu130", "linux_x86_64")
    assert row is not None
    assert row.status == "published"


def broken(kind: str, index: Index) -> None:
    path = "/whl/cu132/torch/"
    good = str(index.pages[path])
    if kind == "error":
        index.status(path, 500)
    elif kind == "redirect elsewhere":
        index.redirect(path, "http://localhost.invalid/whl/cu132/torch/")
    elif kind == "redirect loop":
        index.redirect(path, path)
    elif kind == "garbage":
        index.pages[path] = "\x00\xff<a href='torch-9.9.9'>" * 50
    elif kind == "empty":
        index.pages[path] = ""
    elif kind == "cut":
        index.cut(path, good[: len(good) // 2])
    elif kind == "drip":
        index.drip(path)
    elif kind == "another build's page":
        index.pages[path] = page(anchor("9.9.9", "cu126", "cp312", LINUX))


@pytest.mark.parametrize(
    "kind",
    [
        "error",
        "redirect elsewhere",
        "redirect loop",
        "garbage",
        "empty",
        "cut",
        "drip",
        "another build's page",
    ],
)
def test_a_page_that_misbehaves_changes_no_row_and_is_named(kind: str, index: Index) -> None:
    before = load().release("2.15.0")
    assert before is not None
    broken(kind, index)

    done = refresh(index, "--timeout", "2")

    assert done.exit_code == 1
    assert f"FAILED  {index.url}/cu132/torch/" in done.output
    after = load()
    assert versions(after)[0] == "2.15.0"
    row = after.build("2.15.0", "cu132", "linux_x86_64")
    assert row == load().build("2.15.0", "cu132", "linux_x86_64")
    assert after.as_of == OWN.as_of
    assert before.platforms["linux_x86_64"].builds["cu132"].status == "certain"


def test_a_redirect_on_the_same_host_is_followed(index: Index) -> None:
    index.pages["/whl/moved/"] = index.pages["/whl/cu132/torch/"]
    index.redirect("/whl/cu132/torch/", "/whl/moved/")

    assert refresh(index).exit_code == 0


def test_an_index_that_refuses_everything_is_a_failure_and_nothing_is_stored(
    index: Index, cache: Path
) -> None:
    index.pages.clear()

    done = refresh(index)

    assert done.exit_code == 1
    assert "nothing was stored" in done.output
    assert not cache.exists()


def test_a_rehearsal_stores_nothing(index: Index, cache: Path) -> None:
    answer = told(index, "--dry-run")

    assert answer["complete"] is True
    assert answer["changes"]
    assert answer["stored"] is None
    assert not cache.exists()


def test_a_stored_file_that_is_torn_is_passed_over(index: Index) -> None:
    stored = Path(str(told(index)["stored"]))
    stored.write_bytes(stored.read_bytes()[:500])

    assert versions(load()) == [r.version for r in OWN.releases]


def test_two_refreshes_at_once_leave_a_whole_file(index: Index, cache: Path) -> None:
    import threading

    from envsetup.knowledge.load import store

    threads = [threading.Thread(target=store, args=(OWN,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (only,) = (cache / "envsetup" / "knowledge").iterdir()
    assert msgspec.json.decode(only.read_bytes(), type=Releases) == OWN


def test_companions_of_a_new_release_are_those_that_pin_it(index: Index) -> None:
    file = anchor("0.30.0", "cpu", "cp312", LINUX, name="torchvision")
    index.pages["/whl/cpu/torchvision/"] = page(file)
    path = f"/whl/cpu/torchvision-0.30.0%2Bcpu-cp312-cp312-{LINUX}.whl.metadata"
    index.pages[path] = f"Metadata-Version: 2.1\nName: torchvision\nRequires-Dist: torch=={NEW}\n"
    index.pages["/whl/cu132/torch/"] = page(anchor(NEW, "cu132", "cp312", LINUX))

    refresh(index)

    release = load(mirror=index.url).release(NEW)
    assert release is not None
    assert (release.torchvision, release.torchaudio) == ("0.30.0", None)


@pytest.mark.parametrize(
    ("options", "variables", "words"),
    [
        (["--offline"], {}, "--offline"),
        (["--mirror", "ftp://x"], {}, "--mirror"),
        ([], {"ENVSETUP_KNOWLEDGE": "."}, "ENVSETUP_KNOWLEDGE"),
    ],
)
def test_what_can_not_be_meant_is_refused(
    options: list[str], variables: dict[str, str], words: str
) -> None:
    done = CliRunner().invoke(root, ["knowledge", "refresh", *options], env=variables)

    assert done.exit_code == 2
    assert words in done.output


def test_without_a_folder_for_it_it_says_what_to_set(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_cache_path", homeless)

    done = refresh(index)

    assert done.exit_code == 2
    assert "XDG_CACHE_HOME" in done.output


def test_a_page_without_end_is_left_in_time(index: Index) -> None:
    index.drip("/whl/cpu/torch/")

    assert fetch(f"{index.url}/cpu/torch/", limit_s=0.3).error is not None
    assert fetch(f"{index.url}/cu132/torch/", limit_bytes=100).error == "more than 100 bytes"


def test_an_extra_file_adds_releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = msgspec.to_builtins(OWN.releases[0]) | {"version": NEW}
    extra = {"as_of": "2026-12-01", "sources": {}, "releases": [row]}
    (tmp_path / "releases.extra.json").write_text(json.dumps(extra))
    monkeypatch.setenv("ENVSETUP_KNOWLEDGE", str(tmp_path))

    knowledge = load()

    assert versions(knowledge) == [NEW, *(r.version for r in OWN.releases)]
    assert knowledge.as_of == "2026-12-01"


def test_the_limit_for_all_pages_holds(index: Index) -> None:
    verdicts = read_upstream(OWN, load(), base=index.url, today="2026-12-01", limit_s=0.0).verdicts

    assert all("the time for all pages was over" in v.said for v in verdicts)
    assert index.asked == []
