"""When the wheel index can't be reached: the plan's own candidates against what pip is configured to offer.

Each is asked for as the exact version and build. A bare version of the default index counts only as
the build that the knowledge says it is; what the plan rejected is never tried.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from envsetup.host import run_program
from envsetup.host.http import fetch
from envsetup.model import Command, Fix, Machine, Plan, Reason, value_of

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

REACH_LIMIT_S = 5.0
LISTING_LIMIT_S = 60.0
CODE = "index-unreachable-fallback"


def unreachable(index_url: str | None) -> str | None:
    """Why the index can't be reached, or None where it can. One look, at most five seconds.

    An index that sends its visitors to another host has answered; the installer goes there by itself.
    """
    if index_url is None or urlsplit(index_url).scheme not in ("http", "https"):
        return None
    page = fetch(index_url.rstrip("/") + "/torch/", REACH_LIMIT_S, method="HEAD")
    # 403 and 404 mean that the index has no such page: pip would find nothing either. 401 means that
    # it wants a login, which pip may have from netrc or a keyring.
    return None if page.elsewhere or page.status in (401, 405) else page.error


NETWORK_WORDS = re.compile(
    r"ConnectionError|NewConnectionError|Max retries|timed out|Temporary failure|Name or service"
    r"|ProxyError|SSLError|Could not fetch URL|dns error|error sending request|Failed to fetch",
    re.IGNORECASE,
)


def is_network_trouble(said: str) -> bool:
    return bool(NETWORK_WORDS.search(said))


def last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["it said nothing"])[-1][:500]


def listing(python: str, env: dict[str, str], *, offline: bool) -> tuple[str, ...]:
    """The versions of torch that pip's own configuration offers this interpreter; one look, no retries."""
    argv = [python, "-m", "pip", "index", "versions", "torch", "--pre", "--retries", "0"]
    argv += ["--disable-pip-version-check", *(["--no-index"] if offline else [])]
    completed = run_program(argv, LISTING_LIMIT_S, env)
    match = re.search(r"^Available versions: (.+)$", completed.stdout, re.MULTILINE)
    return tuple(v.strip() for v in match[1].split(",")) if match else ()


def pinned(
    version: str,
    build: str | None,
    offered: Sequence[str],
    knowledge: Knowledge,
    machine: Machine,
) -> str | None:
    """The offered version that is this build: by its own label, or bare where the knowledge says so."""
    if build is not None and f"{version}+{build}" in offered:
        return f"{version}+{build}"
    if version in offered and (
        build is None or default_build(version, knowledge, machine) == build
    ):
        return version
    return None


def default_build(version: str, knowledge: Knowledge, machine: Machine) -> str | None:
    """The build behind a bare version of the default index on this platform; None where unknown."""
    release = knowledge.release(version)
    platform = release.platforms.get(_platform(machine)) if release is not None else None
    return platform.default if platform is not None and platform.on_default_index else None


def _platform(machine: Machine) -> str:
    system, arch = value_of(machine.os), value_of(machine.arch) or ""
    if system == "windows":
        return f"windows_{'amd64' if arch == 'x86_64' else arch}"
    return f"{system}_{arch}"


def fallback_plan(
    plan: Plan,
    python: str,
    version: str,
    build: str | None,
    pins: tuple[str, ...],
    why: str,
    offline: bool,
) -> Plan:
    """The plan as it is carried out without its index, marked as such."""
    # No look at the unreachable index, and none repeated: pip's own retries take eleven seconds.
    argv = [python, "-m", "pip", "install", "--retries", "0", *pins]
    if offline:
        argv.append("--no-index")
    reason = Reason(
        code=CODE,
        text=f"the wheel index {plan.index_url} can't be used ({why}); "
        f"{pins[0]} comes from what pip is configured to offer",
    )
    fix = Fix(text="run `envsetup setup` again where the wheel index can be reached")
    return replace(
        plan,
        requirements=pins,
        torch_version=version,
        build=build,
        installer="pip",
        index_url=None,
        commands=(Command(argv=tuple(argv)),),
        warnings=(reason, *plan.warnings),
        fixes=(*plan.fixes, fix),
    )
