"""`envsetup knowledge`: what is believed about PyTorch's wheels, how old it is, and from where."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

import click

from envsetup.cli import options
from envsetup.cli.exits import Exit, Failure
from envsetup.cli.mirror import Mirror, fetch_from, mirror_address, read_mirror

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge
    from envsetup.knowledge.upstream import Upstream


@click.group("knowledge", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """What is believed about PyTorch's wheels, and from where.

    \b
    Example:
      envsetup knowledge show
    """


@command.command("show")
@click.argument("release", required=False)
@options.mirror_option
@options.format_option(("text", "json"))
@options.output_option
@options.offline_option
@options.color_option
def show(
    release: str | None, mirror: str | None, format: str, output: str | None, **_: object
) -> None:
    """Every release and build with its status, or one RELEASE with sources.

    What a refresh read from a mirror counts only with that --mirror.

    \b
    Examples:
      envsetup knowledge show
      envsetup knowledge show 2.14.1 --format json
    """
    from envsetup.cli.output import emit, say
    from envsetup.knowledge import KnowledgeError, load

    try:
        knowledge = load(mirror=mirror_address(mirror))
    except KnowledgeError as error:
        raise Failure(str(error), Exit.USAGE) from error
    if release is not None and knowledge.release(release) is None:
        known = ", ".join(r.version for r in knowledge.releases[:6])
        raise click.UsageError(f"RELEASE {release!r}: not known; give one such as {known}")
    if knowledge.trouble:
        say(f"warning: stored knowledge is not used: {knowledge.trouble}")
    shown = (_json if format == "json" else _text)(knowledge, release)
    emit(shown, output, prose=format == "text")


@command.command("refresh")
@options.mirror_option
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@options.format_option(("text", "json"))
@options.output_option
@options.offline_option
@options.color_option
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Limit for all pages together.",
)
@click.pass_context
def refresh(
    ctx: click.Context,
    /,
    mirror: str | None,
    dry_run: bool,
    format: str,
    output: str | None,
    offline: bool,
    timeout: float,
    **_: object,
) -> None:
    """Read the wheel index and store what it adds to the knowledge, for this user.

    What a mirror lists is stored apart, and counts only in plans with that mirror.

    A page that can't be read changes nothing and makes the exit code 1; what other pages add counts.

    \b
    Examples:
      envsetup knowledge refresh
      envsetup knowledge refresh --dry-run --mirror https://mirror.example.org/whl
    """
    if offline:
        raise click.UsageError(
            "--offline forbids the network, which is all that refresh is about; leave --offline out"
        )
    if os.environ.get("ENVSETUP_KNOWLEDGE"):
        raise click.UsageError(
            "ENVSETUP_KNOWLEDGE names the knowledge to use, so that a refreshed one would not be "
            "read; unset it first"
        )
    other = read_mirror(mirror)
    upstream = _upstream(other, timeout)
    store = not dry_run and _any_read(upstream)
    stored = _stored(upstream, other) if store else None
    _tell(upstream, format, output, stored, other.url if other is not None else None)
    ctx.exit(int(Exit.OK if upstream.whole else Exit.FINDINGS))


def _upstream(mirror: Mirror | None, limit_s: float) -> Upstream:
    from envsetup.knowledge import KnowledgeError, load
    from envsetup.knowledge.load import other_than_upstream, own_releases
    from envsetup.knowledge.records import INDEX
    from envsetup.knowledge.upstream import read_upstream

    base = mirror.url if mirror is not None else INDEX
    ask, whose = fetch_from(mirror), other_than_upstream(base)
    today = dt.datetime.now(tz=dt.timezone.utc).date().isoformat()
    try:
        known, knowledge = own_releases(whose), load(mirror=whose)
        return read_upstream(known, knowledge, base=base, today=today, limit_s=limit_s, ask=ask)
    except KnowledgeError as error:
        raise Failure(str(error), Exit.USAGE) from error


def _any_read(upstream: Upstream) -> bool:
    return any(v.read for v in upstream.verdicts)


def _stored(upstream: Upstream, mirror: Mirror | None) -> str:
    from envsetup.knowledge import KnowledgeError
    from envsetup.knowledge.load import other_than_upstream, store

    whose = other_than_upstream(mirror.url) if mirror is not None else None
    try:
        return str(store(upstream.releases, whose))
    except KnowledgeError as error:
        raise Failure(str(error), Exit.USAGE) from error
    except OSError as error:
        raise Failure(
            f"the refreshed knowledge can't be stored: {error}. Make room, or set XDG_CACHE_HOME "
            "to a folder that you may write to.",
            Exit.FINDINGS,
        ) from error


def _tell(
    upstream: Upstream, format: str, output: str | None, stored: str | None, mirror: str | None
) -> None:
    from envsetup.cli.output import emit

    if format == "json":
        from envsetup.report.json_v1 import json_document

        document = {
            "schema_version": "1",
            "as_of": upstream.releases.as_of,
            "complete": upstream.whole,
            "changes": upstream.changes,
            "pages": upstream.verdicts,
            "stored": stored,
            "mirror": mirror,
        }
        emit(json_document(document), output)
        return
    emit("\n".join(_lines(upstream, stored, mirror)), output)


def _lines(upstream: Upstream, stored: str | None, mirror: str | None) -> list[str]:
    shown = [v for v in upstream.verdicts if v.expected or v.read]
    lines = [f"{'read' if v.read else 'FAILED'}  {v.url}: {v.said}" for v in shown]
    lines += ["", *(upstream.changes or ("Nothing new.",))]
    if not upstream.whole:
        lines.append(f"Not every page was read: the knowledge stays of {upstream.releases.as_of}.")
    lines.append(f"stored: {stored}" if stored else "nothing was stored")
    if stored and mirror is not None:
        lines.append(f"It counts only in plans with --mirror {mirror}.")
    return lines


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
    from envsetup.report.json_v1 import json_document

    document = {
        "schema_version": "1",
        "as_of": knowledge.as_of,
        "age_days": _age_days(knowledge),
        "sha256": knowledge.sha256,
        "rows": rows(knowledge, release),
    }
    return json_document(document)


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
