"""A machine from options: every fact that a flag gives, and what was assumed for the rest."""

from __future__ import annotations

import re
from typing import Literal, cast

import click
from msgspec.structs import replace

from envsetup.cli.gpu_option import gpu_of
from envsetup.model import (
    Absent,
    Container,
    Fact,
    Known,
    Libc,
    Machine,
    NvidiaDriver,
    OsName,
    Python,
    Record,
    Source,
    Wsl,
    value_of,
)
from envsetup.plan.situation import normal_arch


class Flags(Record):
    """The what-if options as given; None and empty where nothing was said."""

    os: OsName | None = None
    arch: str | None = None
    python_version: str | None = None
    libc: str | None = None
    macos_version: str | None = None
    driver: str | None = None
    driver_cuda: str | None = None
    cuda_toolkit: str | None = None
    gpus: tuple[str, ...] = ()
    wsl: bool = False
    container: bool = False

    @property
    def any(self) -> bool:
        return self != Flags()


def wrong(option: str, value: str, accepted: str) -> click.UsageError:
    return click.UsageError(f"{option} {value!r}: not understood; give {accepted}")


def _flag(option: str) -> Source:
    return Source(kind="flag", ref=option)


def described(flags: Flags, base: Machine) -> Machine:
    """The machine of the flags, over `base`: facts that no flag names stay."""
    if flags.os is not None:
        base = _blank(flags.os)
    changes: dict[str, object] = {}
    if flags.arch is not None:
        arch = normal_arch(base.os.value if isinstance(base.os, Known) else "linux", flags.arch)
        changes["arch"] = Known(value=arch, source=_flag("--arch"))
    if flags.libc is not None:
        changes["libc"] = Known(value=_libc(flags.libc), source=_flag("--libc"))
    if flags.macos_version is not None:
        if not re.fullmatch(r"\d{2}(\.\d+){0,2}", flags.macos_version):
            raise wrong("--macos-version", flags.macos_version, "a version such as 15.2")
        changes["macos_version"] = Known(value=flags.macos_version, source=_flag("--macos-version"))
    if flags.gpus:
        found = tuple(g for i, text in enumerate(flags.gpus) if (g := gpu_of(text, i)) is not None)
        changes["gpus"] = Known(value=found, source=_flag("--gpu"))
    if flags.cuda_toolkit is not None:
        changes["cuda_toolkit"] = _toolkit(flags.cuda_toolkit)
    if flags.wsl:
        changes["wsl"] = Known(value=Wsl(version=2), source=_flag("--wsl"))
    if flags.container:
        changes["container"] = Known(
            value=Container(runtime="unknown"), source=_flag("--container")
        )
    machine = replace(base, **changes)
    machine = replace(machine, python=_python(flags, machine))
    return replace(machine, nvidia_driver=_driver(flags, machine))


def _blank(os: OsName) -> Machine:
    """A machine of which only the system is known; what else the plan needs it assumes, and says so."""
    return Machine(
        os=Known(value=os, source=_flag("--os")),
        wsl=Absent(),
        container=Absent(),
        torch=Absent(),
        packages=Known(value=(), source=_flag("assumed")),
    )


def _python(flags: Flags, machine: Machine) -> Fact[Python]:
    text = flags.python_version
    if text is None:
        return machine.python
    if not re.fullmatch(r"\d\.\d{1,2}(\.\d{1,2})?t?", text):
        raise wrong("--python-version", text, "a version such as 3.12 or 3.14t")
    version, free = text.removesuffix("t"), text.endswith("t")
    return Known(
        value=Python(executable="python", version=version, free_threaded=free),
        source=_flag("--python-version"),
    )


def _libc(text: str) -> Libc:
    found = re.fullmatch(r"(glibc|musl)-?(\d+\.\d+(?:\.\d+)?)|(bionic)-?([\d.]*)", text)
    if found is None:
        raise wrong("--libc", text, "glibc2.35, musl1.2 or bionic")
    family = cast("Literal['glibc', 'musl', 'bionic']", found[1] or found[3])
    return Libc(family=family, version=found[2] or found[4] or "0")


def _toolkit(text: str) -> Fact[str]:
    if text == "none":
        return Absent(tried=(_flag("--cuda-toolkit"),))
    if not re.fullmatch(r"\d{1,2}\.\d{1,2}", text):
        raise wrong("--cuda-toolkit", text, "a CUDA version such as 12.8, or none")
    return Known(value=text, source=_flag("--cuda-toolkit"))


def _driver(flags: Flags, machine: Machine) -> Fact[NvidiaDriver]:
    if flags.driver_cuda is not None and not re.fullmatch(r"\d{1,2}\.\d{1,2}", flags.driver_cuda):
        raise wrong("--driver-cuda", flags.driver_cuda, "a CUDA version such as 13.0")
    if flags.driver == "none":
        return Absent(tried=(_flag("--driver"),))
    if flags.driver is not None and not re.fullmatch(r"\d{2,4}(\.\d{1,4}){0,3}", flags.driver):
        raise wrong("--driver", flags.driver, "a version such as 580.95.05, or none")
    if flags.driver is None and flags.driver_cuda is None:
        return machine.nvidia_driver
    before = value_of(machine.nvidia_driver) or NvidiaDriver(version=Machine().os_version)
    if flags.driver is not None:
        before = NvidiaDriver(version=Known(value=flags.driver, source=_flag("--driver")))
    if flags.driver_cuda is not None:
        cuda = Known(value=flags.driver_cuda, source=_flag("--driver-cuda"))
        before = replace(before, cuda_version=cuda)
    return Known(value=before, source=_flag("--driver"))
