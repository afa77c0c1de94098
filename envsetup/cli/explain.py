"""`envsetup explain`: the page of a finding, or what an error message means."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from envsetup.cli.exits import Exit, Failure
from envsetup.cli.options import (
    format_option,
    no_lookups,
    offline_option,
    output_option,
    python_option,
)
from envsetup.cli.output import emit, say

if TYPE_CHECKING:
    from envsetup.errors.rank import Match
    from envsetup.knowledge import Knowledge
    from envsetup.model import Evidence, Fix, Machine
    from envsetup.rules import Rule

_LARGEST_BYTES = 64 * 1024 * 1024
_LOOK_LIMIT_S = 20.0
"""How long this machine's facts may take; a driver that hangs costs 15 s at most."""


@click.command("explain")
@click.argument("subject", metavar="[CODE|SLUG]", required=False)
@click.option(
    "--error", metavar="TEXT", help="What does this error message mean? - reads standard input."
)
@click.option("--error-file", metavar="FILE", help="The same for a file or log; - reads stdin.")
@click.option(
    "--from", "machine_file", metavar="FILE", help="Facts (saved JSON or pasted text) to weigh."
)
@click.option("--text-only", is_flag=True, help="Go by the text alone; don't look at this machine.")
@python_option
@offline_option
@click.option("--exit-code", is_flag=True, help="Exit 1 where something was recognised.")
@format_option(("text", "json"))
@output_option
def command(
    subject: str | None,
    error: str | None,
    error_file: str | None,
    machine_file: str | None,
    text_only: bool,
    python: str | None,
    offline: bool,
    exit_code: bool,
    format: str,
    output: str | None,
) -> int:
    """The page of a finding, offline; or which findings an error message means, best first.

    Facts decide between candidates: those of --from, which the text is taken to come from, else
    those of this machine, which can speak for a candidate and never against what the text says.

    \b
    Examples:
      envsetup explain DR103
      envsetup explain --error "Numpy is not available"
      python train.py 2>&1 | envsetup explain --error-file -
    """
    if [subject, error, error_file].count(None) != 2:
        raise click.UsageError("Give one of: a CODE or slug, --error TEXT, --error-file FILE.")
    if "-" in (subject, error):
        subject, error, error_file = None, None, "-"
    if machine_file is not None and (text_only or python is not None):
        raise click.UsageError("--from brings its own facts: leave out --text-only and --python.")
    if subject is not None:
        emit(_page(subject, format), output, prose=format == "text", hang=0)
        return int(Exit.OK)
    if error_file == "-" and machine_file == "-":
        raise click.UsageError("Only one of --error-file and --from can be standard input.")
    text = error if error is not None else _read(error_file or "-")
    matches = _matches(text, machine_file, python, text_only, offline)
    shown = _as_json(matches) if format == "json" else _as_text(matches, text)
    emit(shown, output, prose=format == "text")
    return int(Exit.FINDINGS if exit_code and matches else Exit.OK)


def _read(path: str) -> str:
    """A file's last 64 MB as text, whatever its bytes."""
    from envsetup.cli.inputs import blocks_of

    try:
        data, marked = _last(blocks_of(path))
    except OSError as error:
        raise Failure(
            f"can't read {path}: {error.strerror or error}. Give a file that is there, or - for"
            " standard input.",
            Exit.USAGE,
        ) from error
    return data.decode(marked or "utf-8", "replace")


def _last(blocks: Iterable[bytes]) -> tuple[bytes, str | None]:
    """The end of what comes, and the encoding that its first bytes name (PowerShell writes UTF-16)."""
    marked: str | None = None
    kept, found = 0, deque([b""])
    for block in blocks:
        if not kept:
            marked = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(block[:2])
        found.append(block)
        kept += len(block)
        while kept - len(found[0]) >= _LARGEST_BYTES:
            kept -= len(found.popleft())
    data = b"".join(found)
    return (data[len(data) % 2 :] if marked else data), marked


def _matches(
    text: str, machine_file: str | None, python: str | None, text_only: bool, offline: bool
) -> tuple[Match, ...]:
    from msgspec.structs import replace

    from envsetup.doctor.error_text import weighed
    from envsetup.errors.match import nominated
    from envsetup.errors.rank import ranked
    from envsetup.report.shells import for_machine

    text = text.encode("utf-8", "replace").decode()  # no halves of characters, as argv can hold
    hits = nominated(text, _knowledge())
    if machine_file is not None:
        machine: Machine | None = _machine(machine_file)
    else:
        named = any("launch" in hit.rule.needs for hit in hits)
        why_not = no_lookups(offline) or ("" if named else "no rule that the text names needs one")
        machine = _here(python, why_not) if hits and not text_only else None
    if machine is None:
        return ranked(hits)
    matches = weighed(hits, machine, _knowledge(), surely=machine_file is not None)
    shown = (_without_names(m, machine) for m in matches)
    return tuple(replace(m, fixes=_bound(for_machine(m.fixes, machine), machine)) for m in shown)


def _bound(fixes: tuple[Fix, ...], machine: Machine) -> tuple[Fix, ...]:
    """The fixes with commands of the interpreter that the facts are of, as they are run from here."""
    from envsetup.cli.target import where_here
    from envsetup.doctor.about_target import told_path
    from envsetup.plan.bind import bound_fixes, bound_to
    from envsetup.report.paths import for_a_shell

    python = told_path(machine)
    if python is None:
        return fixes
    return bound_fixes(fixes, bound_to(for_a_shell(python, where_here()), machine))


