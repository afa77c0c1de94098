"""A measurement as it reads: four digits, its limit, its unit."""

from __future__ import annotations

from envsetup.model import Measurement
from envsetup.report.safe import plain


def measured(one: Measurement) -> str:
    """Such as `2.4e-07 (limit 7.7e-06) relative`; a series is told in full, for it is a training's course."""
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    told = ", ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in values)
    limit = f" (limit {one.limit:.4g})" if one.limit is not None else ""
    return plain(f"{told}{limit} {one.unit}".strip())
