"""Sets up a PyTorch environment and proves that it works."""

from __future__ import annotations

__version__ = "0.1.0"