def _without_names(match: Match, machine: Machine) -> Match:
    """The match as it may be shown to strangers: its facts without homes, names and credentials."""
    from msgspec.structs import replace

    from envsetup.cli.private import own
    from envsetup.report.redact import clean_record, cleaner, less_told

    clean, told = cleaner(machine, **own()), less_told(machine)
    facts = tuple(clean_record(_less_of(f, machine, told), clean) for f in match.facts)
    return replace(match, reason=clean(match.reason), facts=facts)


def _less_of(fact: Evidence, machine: Machine, told: Machine) -> Evidence:
    """A fact that was told whole, as a report tells it: other packages as a count, variables as what they are."""
    from msgspec.structs import replace

    from envsetup.model import Known
    from envsetup.rules.decision import in_words

    raw, less = getattr(machine, fact.fact, None), getattr(told, fact.fact, None)
    if isinstance(raw, Known) and isinstance(less, Known) and fact.value == in_words(raw.value):
        return replace(fact, value=in_words(less.value))
    return fact


def _knowledge() -> Knowledge:
    from envsetup.cli.doctor import knowledge

    return knowledge()


def _here(python: str | None, no_lookups: str) -> Machine | None:
    """Facts of this machine, read quickly; None, with a word on standard error, where they aren't."""
    from envsetup.cli.target import target_here
    from envsetup.doctor import BackgroundWork, ask_if_any
    from envsetup.host import LocalHost
    from envsetup.probes.snapshot import take_snapshot
    from envsetup.target import TargetError

    try:
        target = target_here(python)

        def look() -> Machine:
            return take_snapshot(LocalHost(no_lookups=no_lookups), ask_if_any(target.path))

        found = BackgroundWork(look, None).result(_LOOK_LIMIT_S)
    except TargetError as error:
        if python is not None:
            raise Failure(str(error), Exit.TARGET_UNUSABLE) from error
        say(f"Going by the text alone: {error}")
        return None
    return found


def _machine(path: str) -> Machine:
    """Facts from a saved report or machine, or from pasted text."""
    from envsetup.cli.saved_machine import read_machine

    return read_machine(path, "--from")


# -- pages ---------------------------------------------------------------------------------------


def _page(subject: str, format: str) -> str:
    import json

    from envsetup.rules.page import sections
    from envsetup.rules.registry import find_rule, renamed

    one = find_rule(subject)
    if one is None:
        raise click.UsageError(f"No finding is called {_shown(subject)}.{_nearest(subject)}")
    old = subject.strip() if renamed(subject) else None
    if format == "json":
        about = {"code": one.code, "slug": one.slug, "title": one.title, "severity": one.severity}
        about |= {"state": one.state} | ({"renamed_from": old} if old else {})
        return json.dumps({**about, "sections": sections(one.page)}, indent=2, ensure_ascii=False)
    if old:
        say(f"{old} is called {one.code} now.")
    return _page_text(one)


def _page_text(one: Rule) -> str:
    from envsetup.rules.page import sections

    state = ", preview" if one.state == "preview" else ""
    heading = f"{one.code} {one.slug} ({one.severity}{state})\n{one.title}\n"
    return heading + "".join(f"\n{h}\n{_indented(b)}\n" for h, b in sections(one.page).items())


def _indented(body: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in body.splitlines())


def _nearest(subject: str) -> str:
    from difflib import get_close_matches

    from envsetup.rules.registry import all_rules

    if re.fullmatch(r"[A-Za-z]{2}\d{3}", subject.strip()):
        codes = sorted(r.code for r in all_rules() if r.code[:2] == subject.strip()[:2].upper())
        return f" Its family has {codes[0]} to {codes[-1]}." if codes else " No family begins so."
    names = {n.lower(): r for r in all_rules() for n in (r.code, r.slug)}
    near = get_close_matches(subject.strip().lower()[:80], list(names), n=3, cutoff=0.5)
    said = dict.fromkeys(f"{names[n].code} ({names[n].slug})" for n in near)
    if said:
        return f" Did you mean {', '.join(said)}?"
    return " The words of an error message go to `envsetup explain --error`."


def _shown(text: str) -> str:
    """Foreign text on one line, without control characters, cut."""
    return repr("".join(c if c.isprintable() else "?" for c in text)[:80])


# -- matches -------------------------------------------------------------------------------------


def _as_json(matches: tuple[Match, ...]) -> str:
    from envsetup.report.json_v1 import json_document

    return json_document({"matches": matches})


def _as_text(matches: tuple[Match, ...], text: str) -> str:
    if not matches:
        lines = len(text.splitlines())
        read = f"{lines} lines" if lines > 1 else "one line" if text.strip() else "nothing"
        return (
            f"Nothing in this text is recognised ({read} read). Give the whole traceback or log, or"
            " examine the environment itself with `envsetup doctor`."
        )
    from envsetup.report.escaping import through

    return "\n\n".join(map(_one_match, through(matches[:5], "text")))


def _one_match(match: Match) -> str:
    lines = [f"{match.code} {match.title} ({match.confidence} confidence)"]
    lines += [f"  because: {match.matched}"]
    if match.decided:
        lines.append(f"  {match.decided}: {_why(match)}")
    lines += [f"  to be sure: {match.ask}"] if match.ask else []
    lines += [f"  fix: {_fix(one)}" for one in match.fixes]
    return "\n".join([*lines, f"  more: envsetup explain {match.code}"])


def _why(match: Match) -> str:
    """The reason, with the facts and where each was read."""
    told = [
        f"{f.fact} = {f.value}" + (f" ({f.source.ref})" if f.source else "") for f in match.facts
    ]
    return match.reason + (f" [{'; '.join(told)}]" if told else "")


def _fix(one: Fix) -> str:
    """A step, with what it takes where that is more than the user's own rights."""
    from envsetup.cli.output import own_line

    how = f": {own_line(one.argv)}" if one.argv else ""
    return f"{one.text}{how}" + (f" [{one.safety}]" if one.safety != "safe" else "")
