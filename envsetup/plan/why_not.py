"""Why one candidate was not taken."""

from __future__ import annotations

from typing import Literal

from envsetup.knowledge import Knowledge
from envsetup.model import Machine, Plan, Record
from envsetup.plan.make import candidates
from envsetup.plan.request import Request


class Answer(Record):
    candidate: str
    state: Literal["chosen", "fits", "rejected", "unknown"]
    text: str
    code: str | None = None


def why_not(
    candidate: str, plan: Plan, machine: Machine, knowledge: Knowledge, request: Request
) -> Answer:
    """`2.15.0+cu132`, or `2.15.0` for all builds of a release."""
    version, _, build = candidate.partition("+")
    if version == plan.torch_version and (not build or build == plan.build):
        return Answer(candidate=candidate, state="chosen", text=f"{candidate} is what was chosen")
    mine = [
        r for r in plan.rejected if r.version == version and r.build in (build or r.build, None)
    ]
    for one in candidates(machine, knowledge, request):
        if one.version == version and build in ("", one.build):
            best = f"{plan.torch_version}+{plan.build}" if plan.build else str(plan.torch_version)
            text = (
                f"{version}+{one.build} works here too; {best} comes first: newer, surer or a "
                "better fit for the driver"
            )
            return Answer(candidate=candidate, state="fits", text=text)
    if mine:
        text = "\n".join(f"{r.version}{'+' + r.build if r.build else ''}: {r.text}" for r in mine)
        return Answer(candidate=candidate, state="rejected", code=mine[0].code, text=text)
    release = knowledge.release(version)
    what = (
        f"no build {build} of {version} is known" if release else f"no release {version} is known"
    )
    return Answer(candidate=candidate, state="unknown", code="not-published", text=what)
