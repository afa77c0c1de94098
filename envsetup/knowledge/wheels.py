"""Pages of the wheel index, and what the names of its files tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from envsetup.model import Record

NAME = re.compile(
    r"(?P<name>torch|torchvision|torchaudio)-(?P<version>\d+(?:\.\d+){1,3}(?:\.post\d+)?)"
    r"(?:\+(?P<build>[A-Za-z0-9.]+))?(?:-\d\w*)?-(?P<python>cp\d{2,3})-(?P<abi>cp\d{2,3}t?)"
    r"-(?P<platform>[A-Za-z0-9_.]+)\.whl"
)
"""Final releases of CPython's wheels; everything else on a page is passed over."""
LIBC = re.compile(r"manylinux_(\d+)_(\d+)_")
OLD_LIBC = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}
"""glibc of the tags that carry no number (PEP 600)."""
MOST_FILES = 100_000


class Wheel(Record):
    """One file of the index, by its name alone."""

    name: str
    version: str
    build: str | None
    """Local label: cpu, cu126, rocm7.2, xpu; None where the name carries none."""
    abi: str
    """cp312, or cp314t for free-threaded."""
    platform: str | None
    """As the knowledge names it (linux_x86_64, windows_amd64, …); None for others."""
    libc: str | None = None
    """Lowest glibc, by the platform tag."""
    requires_python: str | None = None
    has_metadata: bool = False
    """Whether the index serves its metadata beside it (PEP 658)."""
    href: str = ""


class NotAnIndex(ValueError):
    """The page is none of an index."""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and len(self.links) < MOST_FILES:
            self.links.append(dict(attrs))


def wheels_on(page: str) -> tuple[Wheel, ...]:
    """The wheels that an index page (PEP 503) lists. Raises NotAnIndex where it lists none."""
    parser = _Links()
    parser.feed(page)
    found = tuple(_wheels(parser.links))
    if not found:
        raise NotAnIndex("it lists no wheel of torch, torchvision or torchaudio")
    return found


def _wheels(links: list[dict[str, str | None]]) -> Iterator[Wheel]:
    for link in links:
        href = link.get("href") or ""
        try:
            file = unquote(urlsplit(href).path.rsplit("/", 1)[-1])
        except ValueError:  # such as http://[x: no address at all
            continue
        match = NAME.fullmatch(file)
        if match is None:
            continue
        platform, libc = _platform(match["platform"])
        has_metadata = "data-core-metadata" in link or "data-dist-info-metadata" in link
        yield Wheel(
            name=match["name"],
            version=match["version"],
            build=match["build"],
            abi=match["abi"],
            platform=platform,
            libc=libc,
            requires_python=link.get("data-requires-python"),
            has_metadata=has_metadata,
            href=href,
        )


def _platform(tag: str) -> tuple[str | None, str | None]:
    """The knowledge's name of a platform tag, and its glibc."""
    arch = next((a for a in ("x86_64", "aarch64", "arm64") if tag.endswith(a)), None)
    if tag == "win_amd64":
        return "windows_amd64", None
    if tag == "win_arm64":
        return "windows_arm64", None
    if tag.startswith("macosx_") and arch in ("x86_64", "arm64"):
        return f"macos_{arch}", None
    if "linux" not in tag or arch not in ("x86_64", "aarch64"):
        return None, None
    numbers = LIBC.search(tag)
    if numbers is not None:
        return f"linux_{arch}", f"{numbers[1]}.{numbers[2]}"
    return f"linux_{arch}", next((v for k, v in OLD_LIBC.items() if tag.startswith(k)), None)


PIN = re.compile(r"^Requires-Dist: *torch *\(?== *([\d.]+)\)?", re.MULTILINE | re.IGNORECASE)


def pinned_torch(metadata: str) -> str | None:
    """The torch that a companion's metadata pins, None where it pins none."""
    found = PIN.search(metadata)
    return found.group(1) if found else None
