"""What was read from a mirror stays with that mirror, and its login goes to its server alone."""

from __future__ import annotations

import base64
import http.server
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner, Result

from envsetup.cli import root
from envsetup.cli.mirror import Mirror, login_for_installers, read_mirror
from envsetup.knowledge import KnowledgeError, load
from envsetup.knowledge.load import PACKAGE_DATA, other_than_upstream, refreshed_file
from envsetup.knowledge.records import Releases
from envsetup.knowledge.usable import faults
from tests.knowledge.served import Index, anchor, page, pages_of, serving

LINUX = "manylinux_2_28_x86_64"
CLAIMED = "2.99.0"
OWN = msgspec.json.decode((PACKAGE_DATA / "releases.json").read_bytes(), type=Releases)
PLAN = ("install-plan", "--os", "linux", "--python-version", "3.12", "--gpu", "none", "--format", "json")  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    return tmp_path / "cache"


@pytest.fixture
def claiming() -> Iterator[Index]:
    """A mirror that lists a release which upstream has never named."""
    index = Index(pages_of(load()))
    claimed = page(anchor(CLAIMED, "cpu", "cp312", LINUX))
    index.pages["/whl/cpu/torch/"] = str(index.pages["/whl/cpu/torch/"]) + claimed
    with serving(index) as running:
        yield running


def run(*words: str) -> Result:
    return CliRunner().invoke(root, list(words))


def planned(*words: str) -> dict[str, object]:
    answer = json.loads(run(*PLAN, *words).stdout)
    assert isinstance(answer, dict)
    return answer


def codes(plan: dict[str, object]) -> set[str]:
    return {row["code"] for row in plan["warnings"]}  # type: ignore[attr-defined]


def test_a_mirrors_rows_count_in_no_other_plan(claiming: Index) -> None:
    before = planned()
    told = run("knowledge", "refresh", "--mirror", claiming.url)

    assert f"torch {CLAIMED} is new" in told.output
    assert f"only in plans with --mirror {claiming.url}" in told.output
    after, elsewhere = planned(), planned("--mirror", "https://mirror.example.org/whl")
    assert after == before
    assert elsewhere["torch_version"] == before["torch_version"]
    assert CLAIMED not in run("knowledge", "show").output


def test_in_plans_with_it_they_count_and_say_so(claiming: Index) -> None:
    run("knowledge", "refresh", "--mirror", claiming.url)

    for spelled in (
        claiming.url,
        claiming.url + "/",
        claiming.url.replace("http://", "http://me:pw@"),
    ):
        plan = planned("--mirror", spelled)
        assert plan["torch_version"] == CLAIMED
        assert "from-mirror-alone" in codes(plan)
        assert plan["knowledge"]["mirror"] == claiming.url  # type: ignore[index]
    assert CLAIMED in run("knowledge", "show", "--mirror", claiming.url).output


def test_what_upstream_has_named_too_needs_no_warning(claiming: Index) -> None:
    run("knowledge", "refresh", "--mirror", claiming.url)
    assert "from-mirror-alone" not in codes(planned("torch<2.90", "--mirror", claiming.url))


def test_upstream_by_another_spelling_is_no_mirror() -> None:
    assert other_than_upstream("HTTPS://Download.PyTorch.org/whl/") is None
    assert other_than_upstream("https://download.pytorch.org/other") is not None


# -- stored files ------------------------------------------------------------------------------------------


def altered(**fields: object) -> bytes:
    raw = json.loads((PACKAGE_DATA / "releases.json").read_bytes())
    first = raw["releases"][0]
    for name, value in fields.items():
        if name in raw:
            raw[name] = value
        elif name in first:
            first[name] = value
        else:
            row = next(iter(first["platforms"].values()))
            row[name] = value
    return json.dumps(raw).encode()


BAD = [
    altered(as_of="yesterday"),
    altered(as_of=""),
    altered(version="new"),
    altered(python=["3.12"]),
    altered(default="cu; rm -rf /"),
    altered(torchvision="latest"),
    altered(releases=[]),
    b"{",
    b"[]",
]


def test_our_own_data_is_usable() -> None:
    assert list(faults(OWN)) == []


@pytest.mark.parametrize("data", BAD)
def test_a_stored_file_that_cannot_be_used_is_a_sentence(data: bytes) -> None:
    file = refreshed_file()
    assert file is not None
    file.parent.mkdir(parents=True)
    file.write_bytes(data)

    plan, shown = run(*PLAN), run("knowledge", "show")

    assert (plan.exit_code, shown.exit_code) == (0, 0), plan.output
    assert "stored-knowledge-unusable" in codes(json.loads(plan.stdout))
    assert str(file) in shown.stderr
    assert json.loads(plan.stdout)["action"] == "install"


@pytest.mark.parametrize("data", BAD)
def test_a_given_file_that_cannot_be_used_is_a_usage_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "releases.json").write_bytes(data)
    with pytest.raises(KnowledgeError, match=r"releases\.json"):
        load(str(tmp_path))


# -- the login ---------------------------------------------------------------------------------------------


