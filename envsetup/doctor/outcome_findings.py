"""What checks that passed saw all the same: their own warnings, and a device slower than its equals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from envsetup.doctor.collector import device_name
from envsetup.model import Evidence, Finding, Machine, Outcome, Source, value_of
from envsetup.rules import Draft, Rule
from envsetup.rules.engine import complete

WARNING = "warning"
"""The measurement in which a check tells what deserves a look."""
COMPARED = ("product", "copy")
"""Rates that `throughput` measures, more is better."""
SLOWER = 0.9
"""Part of the best rate of equal devices below which one is named."""


def outcome_findings(
    outcomes: Sequence[Outcome], machine: Machine, rules: Iterable[Rule]
) -> Iterator[Finding]:
    """Findings of the rules that outcomes decide, as far as these were chosen."""
    chosen = {rule.code: rule for rule in rules}
    if (rule := chosen.get("CK101")) is not None:
        yield from (complete(rule, _warned(o, rule)) for o in outcomes if WARNING in o.measurements)
    if (rule := chosen.get("CK102")) is not None:
        yield from (complete(rule, draft) for draft in _slower(outcomes, machine, rule))


def _warned(outcome: Outcome, rule: Rule) -> Draft:
    told = str(outcome.measurements[WARNING].value)
    return Draft(
        message=f"{outcome.id} on {outcome.device}: {told}",
        subject=outcome.device,
        evidence=(_measured(outcome, told),),
        fixes=rule.fixes,
    )


def _slower(outcomes: Sequence[Outcome], machine: Machine, rule: Rule) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    names = {device_name(d): d.name for d in (runtime.devices if runtime is not None else ())}
    equals: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        name = names.get(outcome.device)
        if outcome.id == "throughput" and outcome.status == "passed" and name:
            equals[name].append(outcome)
    for name, ones in equals.items():
        for rate in COMPARED:
            yield from _behind(name, rate, ones, rule)


def _behind(name: str, rate: str, equals: Sequence[Outcome], rule: Rule) -> Iterator[Draft]:
    values = {o.device: v for o in equals if (v := _rate(o, rate)) is not None}
    if len(values) < 2:
        return
    best = max(values.values())
    for outcome in equals:
        value = values.get(outcome.device)
        if value is not None and value < SLOWER * best:
            unit = outcome.measurements[rate].unit.partition(",")[0]
            told = (
                f"{rate} {value:.4g} {unit}, the best of {len(values)} {name} does {best:.4g} "
                f"({1 - value / best:.0%} less)"
            )
            yield Draft(
                message=f"{outcome.device} is slower than its equals: {told}.",
                subject=outcome.device,
                evidence=(_measured(outcome, told),),
                fixes=rule.fixes,
            )


def _rate(outcome: Outcome, name: str) -> float | None:
    found = outcome.measurements.get(name)
    return float(found.value) if found and isinstance(found.value, (int, float)) else None


def _measured(outcome: Outcome, told: str) -> Evidence:
    source = Source(kind="target", ref=f"check {outcome.id} on {outcome.device}")
    return Evidence(fact="checks", value=told[:300], source=source)
