"""Asks the wheel index whether the file that a plan chose is really there, before it is recommended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from envsetup.host.http import Page, fetch
from envsetup.knowledge.wheels import NotAnIndex, Wheel, wheels_on
from envsetup.model import Machine, Plan, Reason, value_of
from envsetup.plan import Request, make_plan
from envsetup.plan.request import INDEX

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

PAGE_LIMIT_S = 5.0
MOST_TRIES = 3
"""Candidates asked for, the plan's own first."""

Fetch = Callable[[str, float], Page]
FOUND, MISSING, UNASKED = "on-index", "not-on-index", "index-not-asked"


def checked(
    plan: Plan, machine: Machine, knowledge: Knowledge, request: Request, ask: Fetch = fetch
) -> Plan:
    """The plan, confirmed by the index; or that of the next candidate that the index has.

    Where the index can't be asked the plan stands, with a warning that says so.
    """
    passed: tuple[Reason, ...] = ()
    now, left = plan, request
    for _ in range(MOST_TRIES):
        if now.action != "install" or now.torch_version is None:
            break
        there, told = _look(now, machine, ask)
        if there is not False:
            return _confirmed(now, told, passed)
        passed += (Reason(code=MISSING, text=f"{told.text}: passed over", source=told.source),)
        missing = (now.torch_version, now.build or "cpu")
        left = replace(left, without=(*left.without, missing))
        now = make_plan(machine, knowledge, left)
    return replace(plan, warnings=(*passed, *plan.warnings))


def _confirmed(plan: Plan, told: Reason, passed: tuple[Reason, ...]) -> Plan:
    if told.code == FOUND:
        plan = replace(plan, because=(*plan.because, told))
    else:
        plan = replace(plan, warnings=(*plan.warnings, told))
    return replace(plan, warnings=(*passed, *plan.warnings))


def _look(plan: Plan, machine: Machine, ask: Fetch) -> tuple[bool | None, Reason]:
    """Whether the file is there (None: nobody knows), and how that was seen."""
    if plan.index_url is None or plan.installer not in ("pip", "uv"):
        text = "this plan takes nothing from the wheel index, so that the index was not asked"
        return None, Reason(code=UNASKED, text=text)
    url = f"{plan.index_url.rstrip('/')}/torch/"
    page = ask(url, PAGE_LIMIT_S)
    if page.missing:
        # PyTorch's own index says 403 of a page that isn't there; another may want a password.
        login = page.status == 403 and not url.startswith(INDEX)
        other = ", or wants a name and password" if login else ""
        text = f"{url} answers {page.error}: this index has no such build{other}"
        return False, _reason(MISSING, text, url)
    if page.text is None:
        return None, _reason(UNASKED, f"the wheel index could not be asked ({page.error})", url)
    try:
        wheels = wheels_on(page.text)
    except NotAnIndex as error:
        return None, _reason(UNASKED, f"what {url} answers is no index page: {error}", url)
    wanted = f"torch {plan.torch_version}+{plan.build}"
    if any(_is(w, plan, machine) for w in wheels):
        return True, _reason(FOUND, f"the index lists {wanted} for this machine", url)
    return False, _reason(MISSING, f"the index lists no {wanted} for this machine", url)


def _reason(code: str, text: str, url: str) -> Reason:
    return Reason(code=code, text=text, source=url)


def _is(wheel: Wheel, plan: Plan, machine: Machine) -> bool:
    """Whether a file is the plan's, as far as the machine is known."""
    if wheel.name != "torch" or wheel.version != plan.torch_version:
        return False
    if wheel.build not in (None, plan.build):
        return False
    python, system, arch = value_of(machine.python), value_of(machine.os), value_of(machine.arch)
    abi = _abi(python.version, python.free_threaded) if python is not None else None
    if abi is not None and wheel.abi != abi:
        return False
    named = {("windows", "x86_64"): "windows_amd64"}.get(
        (system or "", arch or ""), f"{system}_{arch}"
    )
    return wheel.platform == named if system and arch else True


def _abi(version: str, free_threaded: bool) -> str:
    major, minor = version.split(".")[:2]
    return f"cp{major}{minor}{'t' if free_threaded else ''}"
