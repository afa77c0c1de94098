"""`--mirror`: another base for the wheel index, whose name and password go to its server alone.

They are taken out of the address before anything else sees it: plans, pages, errors and the list of
processes never hold them. pip and uv get them by a netrc file that only the user may read.
"""

from __future__ import annotations

import contextlib
import netrc
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import click

from envsetup.model import Plan, Reason, Record

if TYPE_CHECKING:
    from envsetup.host.http import Page

ADDRESS = re.compile(r"https?://[^\s/?#\x00-\x1f\x7f-\x9f]+(/[^\s?#\x00-\x1f\x7f-\x9f]*)?")
Login = tuple[str, str]


class Mirror(Record):
    """An address without a login, and the login: name and password."""

    url: str
    login: Login | None = None


def read_mirror(text: str | None) -> Mirror | None:
    """The option's value. Raises UsageError, which doesn't repeat a login."""
    if text is None:
        return None
    place = _split(text)
    if place is None or not text.isprintable() or not ADDRESS.fullmatch(text):
        shown = re.split(r"[?#]", text.rpartition("@")[2])[0]
        raise click.UsageError(
            f"--mirror {shown!r}: no address of an index; give one that begins with https:// and ends "
            "with a path, without ? and #, a name and password before an @ or in netrc"
        )
    scheme, host, path, login = place
    return Mirror(url=f"{scheme}://{host}{path}", login=login)


def _split(text: str) -> tuple[str, str, str, Login | None] | None:
    try:
        place = urlsplit(text)
        _ = place.port
    except ValueError:
        return None
    if not place.hostname:
        return None
    before, at, host = place.netloc.rpartition("@")
    name, _, password = before.partition(":")
    login = (unquote(name), unquote(password)) if at else None
    return place.scheme, host, place.path, login


def mirror_address(text: str | None) -> str | None:
    mirror = read_mirror(text)
    return mirror.url if mirror is not None else None


def fetch_from(mirror: Mirror | None) -> Callable[[str, float], Page]:
    """`fetch` with the mirror's login: the one in its address, else what netrc has for its host."""
    from envsetup.host.http import fetch

    if mirror is None:
        return fetch
    host = urlsplit(mirror.url).hostname or ""
    return partial(fetch, login=mirror.login or _login_of(host))


def _login_of(host: str) -> Login | None:
    """What the user's netrc has for exactly this host; None where it can't be read."""
    try:
        told = netrc.netrc(_own_file(os.environ)).hosts.get(host)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None
    return (told[0], told[2] or "") if told else None


def _own_file(environ: Mapping[str, str]) -> str:
    usual = "_netrc" if os.name == "nt" else ".netrc"
    return environ.get("NETRC") or os.path.join(os.path.expanduser("~"), usual)


@contextlib.contextmanager
def login_for_installers(
    mirror: Mirror | None, environ: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """The variables with which pip and uv find the mirror's login: a netrc beside the user's own.

    The file is 0600, and gone with the block.
    """
    if mirror is None or mirror.login is None:
        yield dict(environ)
        return
    host = urlsplit(mirror.url).hostname
    name, password = (_quoted(part) for part in mirror.login)
    entry = f"machine {host} login {name} password {password}\n"
    handle, path = tempfile.mkstemp(prefix="envsetup-", suffix=".netrc")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # At both ends: readers differ in whether the first or the last entry of a host counts.
            file.write(f"{entry}{_text_of(_own_file(environ))}\n{entry}")
        yield {**environ, "NETRC": path}
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _quoted(word: str) -> str:
    if re.fullmatch(r"[^\s\"'\\#]+", word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(1 << 20)
    except (OSError, UnicodeDecodeError):
        return ""


def with_word_of_login(plan: Plan, mirror: Mirror | None) -> Plan:
    """The plan with a warning where its commands lack what the mirror wants to know."""
    from msgspec.structs import replace

    from envsetup.report.addresses import addresses_cleaned

    if mirror is None or (mirror.login is None and addresses_cleaned(mirror.url) == mirror.url):
        return plan
    host = urlsplit(mirror.url).hostname
    text = (
        f"the login of the mirror is left out of what is shown: put it into netrc (`machine {host} login NAME "
        "password PASSWORD`), where pip and uv look for it. `--apply` and `envsetup setup` pass it on by themselves"
    )
    warning = Reason(code="mirror-login-left-out", text=text)
    return replace(plan, warnings=(warning, *plan.warnings))
