"""The report for a person: what stands at a glance, what is wrong with its first fix, what to do next."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from envsetup.model import (
    UNASKED,
    Absent,
    Fact,
    Finding,
    Gpu,
    Known,
    Machine,
    Outcome,
    Report,
    Settings,
    Unreadable,
    value_of,
)
from envsetup.report.escaping import command_line
from envsetup.report.format_measurement import measured
from envsetup.report.group_by_cause import by_weight, followers
from envsetup.report.left_out import left_out_lines
from envsetup.report.next_step import next_step
from envsetup.report.summary import grouped, machine_words, summary
from envsetup.report.which_target import passed_over, why_taken

State = Literal["fine", "partial", "missing", "failing", "crashed"]
MARKS: dict[State, tuple[str, str]] = {
    "fine": ("✓", "ok"),
    "partial": ("!", "!!"),
    "missing": ("–", "--"),
    "failing": ("✗", "XX"),
    "crashed": ("☠", "**"),
}
"""Mark where the terminal has Unicode, and where it has not."""
COLORS: dict[str, str] = {
    "fine": "32", "partial": "33", "missing": "2", "failing": "31", "crashed": "35",
    "error": "31", "warning": "33", "note": "36", "bold": "1",
}  # fmt: skip
SHOWN_UNDECIDED = 5


class Pen(NamedTuple):
    width: int
    color: bool
    unicode: bool
    program: str = "envsetup"
    """What starts envsetup where this is read."""

    def own(self, command: str) -> str:
        """A command of envsetup as it is started there."""
        own = command.startswith("envsetup ")
        return self.program + command.removeprefix("envsetup") if own else command

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{COLORS[style]}m{text}\x1b[0m" if self.color else text

    def mark(self, state: State) -> str:
        return self.paint(MARKS[state][0 if self.unicode else 1], state)

    def wrap(self, text: str, indent: int) -> list[str]:
        pad = " " * indent
        shown = text if self.unicode else text.encode("ascii", "replace").decode()
        return textwrap.wrap(
            shown,
            max(20, self.width),
            initial_indent=pad,
            subsequent_indent=pad,
            break_long_words=False,
            break_on_hyphens=False,
        )


class Line(NamedTuple):
    state: State
    area: str
    text: str


def render(
    report: Report,
    *,
    width: int = 80,
    color: bool = False,
    unicode: bool = True,
    verbose: bool = False,
    program: tuple[str, ...] = ("envsetup",),
    **_: object,
) -> str:
    pen = Pen(width, color, unicode, command_line(program, report.machine))
    lines = [*_glance(report, pen), ""]
    under = followers(report.findings)
    for finding in _ordered(report, verbose):
        explained = under.get(finding.code, ())
        lines += [*_finding(finding, report.machine, pen, verbose, explained), ""]
    lines += _failed(report, pen, verbose)
    if verbose:
        lines += _details(report, pen)
    left_out = [line for one in left_out_lines(report) for line in pen.wrap(one, 1)]
    lines += [*left_out, ""] if left_out else []
    lines += _closing(report, pen, verbose)
    return "\n".join(lines).rstrip() + "\n"


# -- at a glance ---------------------------------------------------------------------------------


def _glance(report: Report, pen: Pen) -> Iterator[str]:
    areas = [*_areas(report), *_devices(report)]
    widest = max(len(a.area) for a in areas)
    for one in areas:
        mark = pen.mark(one.state)
        indent = widest + 6 + (not pen.unicode)
        body = pen.wrap(one.text, indent) or [""]
        yield f" {mark}  {one.area:<{widest}}  {body[0].strip()}"
        yield from body[1:]


def _areas(report: Report) -> Iterator[Line]:
    machine, told = report.machine, summary(report.machine)
    yield Line(_state(machine.os), "machine", machine_words(machine))
    yield Line(*_gpu_line(machine))
    yield _python_line(report)
    yield from (Line("missing", "", one) for one in passed_over(report.target))
    yield _torch_line(report, told["torch"], told["torch_backend"])


def _python_line(report: Report) -> Line:
    python = value_of(report.machine.python)
    if python is None:
        told = not _untold(report.machine.python)
        return Line(
            "failing" if told else "partial", "python", "could not be asked" if told else "not told"
        )
    where = python.prefix or python.executable
    # A pasted text tells the version alone.
    placed = python.prefix or "/" in where or "\\" in where
    shown = f"Python {python.version}" + (f" in {where}" if placed else "")
    return Line("fine", "python", ", ".join(filter(None, (shown, why_taken(report.target)))))


def _untold(fact: Fact[Any]) -> bool:
    """Whether nobody looked, or the text that was pasted doesn't say: no sign of anything wrong."""
    return fact == UNASKED or (isinstance(fact, Unreadable) and fact.source.kind == "text")


