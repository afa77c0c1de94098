"""Runs envsetup in a process made to look like one on another system, as far as that is possible here.

`python another_system.py win32 doctor --level quick`: names that the system's Python lacks are taken away, modules
that it lacks can't be imported, and `sys.platform` says its name. The modules of others are imported before, since
they would ask for the system's own. Paths stay those of this machine.
"""

from __future__ import annotations

import asyncio  # noqa: F401
import concurrent.futures  # noqa: F401
import ctypes
import getpass  # noqa: F401
import http.client  # noqa: F401
import logging  # noqa: F401
import os
import platform
import runpy
import signal
import socket
import subprocess
import sys
import tempfile  # noqa: F401
import time
import types
import urllib.request  # noqa: F401
import venv  # noqa: F401
from typing import Any, NamedTuple

import click.testing  # noqa: F401
import cpuinfo  # noqa: F401
import jinja2  # noqa: F401
import packaging.version  # noqa: F401
import platformdirs  # noqa: F401
import psutil  # noqa: F401
import rich.console
import rich.live
import rich.progress
import rich.table  # noqa: F401

ONLY_LINUX = {
    os: ("sched_getaffinity", "sched_setaffinity", "memfd_create", "pidfd_open", "posix_fadvise", "O_PATH", "splice",
         "eventfd", "listxattr", "getxattr", "setxattr"),
    time: ("CLOCK_BOOTTIME",),
}  # fmt: skip
ONLY_POSIX = {
    os: ("geteuid", "getuid", "getegid", "getgid", "getgroups", "statvfs", "uname", "setsid", "getpgid", "setpgid",
         "killpg", "fork", "forkpty", "confstr", "sysconf", "getloadavg", "chown", "lchown", "fchown", "mkfifo",
         "getsid", "nice", "pread", "pwrite", "wait", "wait3", "wait4", "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC",
         "O_NONBLOCK", "O_NOCTTY", "ctermid", "register_at_fork", "getpriority"),
    signal: ("SIGKILL", "SIGHUP", "SIGPIPE", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGTSTP",
             "SIGBUS", "SIGXCPU", "SIGCONT", "SIGSTOP", "alarm", "setitimer", "pause", "sigwait", "pthread_sigmask"),
    socket: ("AF_UNIX", "socketpair"),
    time: ("tzset", "clock_gettime", "CLOCK_MONOTONIC"),
}  # fmt: skip
MODULES = (
    "resource",
    "fcntl",
    "pwd",
    "grp",
    "termios",
    "tty",
    "pty",
    "curses",
    "syslog",
    "readline",
)
NAMES = {"win32": ("Windows", "11", "AMD64"), "darwin": ("Darwin", "25.0.0", "arm64")}


class Uname(NamedTuple):
    system: str
    release: str
    machine: str


def take_away(names: dict[types.ModuleType, tuple[str, ...]]) -> None:
    for module, attributes in names.items():
        for name in attributes:
            if hasattr(module, name):
                delattr(module, name)


def become(system: str) -> None:
    take_away(ONLY_LINUX)
    if system == "win32":
        take_away(ONLY_POSIX)
        sys.modules.update(dict.fromkeys(MODULES))  # type: ignore[arg-type] # None forbids the import
    sys.modules["_scproxy"] = types.SimpleNamespace(_get_proxies=dict, _get_proxy_settings=dict)  # type: ignore[assignment]
    own: dict[str, Any] = {
        "uname": lambda: Uname(*NAMES[system]),
        "version": lambda: "10.0.26100",
        "machine": lambda: NAMES[system][2],
        "system": lambda: NAMES[system][0],
        "mac_ver": lambda: ("26.1", ("", "", ""), "arm64"),
    }
    for name, answer in own.items():
        setattr(platform, name, answer)
    subprocess.Popen = Popen  # type: ignore[misc]
    subprocess.CREATE_NEW_PROCESS_GROUP = 0x200  # type: ignore[attr-defined, unused-ignore]
    ctypes.WinDLL = no_library  # type: ignore[attr-defined, unused-ignore]
    registry = {
        "KEY_READ": 1,
        "KEY_WOW64_64KEY": 256,
        "HKEY_LOCAL_MACHINE": 0,
        "OpenKey": no_library,
    }
    sys.modules["winreg"] = types.SimpleNamespace(**registry)  # type: ignore[assignment]
    sys.platform = system


def no_library(*asked: object) -> None:
    raise FileNotFoundError(f"{asked} is none of this machine's")


class Popen(subprocess.Popen):  # type: ignore[type-arg]
    """Takes what that system's takes, and only that."""

    def __init__(self, *args: Any, creationflags: int = 0, **options: Any) -> None:
        refused = {"start_new_session", "preexec_fn", "pass_fds", "process_group"} & set(options)
        if refused if sys.platform == "win32" else creationflags:
            raise ValueError("this system's processes don't take that")
        super().__init__(*args, **options)


if __name__ == "__main__":
    become(sys.argv.pop(1))
    sys.argv[0] = "envsetup"
    runpy.run_module("envsetup", run_name="__main__")
