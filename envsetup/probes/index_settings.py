"""Where pip and uv are set to take packages from: files and variables, the later over the earlier."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from envsetup.host import Host
from envsetup.host.questions import PLACES, Places
from envsetup.model import Absent, Fact, Known, Python, Source, value_of
from envsetup.probes.readers import file_source, line

PYTORCH = "download.pytorch.org"
ANOTHER = "another"
OPTIONS = ("index-url", "extra-index-url", "default-index", "index", "find-links")
SETTING = re.compile(rf"^[ \t]*({'|'.join(OPTIONS)}|url)[ \t]*=[ \t]*(\S.*)$", re.MULTILINE)
"""In pip's ini files and in uv's TOML alike; uv has a table `index` with an `url` too."""


def read(host: Host, python: Fact[Python]) -> Fact[dict[str, str]]:
    found: dict[str, str] = {}
    sources: list[Source] = []
    home = (value_of(host.ask(PLACES)) or Places()).home
    prefix = python.value.prefix if isinstance(python, Known) else None
    for tool, path in _files(host, home, prefix):
        text = line(host, path)
        told = dict(_settings(tool, text or ""))
        sources += [file_source(path)] if told else []
        found |= told
    for name, value in _variables(host.env()):
        sources.append(Source(kind="env", ref=name))
        found[name] = value
    if not found:
        return Absent(
            tried=(
                Source(kind="file", ref="pip.conf, uv.toml"),
                Source(kind="env", ref="PIP_*, UV_*"),
            )
        )
    return Known(value=found, source=sources[-1])


def _files(host: Host, home: str | None, prefix: str | None) -> Iterator[tuple[str, str]]:
    """In the order in which their tools read them (pip.pypa.io, Configuration; uv, Configuration files)."""
    env = host.env()
    if host.os_name == "windows":
        roaming = env.get("APPDATA")
        if roaming:
            yield "pip", f"{roaming}/pip/pip.ini"
            yield "uv", f"{roaming}/uv/uv.toml"
        return
    general = env.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    yield "pip", "/etc/pip.conf"
    for folder in (f"{home}/.pip" if home else "", general and f"{general}/pip", prefix or ""):
        if folder:
            yield "pip", f"{folder}/pip.conf"
    if env.get("PIP_CONFIG_FILE"):
        yield "pip", env["PIP_CONFIG_FILE"]
    yield "uv", "/etc/uv/uv.toml"
    if general:
        yield "uv", f"{general}/uv/uv.toml"


def _settings(tool: str, text: str) -> Iterator[tuple[str, str]]:
    for option, value in SETTING.findall(text):
        yield f"{tool} {'index' if option == 'url' else option}", _shown(value)


def _variables(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for tool in ("pip", "uv"):
        for option in OPTIONS:
            value = env.get(f"{tool}_{option}".upper().replace("-", "_"))
            if value:
                yield f"{tool} {option}", _shown(value)


def _shown(value: str) -> str:
    """Of several each: PyTorch's index by its URL; which another is, is nobody's business."""
    words = (word.strip("\"'[]") for word in re.split(r"[\s,]+", value.strip()))
    return " ".join(_pytorch_or_another(word) for word in words if word)


def _pytorch_or_another(address: str) -> str:
    try:
        place = urlsplit(address)
        host = place.hostname or ""
    except ValueError:
        return ANOTHER
    own = host == PYTORCH and place.scheme in ("http", "https")
    return f"{place.scheme}://{host}{place.path}" if own else ANOTHER


def told_text(text: str) -> str:
    """What a recording keeps of such a file: its settings as they are told."""
    return "\n".join(f"{option} = {_shown(value)}" for option, value in SETTING.findall(text))
