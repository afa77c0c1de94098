"""`envsetup knowledge`: what is believed about PyTorch's wheels, how old it is, and from where."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from envsetup.cli import options
from envsetup.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge


@click.group("knowledge", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """What is believed about PyTorch's wheels, and from where."""


@command.command("show")
@click.argument("release", required=False)
@options.format_option(("text", "json"))
@options.output_option
@options.offline_option
@options.color_option
def show(release: str | None, format: str, output: str | None, **_: object) -> None:
    """Every release and build with its status, or one RELEASE with sources.

    \b
    Examples:
      envsetup knowledge show
      envsetup knowledge show 2.14.1 --format json
    """
    from envsetup.cli.output import emit
    from envsetup.knowledge import KnowledgeError, load

    try:
        knowledge = load()
    except KnowledgeError as error:
        raise Failure(str(error), Exit.USAGE) from error
    if release is not None and knowledge.release(release) is None:
        known = ", ".join(r.version for r in knowledge.releases[:6])
        raise click.UsageError(f"RELEASE {release!r}: not known; give one such as {known}")
    emit((_json if format == "json" else _text)(knowledge, release), output)


def _age_days(knowledge: Knowledge) -> int:
    today = dt.datetime.now(tz=dt.timezone.utc).date()
    return (today - dt.date.fromisoformat(knowledge.as_of)).days


def rows(knowledge: Knowledge, release: str | None) -> list[dict[str, object]]:
    """A row for each build: release, platform, build, status, source, Pythons, architectures."""
    found: list[dict[str, object]] = []
    for one in knowledge.releases:
        if release is not None and one.version != release.split("+")[0]:
            continue
        for platform, row in one.platforms.items():
            for name in row.builds:
                build = knowledge.build(one.version, name, platform)
                assert build is not None
                sources = [knowledge.sources.get(s, s) for s in one.source]
                found.append(
                    {
                        "torch": one.version,
                        "platform": platform,
                        "build": name,
                        "status": build.status,
                        "checked_on": knowledge.as_of,
                        "python": list(row.python),
                        "libc": build.libc,
                        "architectures": list(build.arch_list) if build.arch_list else None,
                        "source": [build.source] if build.source else sources,
                    }
                )
    return found


def _json(knowledge: Knowledge, release: str | None) -> str:
    import msgspec

    document = {
        "schema_version": "1",
        "as_of": knowledge.as_of,
        "age_days": _age_days(knowledge),
        "sha256": knowledge.sha256,
        "rows": rows(knowledge, release),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _text(knowledge: Knowledge, release: str | None) -> str:
    lines = [
        f"As of {knowledge.as_of} ({_age_days(knowledge)} days old), sha256 {knowledge.sha256[:12]}",
        "",
    ]
    for (torch, platform), builds in _grouped(knowledge, release).items():
        lines.append(f"{torch:<8} {platform:<14} {', '.join(builds)}")
    if release is not None:
        one = knowledge.release(release)
        assert one is not None
        lines += ["", f"torch {one.version}, {one.date}; sources:"]
        lines += [f"  {knowledge.sources.get(s, s)}" for s in one.source]
    return "\n".join(lines) + "\n"


def _grouped(knowledge: Knowledge, release: str | None) -> dict[tuple[str, str], list[str]]:
    """Builds of each release and platform, the status beside those that nobody has seen."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows(knowledge, release):
        unsure = row["status"] not in ("certain", "published")
        name = f"{row['build']} ({row['status']})" if unsure else str(row["build"])
        found.setdefault((str(row["torch"]), str(row["platform"])), []).append(name)
    return found
