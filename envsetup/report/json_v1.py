"""JSON, version 1: what scripts, CI and the next tool rely on.

Fields may be added; none is renamed or removed while the version stands. A report from elsewhere is
untrusted: it is decoded strictly, and errors name the place in it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from envsetup.host.json_input import InputError, decode
from envsetup.model import (
    Finding,
    KnowledgeStamp,
    LeftOut,
    Level,
    Machine,
    Outcome,
    Plan,
    Report,
    Settings,
    Target,
    Undecided,
    Verdict,
)
from envsetup.report.paths import with_placeholder, without_placeholder
from envsetup.report.summary import summary
from envsetup.sanitize import json_text

SCHEMA_VERSION = "1"
SCHEMA_BASE = "urn:envsetup:schema:v1"


class ReportError(ValueError):
    """The data is no report of this version; the message says where it departs."""


class VersionV1(Struct, frozen=True, kw_only=True):
    """What every version of every output has."""

    schema_version: str


class SummaryV1(Struct, frozen=True, kw_only=True):
    os: str | None
    arch: str | None
    python: str | None
    torch: str | None
    torch_backend: str | None
    driver: str | None
    driver_cuda: str | None
    cuda_available: bool | None
    gpus: list[dict[str, str | None]] | None
    numpy: str | None
    torchvision: str | None
    torchaudio: str | None
    triton: str | None


class PlanV1(Plan, frozen=True, kw_only=True):
    """The published form of a plan."""

    schema_version: str = SCHEMA_VERSION
    knowledge: KnowledgeStamp | None = field(default=None)


class ReportV1(Struct, frozen=True, kw_only=True):
    """The published form of a report."""

    schema_version: str
    tool_version: str
    created_at: str
    verdict: Verdict
    proven: bool
    summary: SummaryV1
    machine: Machine
    findings: tuple[Finding, ...]
    undecided: tuple[Undecided, ...]
    checks: tuple[Outcome, ...]
    plan: PlanV1 | None
    timings_s: dict[str, float]
    level: Level = "standard"
    full: bool = False
    settings: Settings | None = None
    left_out: tuple[LeftOut, ...] = ()
    target: Target | None = None


class MachineV1(Struct, frozen=True, kw_only=True):
    """The published form of a probed machine."""

    schema_version: str
    machine: Machine
    summary: SummaryV1 | None = None
    target: Target | None = None


class Head(Struct, frozen=True, kw_only=True):
    """What tells how a document is to be read."""

    schema_version: str | None = None
    machine: msgspec.Raw = msgspec.Raw()


class MachineAlone(Struct, frozen=True, kw_only=True):
    machine: Machine


class BareMachine(Machine, frozen=True, kw_only=True):
    """A machine whose fields stand at the top."""

    schema_version: str | None = None
    tool_version: str | None = None


class TargetAlone(Struct, frozen=True, kw_only=True):
    """What is read of the target, whatever else stands there."""

    target: Target | None = None


def render(report: Report, **_: object) -> str:
    """The report as indented JSON."""
    report = with_placeholder(report)
    return json_document(
        {
            "schema_version": SCHEMA_VERSION,
            "tool_version": report.tool_version,
            "created_at": report.created_at,
            "verdict": report.verdict,
            "proven": report.proven,
            "summary": summary(report.machine),
            "machine": report.machine,
            "findings": report.findings,
            "undecided": report.undecided,
            "checks": report.checks,
            "plan": _plan(report.plan) if report.plan else None,
            "timings_s": report.timings_s,
            "level": report.level,
            "full": report.full,
            "settings": report.settings,
            "left_out": report.left_out,
            "target": report.target,
        }
    )


def json_document(value: object) -> str:
    """One indented document, with no control character in it."""
    return json_text(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _plan(plan: Plan) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(plan)}


def plan_json(plan: Plan) -> str:
    """The answer of `install-plan --format json`."""
    return json_document(_plan(plan))


def machine_json(machine: Machine, target: Target | None = None) -> str:
    """The answer of `probe --format json`."""
    return json_document(
        {
            "schema_version": SCHEMA_VERSION,
            "machine": machine,
            "summary": summary(machine),
            "target": target,
        }
    )


def load(data: bytes) -> Report:
    """A saved report. Raises ReportError naming the JSON path where it departs from the schema."""
    told = _decode(data, ReportV1)
    found = Report(
        tool_version=told.tool_version,
        created_at=told.created_at,
        verdict=told.verdict,
        proven=told.proven,
        machine=told.machine,
        findings=told.findings,
        undecided=told.undecided,
        checks=told.checks,
        plan=_unpublished(told.plan),
        timings_s=told.timings_s,
        level=told.level,
        full=told.full,
        settings=told.settings,
        left_out=told.left_out or _by_settings(told.settings),
        target=told.target,
    )
    return without_placeholder(found)


def _by_settings(settings: Settings | None) -> tuple[LeftOut, ...]:
    """What a report from before `left_out` tells by its settings."""
    if settings is None or not settings.ignore:
        return ()
    by = f"{settings.file}: tool.envsetup.ignore"
    return (LeftOut(how="ignore", words=settings.ignore, by=by),)


def _unpublished(plan: PlanV1 | None) -> Plan | None:
    """The plan without its own version, which the report's already gives."""
    if plan is None:
        return None
    return Plan(**{name: getattr(plan, name) for name in Plan.__struct_fields__})


def load_machine(data: bytes) -> Machine:
    """The machine of a saved probe or report, or told alone. Raises ReportError naming the JSON path."""
    try:
        head = decode(data, Head, head=True)
        if head.schema_version is not None:
            _this_version(head.schema_version)
        if head.machine:
            return decode(data, MachineAlone).machine
        bare = decode(data, BareMachine)
    except InputError as error:
        raise ReportError(f"no JSON of envsetup: {error}") from error
    return Machine(**{name: getattr(bare, name) for name in Machine.__struct_fields__})


def load_target(data: bytes) -> Target | None:
    """The target that a saved probe or report names. Raises ReportError as `load_machine`."""
    try:
        return decode(data, TargetAlone).target
    except InputError as error:
        raise ReportError(f"no JSON of envsetup: {error}") from error


def _decode(data: bytes, kind: Any) -> Any:
    try:
        _this_version(decode(data, VersionV1, head=True).schema_version)
        return decode(data, kind)
    except InputError as error:
        raise ReportError(f"no JSON of envsetup: {error}") from error


def _this_version(version: str) -> None:
    if version != SCHEMA_VERSION:
        shown = version[:20]
        text = f"schema_version is {shown!r}, this envsetup reads {SCHEMA_VERSION!r} (at $.schema_version)"
        raise ReportError(text)


KINDS: dict[str, Any] = {"report": ReportV1, "plan": PlanV1, "machine": MachineV1}


def schema(name: str) -> str:
    """The JSON Schema (2020-12) of `report`, `plan` or `machine`."""
    told = msgspec.json.schema(KINDS[name])
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{SCHEMA_BASE}:{name}",
        "title": f"envsetup {name}, version {SCHEMA_VERSION}",
    }
    return json_document({**head, **told})
