"""The one folder in which envsetup keeps what it can make again."""

from __future__ import annotations

from pathlib import Path


def cache_folder() -> Path | None:
    """The user's cache folder for envsetup, as the system wants it; None where there is no home folder."""
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("envsetup", appauthor=False)
    except RuntimeError:  # no home folder is known
        return None
    return folder if folder.is_absolute() else None
