"""Sphinx settings. Build with `sphinx-build -W docs docs/_build`."""

from __future__ import annotations

from envsetup import __version__

project = "envsetup"
author = "the envsetup authors"
copyright = "the envsetup authors, Apache-2.0"
release = version = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "generate.py", "screenshots.py", "pictures/*.txt"]

html_theme = "furo"
html_title = f"envsetup {__version__}"
html_copy_source = False
html_show_sphinx = False

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]
nitpicky = True