def _state(fact: object) -> State:
    return "fine" if isinstance(fact, Known) else "partial"


def _gpu_line(machine: Machine) -> Line:
    gpus = value_of(machine.gpus)
    if gpus:
        names = grouped(map(_gpu_words, gpus))
        state, driver = _driver_words(machine)
        if _unused(machine, {g.vendor for g in gpus}):
            return Line("failing", "gpu", f"{names}{driver}; torch can't use it")
        return Line(state, "gpu", names + driver)
    if not isinstance(machine.gpus, Unreadable):
        return Line("missing", "gpu", "none: the CPU is the only device")
    source = machine.gpus.source
    asked = f"{source.ref} " if source.kind == "program" else ""
    return Line("partial", "gpu", f"could not look: {asked}{machine.gpus.error}")


def _driver_words(machine: Machine) -> tuple[State, str]:
    """The NVIDIA driver behind the GPUs: missing is wrong, unknown is not."""
    driver = value_of(machine.nvidia_driver)
    version = driver.version if driver else machine.nvidia_driver
    if isinstance(version, Known):
        return "fine", f", driver {value_of(driver.version) if driver else None}"
    if not any(g.vendor == "nvidia" for g in value_of(machine.gpus) or ()):
        return "fine", ""
    if isinstance(version, Absent):
        return "failing", ", no driver"
    words = "not told" if _untold(version) else "could not be read"
    return "partial", f", driver {words}"


def _gpu_words(gpu: Gpu) -> str:
    kind = gpu.compute_capability or gpu.gfx or gpu.pci_id
    return (gpu.name or gpu.vendor) + (f" ({kind})" if kind else "")


def _unused(machine: Machine, vendors: set[str]) -> bool:
    """Whether torch is built for one of the vendors' GPUs and says that none is available."""
    runtime = value_of(machine.torch_runtime)
    if runtime is None or runtime.cuda_available is not False:
        return False
    return bool((runtime.cuda and "nvidia" in vendors) or (runtime.hip and "amd" in vendors))


def _torch_line(report: Report, version: str | None, backend: str | None) -> Line:
    machine = report.machine
    if version is None:
        if isinstance(machine.torch, Absent):
            return Line("failing", "torch", "not installed")
        return Line("partial", "torch", f"not known: {getattr(machine.torch, 'error', '')}")
    runtime = machine.torch_runtime
    built = f"torch {version} ({backend or 'unknown build'})"
    if isinstance(runtime, Known):
        cost = f", imports in {runtime.value.import_s:.1f} s" if runtime.value.import_s else ""
        return Line("fine", "torch", built + cost)
    if report.level == "quick" or not report.checks:
        broken = any(f.code.startswith("PY") and f.severity == "error" for f in report.findings)
        return Line("failing" if broken else "partial", "torch", f"{built}, not imported")
    return Line("crashed", "torch", f"{built}, could not be imported")


def _devices(report: Report) -> Iterator[Line]:
    for device in dict.fromkeys(o.device for o in report.checks):
        mine = [o for o in report.checks if o.device == device]
        count = {s: sum(o.status == s for o in mine) for s in dict.fromkeys(o.status for o in mine)}
        words = ", ".join(f"{n} {s}" for s, n in count.items())
        yield Line(_worst(mine), device, f"checks: {words}")


def _worst(outcomes: list[Outcome]) -> State:
    statuses = {o.status for o in outcomes}
    if "crashed" in statuses:
        return "crashed"
    if statuses & {"failed", "timed-out", "not-started"}:
        return "failing"
    if "flaky" in statuses:
        return "partial"
    return "fine" if "passed" in statuses else "missing"


# -- what is wrong ---------------------------------------------------------------------------------


def _ordered(report: Report, verbose: bool) -> list[Finding]:
    return by_weight(f for f in report.findings if verbose or f.suppressed_by is None)


