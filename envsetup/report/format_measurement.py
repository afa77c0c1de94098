"""A measurement as it reads: four digits, its limit, its unit."""

from __future__ import annotations

from envsetup.model import Measurement

AT_LEAST = "at least"
"""The unit of what has to reach its limit."""


def measured(one: Measurement) -> str:
    """Such as `2.4e-07 relative (at most 7.7e-06)`; a series is told in full, for it is a training's course."""
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    told = ", ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)
    if one.unit == AT_LEAST:
        return f"{told} (at least {one.limit:.4g})" if one.limit is not None else told
    limit = f" (at most {one.limit:.4g})" if one.limit is not None else ""
    return f"{told} {one.unit}".rstrip() + limit
