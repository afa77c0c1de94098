"""Installed files that are damaged: an installer takes what is recorded for what is there."""

from __future__ import annotations

from msgspec.structs import replace

from envsetup.model import Command, Machine, Plan, Reason, TorchInstall, value_of

RENEWING = {"pip": ("--force-reinstall", "--no-deps"), "uv": ("--reinstall", "--no-deps")}


def over_damage(plan: Plan, machine: Machine) -> Plan:
    """The plan with a first command that renews a damaged torch of the very version that is planned.

    Another version replaces all files in any case. conda has a cache of its own to blame or to use,
    so its commands stay.
    """
    torch = value_of(machine.torch)
    pin = next((p for p in plan.requirements if p.startswith("torch==")), "")
    if torch is None or not torch.broken_files or not _recorded_as(torch, pin):
        return plan
    options = RENEWING.get(plan.installer)
    if plan.action != "install" or options is None:
        return plan
    first = plan.commands[0]
    others = set(plan.requirements) - {pin}
    renew = Command(argv=(*(w for w in first.argv if w not in others), *options), env=first.env)
    reason = Reason(
        code="damaged-files",
        text=f"installed files are damaged ({torch.broken_files[0]}): torch is installed anew",
    )
    more = plan.commands if others else ()
    return replace(plan, commands=(renew, *more), because=(reason, *plan.because))


def _recorded_as(torch: TorchInstall, pin: str) -> bool:
    """Whether pip holds the pin for satisfied: a pin without a label is met by any label."""
    recorded, wanted = torch.metadata_version or torch.version, pin.partition("==")[2]
    return wanted in (recorded, recorded.split("+")[0])