def _finding(
    finding: Finding, machine: Machine, pen: Pen, verbose: bool, explained: tuple[str, ...]
) -> Iterator[str]:
    head = f"{finding.severity} {finding.code} {finding.slug}"
    if finding.suppressed_by:
        head += f" (explained by {finding.suppressed_by})"
    yield f" {pen.paint(head, finding.severity)}"
    yield from pen.wrap(finding.message, 3)
    if verbose:
        for one in finding.evidence:
            where = f" ({one.source.ref})" if one.source else ""
            yield from pen.wrap(f"seen: {one.fact} = {one.value}{where}", 3)
    for fix in finding.fixes if verbose else finding.fixes[:1]:
        danger = "" if fix.safety == "safe" else f" [{fix.safety}]"
        yield from pen.wrap(f"fix: {fix.text}{danger}", 3)
        if fix.argv:
            yield f"      {command_line(fix.argv, machine)}"
    if explained and not finding.suppressed_by:
        told = ", ".join(explained) if verbose else f"{len(explained)} more, shown by -v"
        yield from pen.wrap(f"explains: {told}", 3)
    more = len(finding.fixes) - 1
    if more > 0 and not verbose:
        yield from pen.wrap(f"{more} more: {pen.own(f'envsetup explain {finding.code}')}", 3)


def _failed(report: Report, pen: Pen, verbose: bool) -> Iterator[str]:
    """What did not pass, checks of one device that ended alike told once."""
    bad = [o for o in report.checks if o.status not in ("passed", "skipped")]
    for alike in dict.fromkeys((o.status, o.device, o.message, o.confirmed) for o in bad):
        status, device, message, confirmed = alike
        mine = [o for o in bad if (o.status, o.device, o.message, o.confirmed) == alike]
        names = f"check {mine[0].id}" if len(mine) == 1 else f"{len(mine)} checks"
        again = ", twice" if confirmed else ""
        style = "warning" if status == "flaky" else "error"
        yield f" {pen.paint(f'{status}{again}: {names} on {device}', style)}"
        yield from pen.wrap(message, 3)
        if verbose and mine[0].log_tail:
            yield from (f"   | {row}" for row in mine[0].log_tail.splitlines()[-20:])
        yield ""


def _details(report: Report, pen: Pen) -> Iterator[str]:
    for part in (_measured(report, pen), _undecided(report, pen), _meta(report, pen)):
        lines = list(part)
        yield from [*lines, ""] if lines else ()


def _measured(report: Report, pen: Pen) -> Iterator[str]:
    for one in report.checks:
        yield f" {one.device:<8} {one.id:<20} {one.status:<10} {one.duration_s:7.2f} s"
        for name, m in one.measurements.items():
            yield from pen.wrap(f"{name}: {measured(m)}", 10)


def _undecided(report: Report, pen: Pen) -> Iterator[str]:
    """The rules that lacked facts, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for rule in report.undecided:
        by_reason.setdefault(rule.reason, []).append(rule.code)
    if by_reason:
        yield f" {len(report.undecided)} rules could not decide:"
    for reason, codes in by_reason.items():
        yield from pen.wrap(f"{reason}: {', '.join(codes)}", 3)


def _meta(report: Report, pen: Pen) -> Iterator[str]:
    if report.timings_s:
        told = ", ".join(f"{k} {v:.2f} s" for k, v in report.timings_s.items())
        yield from pen.wrap(f"time: {told}", 1)
    if report.settings is not None:
        yield from pen.wrap(f"settings: {_settings(report.settings)}", 1)


def _settings(settings: Settings) -> str:
    """The file with what in it took effect, as its keys are written."""
    import msgspec

    told = {k: v for k, v in msgspec.to_builtins(settings).items() if v is not None}
    file = told.pop("file")
    words = [f"{k.replace('_', '-')} = {_setting(v)}" for k, v in told.items()]
    return f"{file} ({'; '.join(words) or 'nothing in it took effect'})"


def _setting(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- what to do ------------------------------------------------------------------------------------


def _closing(report: Report, pen: Pen, verbose: bool) -> Iterator[str]:
    verdict = {"ok": "fine", "warnings": "partial", "failed": "failing", "unknown": "missing"}
    state: State = verdict[report.verdict]  # type: ignore[assignment]
    words, command = next_step(report, verbose)
    head, command = f"{_verdict_words(report)} {words}".strip(), pen.own(command)
    if len(head) + len(command) + 2 <= pen.width:
        lines = pen.wrap(f"{head} {command}", 1)
    else:  # a command that is broken can't be copied
        lines = [*pen.wrap(head, 1), f"   {command}"]
    yield pen.paint(lines[0], state)
    yield from lines[1:]


def _verdict_words(report: Report) -> str:
    passed = sum(o.status == "passed" for o in report.checks)
    match report.verdict:
        case "ok":
            checks = "1 check" if passed == 1 else f"{passed} checks"
            return f"Proven: {checks} passed." if report.proven else "Nothing wrong found."
        case "warnings":
            return "It works, with warnings."
        case "failed":
            return "Not usable as it is."
        case _:
            missing = isinstance(report.machine.torch, Absent)
            return "There is no torch." if missing else "Not known."
