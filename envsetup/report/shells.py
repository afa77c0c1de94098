"""A fix's settings in the words of the shell that people use on the examined system."""

from __future__ import annotations

import re

from msgspec.structs import replace

from envsetup.model import Fix, Machine, Report, value_of

EXPORT = re.compile(r"`export ([A-Z_0-9]+=[^`]+)`")
UNSET = re.compile(r"`unset ([A-Z_0-9 ]+)`")
NEXT_SETTING = re.compile(r" (?=[A-Z_0-9]+=)")


def for_machine(fixes: tuple[Fix, ...], machine: Machine) -> tuple[Fix, ...]:
    """Rules write their fixes for sh; on Windows `export` and `unset` become PowerShell's."""
    if value_of(machine.os) != "windows":
        return fixes
    return tuple(replace(f, text=UNSET.sub(_removed, EXPORT.sub(_set, f.text))) for f in fixes)


def in_its_shell(report: Report) -> Report:
    """The report with its fixes in the words of the shell of the machine that it is about."""
    if value_of(report.machine.os) != "windows":
        return report
    shown = (replace(f, fixes=for_machine(f.fixes, report.machine)) for f in report.findings)
    return replace(report, findings=tuple(shown))


def _set(export: re.Match[str]) -> str:
    settings = (one.partition("=") for one in NEXT_SETTING.split(export[1]))
    return "`" + "; ".join(f'$env:{name} = "{value}"' for name, _, value in settings) + "`"


def _removed(unset: re.Match[str]) -> str:
    return "`Remove-Item " + ", ".join(f"Env:{name}" for name in unset[1].split()) + "`"
