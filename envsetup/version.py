"""The version of envsetup."""

__version__ = "0.1.0"
