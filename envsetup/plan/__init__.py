"""The joint choice over releases and builds, and how each installer says it."""

from __future__ import annotations

from envsetup.plan.make import candidates, make_plan
from envsetup.plan.request import PACKAGES, Request

__all__ = ["PACKAGES", "Request", "candidates", "make_plan"]
