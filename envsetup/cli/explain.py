"""`envsetup explain`: the page of a finding, or what an error message means."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from envsetup.cli.exits import Exit, Failure
from envsetup.cli.options import format_option, output_option
from envsetup.cli.output import emit

if TYPE_CHECKING:
    from envsetup.model import Fix, Machine
    from envsetup.rules import Rule
    from envsetup.rules.triage import Match

_LARGEST_BYTES = 64 * 1024 * 1024


@click.command("explain")
@click.argument("subject", metavar="[CODE|SLUG]", required=False)
@click.option("--error", metavar="TEXT", help="What does this error message mean?")
@click.option("--error-file", metavar="FILE", help="The same for a file or log; - reads stdin.")
@click.option(
    "--from", "machine_file", metavar="FILE", help="Facts (saved JSON or pasted text) to weigh."
)
@click.option("--exit-code", is_flag=True, help="Exit 1 where something was recognised.")
@format_option(("text", "json"))
@output_option
def command(
    subject: str | None,
    error: str | None,
    error_file: str | None,
    machine_file: str | None,
    exit_code: bool,
    format: str,
    output: str | None,
) -> int:
    """The page of a finding, offline; or which findings an error message means, best first.

    \b
    Examples:
      envsetup explain DR103
      envsetup explain --error "Numpy is not available"
      python train.py 2>&1 | envsetup explain --error-file -
    """
    if [subject, error, error_file].count(None) != 2:
        raise click.UsageError("Give one of: a CODE or slug, --error TEXT, --error-file FILE.")
    if subject is not None:
        emit(_page(subject, format), output)
        return int(Exit.OK)
    if error_file == "-" and machine_file == "-":
        raise click.UsageError("Only one of --error-file and --from can be standard input.")
    text = error if error is not None else _read(error_file or "-")
    matches = _matches(text, machine_file)
    emit(_as_json(matches) if format == "json" else _as_text(matches), output)
    return int(Exit.FINDINGS if exit_code and matches else Exit.OK)


def _read(path: str) -> str:
    """A file's last 64 MB as text, whatever its bytes."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(_LARGEST_BYTES).decode("utf-8", "replace")
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, 2) - _LARGEST_BYTES))
            data = file.read(_LARGEST_BYTES)
    except OSError as error:
        raise Failure(
            f"can't read {path}: {error.strerror or error}. Give a file that is there, or - for"
            " standard input.",
            Exit.USAGE,
        ) from error
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return data.decode(encoding, "replace")


def _matches(text: str, machine_file: str | None) -> tuple[Match, ...]:
    from envsetup.rules.triage import match_error

    if machine_file is None:
        return match_error(text)
    from envsetup import knowledge

    return match_error(text, _machine(machine_file), knowledge.load())


def _machine(path: str) -> Machine:
    """Facts from a saved report or machine, or from pasted text."""
    from envsetup.cli.saved_machine import read_machine

    try:
        return read_machine(path)
    except Failure as error:
        said = error.message.replace("--machine", "--from", 1)
        raise Failure(said, Exit(error.exit_code)) from error


# -- pages ---------------------------------------------------------------------------------------


def _page(subject: str, format: str) -> str:
    import json

    from envsetup.rules import find_rule, renamed, sections

    one = find_rule(subject)
    if one is None:
        raise click.UsageError(f"No finding is called {_shown(subject)}.{_nearest(subject)}")
    old = subject.strip() if renamed(subject) else None
    if format == "json":
        about = {"code": one.code, "slug": one.slug, "title": one.title, "severity": one.severity}
        about |= {"state": one.state} | ({"renamed_from": old} if old else {})
        return json.dumps({**about, "sections": sections(one.page)}, indent=2, ensure_ascii=False)
    if old:
        click.echo(f"{old} is called {one.code} now.", err=True)
    return _page_text(one)


def _page_text(one: Rule) -> str:
    from envsetup.rules import sections

    state = ", preview" if one.state == "preview" else ""
    heading = f"{one.code} {one.slug} ({one.severity}{state})\n{one.title}\n"
    return heading + "".join(f"\n{h}\n{_indented(b)}\n" for h, b in sections(one.page).items())


def _indented(body: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in body.splitlines())


def _nearest(subject: str) -> str:
    from difflib import get_close_matches

    from envsetup.rules import all_rules

    names = {n.lower(): r for r in all_rules() for n in (r.code, r.slug)}
    near = get_close_matches(subject.strip().lower()[:80], list(names), n=3, cutoff=0.5)
    said = dict.fromkeys(f"{names[n].code} ({names[n].slug})" for n in near)
    return f" Did you mean {', '.join(said)}?" if said else " `envsetup explain --help` says more."


def _shown(text: str) -> str:
    """Foreign text on one line, without control characters, cut."""
    return repr("".join(c if c.isprintable() else "?" for c in text)[:80])


# -- matches -------------------------------------------------------------------------------------


def _as_json(matches: tuple[Match, ...]) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode({"matches": matches}), indent=2).decode()


def _as_text(matches: tuple[Match, ...]) -> str:
    if not matches:
        return (
            "Nothing in this text is recognised. Give the whole traceback or log, or examine the"
            " environment itself with `envsetup doctor`."
        )
    return "\n\n".join(_one_match(m) for m in matches[:5])


def _one_match(match: Match) -> str:
    said = "".join(c if c.isprintable() else "?" for c in match.matched)
    lines = [f"{match.code} {match.title} ({match.confidence} confidence)", f"  because: {said}"]
    lines += [f"  to be sure: {match.ask}"] if match.ask else []
    lines += [f"  fix: {_fix(one)}" for one in match.fixes]
    return "\n".join([*lines, f"  more: envsetup explain {match.code}"])


def _fix(one: Fix) -> str:
    """A step, with what it takes where that is more than the user's own rights."""
    import shlex

    how = f": {shlex.join(one.argv)}" if one.argv else ""
    return f"{one.text}{how}" + (f" [{one.safety}]" if one.safety != "safe" else "")
