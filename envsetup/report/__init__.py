"""One format a file, all made from the same Report."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envsetup.model import Report
    from envsetup.report.json_v1 import (
        ReportError,
        load,
        load_machine,
        load_target,
        machine_json,
        plan_json,
        schema,
    )
    from envsetup.report.redact import redact_machine

__all__ = [
    "FORMATS",
    "ReportError",
    "load",
    "load_machine",
    "load_target",
    "machine_json",
    "plan_json",
    "redact_machine",
    "render",
    "schema",
]

_LAZY = {
    "ReportError": "json_v1",
    "load": "json_v1",
    "load_machine": "json_v1",
    "load_target": "json_v1",
    "machine_json": "json_v1",
    "plan_json": "json_v1",
    "redact_machine": "redact",
    "schema": "json_v1",
}
"""Name to its file: a plan from flags needs one small file of this package and doesn't pay for all."""

FORMATS = {
    "text": "text",
    "json": "json_v1",
    "markdown": "markdown",
    "html": "html",
    "junit": "junit",
    "github": "github",
}
"""Format to its module, which has `render(report, **options) -> str`."""


def render(report: Report, format: str, **options: object) -> str:
    """The report in a format, nothing in it able to act there; options are those of its own `render`."""
    from envsetup.report.escaping import through
    from envsetup.report.shells import in_its_shell

    module = importlib.import_module(f"{__name__}.{FORMATS[format]}")
    text = module.render(through(in_its_shell(report), format), **options)
    assert isinstance(text, str)
    return text


def __getattr__(name: str) -> object:
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
