"""A server that drips, loops or sends elsewhere holds nobody beyond the limit: these tests end at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from envsetup.cli import root as cli
from envsetup.host.http import fetch
from envsetup.installer import fallback, index_check, resolve
from envsetup.installer.resolve import Wanted
from tests.knowledge.served import Index, serving

pytestmark = pytest.mark.timeout(60)
LIMIT_S = 0.5
PAGE = "/whl/cpu/torch/"
DRIPPING = {
    "before a word": b"",
    "status line": b"HTTP/1.0 200 O",
    "a header": b"HTTP/1.0 200 OK\r\nX-Long: ",
    "between headers": b"HTTP/1.0 200 OK\r\nX: y\r\n",
    "body": b"HTTP/1.0 200 OK\r\n\r\n",
    "a chunk's size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "an error's body": b"HTTP/1.0 500 No\r\n\r\n",
    "a redirect's body": b"HTTP/1.0 302 Found\r\nLocation: /whl/\r\nContent-Length: 99999\r\n\r\n",
}


@pytest.fixture
def index() -> Iterator[Index]:
    with serving(Index({})) as one:
        yield one


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("where", DRIPPING)
def test_a_request_ends_within_its_limit_wherever_the_server_drips(
    index: Index, where: str, method: str
) -> None:
    index.drip(PAGE, DRIPPING[where])

    page = fetch(f"{index.url}/cpu/torch/", LIMIT_S, method=method)  # type: ignore[arg-type]

    assert not index.ended.is_set()
    assert page.error or (method == "HEAD" and page.status == 200)


@pytest.mark.parametrize("where", ["status line", "between headers", "body"])
def test_no_command_hangs_on_a_server_that_drips(
    index: Index, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_check, "PAGE_LIMIT_S", LIMIT_S)
    monkeypatch.setattr("envsetup.knowledge.upstream.PAGE_LIMIT_S", LIMIT_S)
    index.drip(PAGE, DRIPPING[where])

    plan = [
        "install-plan",
        "--os",
        "linux",
        "--gpu",
        "none",
        "--check-index",
        "--mirror",
        index.url,
    ]
    assert "could not be asked" in CliRunner().invoke(cli, plan).stderr
    refresh = ["knowledge", "refresh", "--dry-run", "--timeout", "2", "--mirror", index.url]
    assert CliRunner().invoke(cli, refresh).exit_code == 1


@pytest.mark.parametrize("where", ["before a word", "status line", "a header"])
def test_an_index_that_drips_is_out_of_reach(
    index: Index, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fallback, "REACH_LIMIT_S", LIMIT_S)
    index.drip(PAGE, DRIPPING[where])

    assert fallback.unreachable(f"{index.url}/cpu") == "no end of the answer within 0.5 s"


def test_an_index_that_sends_elsewhere_is_there_and_nobody_goes(index: Index) -> None:
    with serving(Index({})) as other:
        index.redirect(PAGE, f"{other.url}/cpu/torch/")

        assert fallback.unreachable(f"{index.url}/cpu") is None
        assert other.asked == []


@pytest.mark.parametrize(("status", "why"), [(404, "HTTP 404"), (403, "HTTP 403"), (405, None)])
def test_what_an_index_answers_tells_whether_it_can_be_used(
    index: Index, status: int, why: str | None
) -> None:
    index.status(PAGE, status)

    assert fallback.unreachable(f"{index.url}/cpu") == why


def test_the_size_of_a_file_that_drips_stays_unknown(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "ONE_SIZE_LIMIT_S", LIMIT_S)
    index.drip("/whl/a.whl", DRIPPING["a header"])
    index.pages["/whl/b.whl"] = "four"
    wanted = [Wanted(name=n, version="1", url=f"{index.url}/{n}.whl") for n in ("a", "b")]

    sizes = [one.size_bytes for one in resolve._with_sizes(wanted)]

    assert sizes == [None, 4]
