"""Every way in which a plan can be written."""

from __future__ import annotations

from collections.abc import Callable

from envsetup.model import Plan
from envsetup.plan import documents

FORMATS = ("text", "json", "shell", "requirements", "dockerfile", "environment-yml", "uv-toml")
SCHEMA_VERSION = "1"
DOCUMENTS: dict[str, Callable[[Plan], str]] = {
    "shell": documents.shell_lines,
    "requirements": documents.requirements_file,
    "dockerfile": documents.dockerfile,
    "environment-yml": documents.environment_yml,
    "uv-toml": documents.uv_toml,
}


def render(plan: Plan, form: str) -> str:
    """The plan in one of FORMATS. Raises KeyError for another."""
    if form == "json":
        return plan_document(plan)
    if form == "text":
        from envsetup.plan.text import plan_text

        return plan_text(plan)
    return DOCUMENTS[form](plan)


def plan_document(plan: Plan) -> str:
    """One JSON document, its version first."""
    import msgspec

    body = {"schema_version": SCHEMA_VERSION, **msgspec.to_builtins(plan)}
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode() + "\n"
