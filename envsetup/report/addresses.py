"""Addresses in a text: what of a URL may be told, and what never.

A URL can hold a credential in four places: before the @, in the query, as a segment of the path
(conda's `/t/<token>/`, entitlement tokens of artifact stores), and as the fragment. Which segment of
a stranger's path is one can't be seen, so the path of a host that isn't public isn't told at all.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

Kept = Literal["path", "host", "kind"]
"""How much stays of a URL of a host that isn't public: all but credentials; scheme and host; the scheme."""
ANOTHER = "another"
HIDDEN = "***"
PUBLIC = (
    "amd.com", "apple.com", "astral.sh", "conda-forge.org", "docker.com", "github.com", "huggingface.co",
    "intel.com", "jetson-ai-lab.io", "kernel.org", "kubernetes.io", "man7.org", "microsoft.com", "nist.gov",
    "nvidia.com", "pypa.io", "python.org", "pytorch.org", "readthedocs.io", "vllm.ai",
)  # fmt: skip
"""Domains that envsetup's own pages, fixes and sources lead to: they tell nothing of anybody."""
URL = re.compile(r"\b([a-z][a-z0-9+.-]{0,20})://([^\s\"'<>`|\\^{}]{1,4000})", re.IGNORECASE)
TRAILING = ".,;:!?)]*"
AFTER_T = re.compile(r"(/t/)[^/?#]+", re.IGNORECASE)
"""conda's own way; see https://docs.conda.io, `conda token`."""
NAMED_SEGMENT = re.compile(
    r"(/(?:priv|private|tokens?|access[_-]?token|api[_-]?key|secret|basic)/)[^/?#]+(?=/)",
    re.IGNORECASE,
)
TOKEN_SEGMENT = re.compile(
    r"(?<=/)(?:[\w.~-]{0,64}(?:tok|token|secret|passw(?:or)?d|apikey)[-_.][\w.~-]{4,}"
    r"|(?:tk|pat|key)-[\w.~-]{6,})(?=[/?#]|$)",
    re.IGNORECASE,
)
LONG_SEGMENT = re.compile(r"(?<=/)[\w~-]{20,}(?=[/?#]|$)")
ARCHIVE = re.compile(r"/([\w.+%-]{1,200}\.(?:whl|tar\.gz|zip|git|conda|json))$")
LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


def addresses_cleaned(text: str, kept: Kept = "path") -> str:
    """The text with credentials gone from every URL, and from URLs of people's hosts what isn't `kept`."""
    return URL.sub(lambda match: _shown(match[1], match[2], kept), text) if "://" in text else text


def _shown(scheme: str, rest: str, kept: Kept) -> str:
    rest, end = _without_end(rest)
    host, path = _parts(rest)
    if scheme.lower() == "file" or not host:
        return f"{scheme}://{rest}{end}"
    open_to_all = is_public(host) or is_loopback(host)
    if not open_to_all and kept == "kind":
        return f"{scheme}://{ANOTHER}{end}"
    if not open_to_all and kept == "host":
        archive = ARCHIVE.search(path)
        path = "" if path.strip("/") == "" else f"/{HIDDEN}" + (f"/{archive[1]}" if archive else "")
    return f"{scheme}://{host}{_path_cleaned(path)}{end}"


def _without_end(rest: str) -> tuple[str, str]:
    kept = rest.rstrip(TRAILING) or rest
    return kept, rest[len(kept) :]


def _parts(rest: str) -> tuple[str, str]:
    """Host with its port, and what follows; a login is gone, also one whose password holds a slash."""
    cut = next((i for i, c in enumerate(rest) if c in "/?#"), len(rest))
    place, path = rest[:cut], rest[cut:]
    name, _, port = place.rpartition(":")
    odd = bool(name) and not name.startswith("[") and "@" not in place and not port.isdigit()
    if odd and "@" in path:  # https://user:pass/word@host/
        return _parts(rest.rpartition("@")[2])
    return place.rpartition("@")[2], path


def _path_cleaned(path: str) -> str:
    path, mark, fragment = path.partition("#")
    path, asked, query = path.partition("?")
    path = NAMED_SEGMENT.sub(rf"\1{HIDDEN}", AFTER_T.sub(rf"\1{HIDDEN}", path))
    path = LONG_SEGMENT.sub(_if_random, TOKEN_SEGMENT.sub(HIDDEN, path))
    query = "&".join(_value_hidden(part) for part in query.split("&"))
    harmless = re.fullmatch(r"(?:sha256|egg|subdirectory)=[\w.-]+|[\w.-]{1,80}", fragment)
    return path + asked + query + (f"#{fragment}" if mark and harmless else "")


def _value_hidden(part: str) -> str:
    name, equals, _ = part.partition("=")
    return f"{name}={HIDDEN}" if equals else (HIDDEN if len(part) >= 20 else part)


def _if_random(match: re.Match[str]) -> str:
    """A segment of letters in both cases and digits is a key; a hash of a commit is none."""
    text = match[0]
    kinds = (str.islower, str.isupper, str.isdigit)
    random = all(any(kind(c) for c in text) for kind in kinds) and "-" not in text.strip("-")
    return HIDDEN if random else text


def host_of(address: str) -> str:
    """The host that a URL, `host:port` or a bare name means; empty where there is none."""
    match = URL.match(address)
    place = _parts(match[2])[0] if match else address.strip().rpartition("@")[2].split("/")[0]
    if place.startswith("["):
        return place[1:].partition("]")[0]
    if place.count(":") > 1:  # an address of IPv6 without a port
        return place
    return place.partition(":")[0].rstrip(".")


def is_public(place: str) -> bool:
    host = host_of(place).lower()
    return host.endswith(tuple(f".{domain}" for domain in PUBLIC)) or host in PUBLIC


def is_pytorch(address: str) -> bool:
    """Whether it is PyTorch's own host, and not a path of another that is called like it."""
    host = host_of(address).lower()
    return host == "pytorch.org" or host.endswith(".pytorch.org")


def is_loopback(place: str) -> bool:
    host = host_of(place).lower()
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in LOCAL_NAMES
