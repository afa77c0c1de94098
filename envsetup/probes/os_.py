"""The operating system: name, release, kernel, architecture, C library, WSL."""

from __future__ import annotations

import re
from collections.abc import Callable

from envsetup.host import Host
from envsetup.host.questions import LIBC, SYSTEM_VERSION, UNAME, Uname
from envsetup.model import Absent, Fact, Known, Libc, Wsl, value_of
from envsetup.probes.readers import Facts, api_source, file_source, line

SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
ARCHS = {"amd64": "x86_64", "x64": "x86_64"}
BIONIC_LOADER = "/system/bin/linker64"
"""Android's, under which Termux runs."""
MUSL_LOADERS = ("x86_64", "aarch64", "riscv64", "armhf", "i386", "ppc64le", "s390x")


def probe(host: Host) -> Facts:
    uname = host.ask(UNAME)
    told = value_of(uname)
    return {
        "os": Known(value=host.os_name, source=api_source("uname")),
        "os_version": _version(host),
        "kernel": _part(uname, lambda told: told.release),
        "arch": _part(uname, lambda told: _arch(host, told)),
        "libc": _libc(host),
        "macos_version": _macos(host),
        "wsl": _wsl(host, told.release if told else ""),
        "tegra": _tegra(host),
        "secure_boot": _secure_boot(host),
    }


def _part(uname: Fact[Uname], part: Callable[[Uname], str]) -> Fact[str]:
    if not isinstance(uname, Known):
        return uname
    return Known(value=part(uname.value), source=uname.source)


def _arch(host: Host, uname: Uname) -> str:
    arch = uname.machine.lower()
    if host.os_name == "windows" and arch == "aarch64":
        arch = "arm64"
    return ARCHS.get(arch, arch)


def _version(host: Host) -> Fact[str]:
    if host.os_name != "linux":
        told = host.ask(SYSTEM_VERSION)
        if not isinstance(told, Known):
            return told
        name = "macOS" if host.os_name == "macos" else "Windows"
        return Known(value=f"{name} {told.value}", source=told.source)
    fact = host.read("/etc/os-release")
    if not isinstance(fact, Known):
        return fact
    pretty = re.search(r'^PRETTY_NAME="?([^"\n]+)', fact.value, re.MULTILINE)
    return Known(value=pretty.group(1) if pretty else "Linux", source=fact.source)


def _macos(host: Host) -> Fact[str]:
    if host.os_name != "macos":
        return Absent()
    return host.ask(SYSTEM_VERSION)


def _libc(host: Host) -> Fact[Libc]:
    """glibc tells by confstr; musl is known by its loader, which tells its version when run."""
    if host.os_name != "linux":
        return Absent()
    told = value_of(host.ask(LIBC)) or ""
    if told.startswith("glibc "):
        libc = Libc(family="glibc", version=told.split()[1])
        return Known(value=libc, source=api_source("confstr(CS_GNU_LIBC_VERSION)"))
    for arch in MUSL_LOADERS:
        loader = f"/lib/ld-musl-{arch}.so.1"
        if isinstance(host.realpath(loader), Known):
            done = host.run((loader,), 3)
            found = re.search(r"Version (\S+)", done.stderr + done.stdout)
            version = found.group(1) if found else "0"
            return Known(value=Libc(family="musl", version=version), source=file_source(loader))
    if isinstance(host.realpath(BIONIC_LOADER), Known):
        return Known(value=Libc(family="bionic", version="0"), source=file_source(BIONIC_LOADER))
    return Absent(tried=(api_source("confstr(CS_GNU_LIBC_VERSION)"), file_source("/lib/ld-musl-*")))


def _wsl(host: Host, kernel: str) -> Fact[Wsl]:
    """WSL 2 runs Microsoft's kernel; WSL 1 answers with a kernel of its own making (4.4.0-…-Microsoft)."""
    if host.os_name != "linux" or "microsoft" not in kernel.lower():
        return Absent(tried=(api_source("uname"),))
    first = kernel.startswith("4.4.") and "Microsoft" in kernel
    return Known(value=Wsl(version=1 if first else 2, kernel=kernel), source=api_source("uname"))


def _secure_boot(host: Host) -> Fact[bool]:
    """The fifth byte of the firmware's variable, behind four of attributes; no such file where it boots otherwise."""
    fact = host.read(SECURE_BOOT, 16)
    if not isinstance(fact, Known):
        return fact
    return Known(value=fact.value[4:5] == "\x01", source=fact.source)


def _tegra(host: Host) -> Fact[str]:
    path = "/etc/nv_tegra_release"
    text = line(host, path)
    if text is None:
        return Absent(tried=(file_source(path),))
    found = re.search(r"\bR(\d{1,4}).{0,80}?REVISION:\s*([\d.]+)", text)
    release = f"R{found.group(1)}.{found.group(2)}" if found else text[:60]
    return Known(value=release, source=file_source(path))