def guarded(index: Index, login: str) -> list[str]:
    """Every page asks for the login; gives the list of what was sent."""
    sent: list[str] = []

    def behind(text: str) -> object:
        def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
            sent.append(handler.headers.get("Authorization", ""))
            right = base64.b64encode(login.encode()).decode()
            known = sent[-1] == f"Basic {right}"
            handler.send_response(200 if known else 401)
            handler.end_headers()
            handler.wfile.write(text.encode() if known else b"")

        return answer

    index.pages = {path: behind(str(text)) for path, text in index.pages.items()}  # type: ignore[misc]
    return sent


def with_login(index: Index, login: str) -> str:
    return index.url.replace("http://", f"http://{login}@")


def test_refresh_and_check_index_send_it_and_show_it_nowhere(claiming: Index) -> None:
    sent = guarded(claiming, "zquser:zq/pass@1")
    mirror = with_login(claiming, "zquser:zq%2Fpass%401")

    told = run("knowledge", "refresh", "--mirror", mirror, "--format", "json")
    checked = run(*PLAN, "--check-index", "--mirror", mirror)

    assert told.exit_code == 0, told.output
    assert "on-index" in {row["code"] for row in json.loads(checked.stdout)["because"]}
    assert all(sent)
    for done in (told, checked):
        assert "zq" not in done.stdout + done.stderr


def test_netrc_is_asked_too(claiming: Index, tmp_path: Path) -> None:
    guarded(claiming, "zquser:zqpass")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login zquser password zqpass\n")

    assert run("knowledge", "refresh", "--mirror", claiming.url).exit_code == 0


FORMATS = ("text", "json", "shell", "requirements", "dockerfile", "environment-yml", "uv-toml")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "address",
    [
        "https://zquser:zqpass@mirror.example.org/whl",
        "https://zqtoken1@mirror.example.org/whl",
        "https://mirror.example.org/t/zq-token-12/whl",
    ],
)
def test_no_plan_holds_it_and_each_says_where_it_goes(format: str, address: str) -> None:
    words = [w for w in PLAN if w not in ("--format", "json")]
    done = run(*words, "--format", format, "--mirror", address)

    assert done.exit_code == 0
    assert "mirror.example.org" in done.stdout
    assert "zq" not in done.stdout + done.stderr
    assert "netrc" in done.stdout + done.stderr


@pytest.mark.parametrize("command", [PLAN, ("setup", "x", "--dry-run"), ("knowledge", "refresh")])
@pytest.mark.parametrize(
    "address",
    [
        "https://zquser:zqpass@mirror.example.org/whl?zq=1",
        "zquser:zqpass@mirror.example.org/whl",
        "ftp://zquser:zqpass@mirror.example.org/whl",
        "https://zquser:zqpass@",
        "https://zquser:zqpass@host:port/whl",
        "https://zquser:zqpass@[::1/whl",
        "https://zquser:zq pass@mirror.example.org/whl",
        "https://mirror.example.org/\x1b[31mwhl",
    ],
)
def test_a_usage_error_does_not_repeat_it(command: tuple[str, ...], address: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        read_mirror(address)

    assert "zq" not in str(caught.value)
    done = run(*command, "--mirror", address)
    assert done.exit_code == 2
    assert "zquser" not in done.output
    assert "zqpass" not in done.output


def test_installers_get_it_by_a_file_that_only_the_user_reads(tmp_path: Path) -> None:
    import netrc

    own = tmp_path / "netrc"
    own.write_text("machine other.example.org login me password mine\n")
    mirror = Mirror(url="https://mirror.example.org/whl", login=("zquser", 'a "b\\ c'))
    with login_for_installers(mirror, {"NETRC": str(own), "A": "b"}) as env:
        hosts = netrc.netrc(env["NETRC"]).hosts
        assert hosts["mirror.example.org"] == ("zquser", "", 'a "b\\ c')
        assert hosts["other.example.org"] == ("me", "", "mine")
        assert stat.S_IMODE(os.stat(env["NETRC"]).st_mode) == 0o600 or os.name == "nt"
        assert env["A"] == "b"
    assert not Path(env["NETRC"]).exists()


def test_without_a_login_nothing_is_written() -> None:
    with login_for_installers(Mirror(url="https://a.example.org/whl"), {"A": "b"}) as env:
        assert env == {"A": "b"}


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_real_installers_find_it_there(installer: str, claiming: Index, tmp_path: Path) -> None:
    """The server sees the login, and the list of processes doesn't."""
    sent = guarded(claiming, "zquser:zq pass/1")
    mirror = read_mirror(with_login(claiming, "zquser:zq%20pass%2F1"))
    assert mirror is not None
    index = ["--index-url", f"{mirror.url}/cpu"]
    argv = {
        "pip": [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(tmp_path), *index, "torch"],
        "uv": ["uv", "pip", "install", "--dry-run", "--no-cache", "--target", str(tmp_path), *index, "torch"],
    }[installer]  # fmt: skip
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    beside = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    with login_for_installers(mirror, {**plain, "PATH": beside}) as env:
        subprocess.run(
            [*argv, "--retries", "0"] if installer == "pip" else argv,
            env=env,
            capture_output=True,
            timeout=60,
        )

    right = base64.b64encode(b"zquser:zq pass/1").decode()
    assert f"Basic {right}" in sent
    assert "zq" not in " ".join(argv)
