"""The page of a rule, taken apart."""

from __future__ import annotations

import re

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def sections(page: str) -> dict[str, str]:
    """A page's sections by heading, in order."""
    parts = SECTION.split(page)
    return {h.strip(): body.strip() for h, body in zip(parts[1::2], parts[2::2], strict=True)}
