"""One format a file, all made from the same Report."""

from __future__ import annotations

import importlib

from envsetup.model import Report
from envsetup.report.escaping import through
from envsetup.report.json_v1 import (
    ReportError,
    load,
    load_machine,
    load_target,
    machine_json,
    plan_json,
    schema,
)
from envsetup.report.redact import redact, redact_machine
from envsetup.report.shells import in_its_shell
from envsetup.report.summary import summary

__all__ = [
    "FORMATS",
    "ReportError",
    "load",
    "load_machine",
    "load_target",
    "machine_json",
    "plan_json",
    "redact",
    "redact_machine",
    "render",
    "schema",
    "summary",
]

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
    module = importlib.import_module(f"{__name__}.{FORMATS[format]}")
    text = module.render(through(in_its_shell(report), format), **options)
    assert isinstance(text, str)
    return text
