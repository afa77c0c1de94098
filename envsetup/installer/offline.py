"""Keeps pip and uv off the network: folders of wheels count, addresses that somebody set don't.

`--no-index` alone leaves `find-links` of a configuration file or a variable, which may be an address.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from envsetup.host import run_program

ASK_LIMIT_S = 30.0
SETTING = re.compile(r"^(global|install|index|:env:)\.find-links=(.+)$", re.MULTILINE)
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
"""A drive of Windows has one letter."""


def without_network(env: Mapping[str, str], python: str) -> dict[str, str]:
    """The variables with which pip of `python`, and uv, ask nothing beyond this machine."""
    said = run_program((python, "-m", "pip", "config", "list"), ASK_LIMIT_S, env)
    # Later ones win in pip: a variable over a file's section of the command, this over the general one.
    told = dict(SETTING.findall(said.stdout))
    chosen = next((told[k] for k in (":env:", "install", "index", "global") if k in told), "''")
    return {
        **env,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": " ".join(local_places(_literal(chosen))),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_OFFLINE": "1",
    }


def local_places(setting: str) -> list[str]:
    """The folders and files of a setting of `find-links`."""
    words = setting.split()
    return [w for w in words if w.lower().startswith("file:") or not ADDRESS.match(w)]


def _literal(text: str) -> str:
    """What `pip config list` shows as a Python string."""
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return ""
