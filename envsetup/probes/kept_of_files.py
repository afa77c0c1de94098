"""What a recording keeps of files that hold more than probes read: command lines, mounts, settings of pip."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from envsetup.probes import index_settings
from envsetup.probes.launch import LAUNCHERS, WORDS_LOOKED_AT
from envsetup.probes.storage import HURTING

HIDDEN = "***"


def kept(path: str, text: str) -> str:
    """The text of the file at `path` as a recording may hold it; replayed, it gives the same facts."""
    for pattern, told in REDUCED.items():
        if re.search(pattern, path.replace("\\", "/")):
            return told(text)
    return text


def _mounts(text: str) -> str:
    """Without the servers and folders that are mounted, and without options that may name a user."""
    rows = (row.split() for row in text.splitlines())
    return "\n".join(
        " ".join((_device(r[0]), r[1], r[2], _hurting(r[3]), "0 0")) for r in rows if len(r) >= 4
    )


def _device(source: str) -> str:
    return source if re.fullmatch(r"[a-z][a-z0-9_-]*|/dev/[\w/.-]+", source) else HIDDEN


def _hurting(options: str) -> str:
    return ",".join(o for o in options.split(",") if o in HURTING) or "rw"


def _command_line(text: str) -> str:
    """The words that the look for a launcher reads, by their last part where it is one."""
    return "\0".join(_word(word) for word in text.split("\0")[:WORDS_LOOKED_AT])


def _word(word: str) -> str:
    name = posixpath.basename(word)
    return name if name.startswith(LAUNCHERS) or word == "torch.distributed.run" else HIDDEN


REDUCED: dict[str, Callable[[str], str]] = {
    r"^/proc/self/mounts$": _mounts,
    r"^/proc/\w+/cmdline$": _command_line,
    r"/(?:pip\.(?:conf|ini)|uv\.toml)$": index_settings.told_text,
}
"""By a pattern of the path."""
