"""A plan for a person: the command first, then why this one, what was passed over, what would help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from envsetup.knowledge import version_key
from envsetup.model import Fix, Plan, Rejected
from envsetup.plan.quoting import shell_line
from envsetup.sanitize import one_line, one_word

PASSED_OVER_SHOWN = 8
"""More groups than these only with -v: the newest candidates are what a reader asks about."""
PLAIN = ("other-vendor", "no-gpu-for-build", "cpu-build-beside-gpu", "not-the-backend")
"""What a reader takes for granted: builds of another kind than the machine asks for. Only with -v."""
HEADS = {
    "install": "Run this:",
    "keep": "Nothing to install: what is there is right.",
    "refuse": "No build of PyTorch on offer does what was asked on this machine.",
}


def plan_text(
    plan: Plan, *, os: str = "linux", verbose: bool = False, style: Callable[[str], str] = str
) -> str:
    """All that the plan knows, in sections; `style` sets the headings off."""
    parts = [style(HEADS[plan.action])]
    parts += [f"  {_line(c.argv, c.env, os)}" for c in plan.commands]
    why = "Why this one" if plan.action != "refuse" else "Why"
    parts += _section(style(why), (r.text for r in plan.because))
    parts += _section(style("Take care"), (r.text for r in plan.warnings))
    helping = "What would help, best first" if plan.action == "refuse" else "What would give more"
    parts += (
        ["", style(helping), *(line for f in plan.fixes for line in _fix(f, os))]
        if plan.fixes
        else []
    )
    parts += _section(style("Another way"), (a.text for a in plan.alternatives))
    parts += _section(style("Passed over"), _passed_over(plan, verbose))
    parts += _section(style("Assumed, since nothing else was said"), plan.assumed)
    if plan.knowledge is not None:
        parts += ["", f"What is known of PyTorch's builds is of {one_line(plan.knowledge.as_of)}."]
    return "\n".join(parts) + "\n"


def command_lines(plan: Plan, os: str) -> list[str]:
    """The lines of the text that are there to be copied."""
    fixes = (_line(f.argv, {}, os) for f in plan.fixes if f.argv)
    return [*(_line(c.argv, c.env, os) for c in plan.commands), *fixes]


def _line(argv: Sequence[str], env: Mapping[str, str], os: str) -> str:
    """A command that stays on its line."""
    settings = {one_word(name): one_word(value) for name, value in env.items()}
    return shell_line([one_word(word) for word in argv], settings, os)


def _section(head: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {one_line(line)}" for line in lines]
    return ["", head, *found] if found else []


def _fix(fix: Fix, os: str) -> Iterator[str]:
    mark = {"root": " (as administrator)", "reboot": " (needs a restart)", "deletes": " (deletes)"}
    yield f"  {one_line(fix.text)}{mark.get(fix.safety, '')}"
    if fix.argv:
        yield f"      {_line(fix.argv, {}, os)}"


def _passed_over(plan: Plan, verbose: bool) -> list[str]:
    """Candidates of one reason share a line; unless asked, only those newer than the choice."""
    chosen = version_key(plan.torch_version or "0")
    groups: dict[str, list[str]] = {}
    for one in plan.rejected:
        told = one.code not in PLAIN and version_key(one.version) >= chosen
        if verbose or told:
            groups.setdefault(one.text, []).append(_name(one))
    lines = [f"{_few(names)}: {text}" for text, names in groups.items()]
    if verbose or len(lines) <= PASSED_OVER_SHOWN:
        return lines
    return [*lines[:PASSED_OVER_SHOWN], f"and {len(lines) - PASSED_OVER_SHOWN} more reasons: -v"]


def _name(one: Rejected) -> str:
    return f"{one.version}+{one.build}" if one.build else one.version


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
