"""Ends the programs of envsetup with envsetup on Windows, by a job object; not proven, no Windows was at hand."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from subprocess import Popen

from envsetup.host.watchdog import Start

KILL_ON_JOB_CLOSE = 0x2000
EXTENDED_LIMIT_INFORMATION = 9


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION (winnt.h)."""

    _fields_ = [
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
        ("input_output", ctypes.c_uint64 * 6),
        ("memory", ctypes.c_size_t * 4),
    ]


class Job:
    """The job object of Windows in the watchdog's place. Each program of a program is in its job too."""

    def __init__(self) -> None:
        self._kernel: ctypes.CDLL | None = None
        self._job: ctypes.c_void_p | None = None

    def start(self, _: Start) -> None:
        if sys.platform == "win32" and self._job is None:
            with contextlib.suppress(OSError):
                self._make(ctypes.WinDLL("kernel32"))

    def _make(self, kernel: ctypes.CDLL) -> None:
        kernel.CreateJobObjectW.restype = ctypes.c_void_p
        job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
        limits = _Limits(flags=KILL_ON_JOB_CLOSE)
        size = ctypes.c_uint32(ctypes.sizeof(limits))
        kind = ctypes.c_int(EXTENDED_LIMIT_INFORMATION)
        if kernel.SetInformationJobObject(job, kind, ctypes.byref(limits), size):
            self._kernel, self._job = kernel, job

    def add(self, process: Popen[bytes]) -> None:
        if self._kernel is not None:
            handle = ctypes.c_void_p(int(process._handle))  # type: ignore[attr-defined] # on Windows alone
            self._kernel.AssignProcessToJobObject(self._job, handle)

    def remove(self, pid: int) -> None:
        """What ended has left the job by itself."""

    def close(self, patience_s: float) -> None:
        """The handle is closed when this process ends, and the job with it."""
