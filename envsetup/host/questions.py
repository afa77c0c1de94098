"""What can be asked of the running system: each question names the type of its answer.

`envsetup.host.system_calls` answers them in JSON, which is also what a recording keeps.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct, field

from envsetup.host.json_input import decode
from envsetup.model import Fact, GpuHealth, Known, Record, Unreadable, Whereto

T = TypeVar("T")


class Answer(Record, forbid_unknown_fields=False):
    """Base of answers; fields that are not known are passed over, so that old recordings stay readable."""


class Uname(Answer):
    system: str
    release: str
    machine: str


class Cores(Answer):
    logical: int | None = None
    physical: int | None = None
    affinity: int | None = None
    """Cores that this process may run on."""


class MemorySizes(Answer):
    """In bytes."""

    total: int | None = None
    available: int | None = None
    swap_total: int | None = None


class CpuInfo(Answer):
    model: str | None = None
    flags: tuple[str, ...] = ()


class Places(Answer):
    home: str | None = None
    tmp: str | None = None


class NvmlGpu(Answer):
    """As NVML numbers and names things; sizes in bytes."""

    index: int
    name: str | None = None
    uuid: str | None = None
    compute_capability: str | None = None
    pci_address: str | None = None
    pci_id: str | None = None
    memory_total_bytes: int | None = None
    memory_used_bytes: int | None = None
    compute_mode: int | None = None
    driver_model: int | None = None
    mig: bool | None = None
    mig_instances: int | None = None
    compute_processes: int | None = None
    utilization_percent: int | None = None
    virtual: bool | None = None
    health: GpuHealth | None = None
    error: str | None = None


class Nvml(Answer):
    """What NVML answered; `absent` or `error` says why it didn't."""

    driver: str | None = None
    cuda: str | None = None
    gpus: tuple[NvmlGpu, ...] = ()
    absent: str | None = None
    error: str | None = None
    code: int | None = None
    """NVML's own number of the error."""
    hung: bool = False

    @property
    def answered(self) -> bool:
        return self.error is None and self.absent is None


class Libcuda(Answer):
    version: str | None = None
    absent: str | None = None
    error: str | None = None


class NvmlAnswer(Answer):
    nvml: Nvml = field(default_factory=lambda: Nvml(absent="nothing was answered"))
    libcuda: Libcuda = field(default_factory=Libcuda)


class KernelLog(Answer):
    """Lines about GPUs, or why there are none to read."""

    lines: tuple[str, ...] = ()
    error: str | None = None


class Whereabouts(Answer):
    """Where a name leads, and whether its first address is one of IPv6."""

    whereto: Whereto
    ipv6: bool = False


class WindowsSettings(Answer):
    long_paths: bool | None = None
    tdr_delay_s: int | None = None
    """How long a display may not answer; None where nothing is set."""
    vc_runtime: str | None = None
    """Version of the Visual C++ runtime, such as 14.44.35211."""
    commit_available_bytes: int | None = None


class DiskSpace(Answer):
    """In bytes."""

    total: int | None = None
    free: int | None = None
    writable: bool | None = None


class ExtensionSymbols(Answer):
    missing: tuple[str, ...] = ()
    """Symbols of torch that the library asks for and torch doesn't have."""
    architectures: tuple[str, ...] = ()
    """sm_86, compute_90 …"""


class Question(Struct, Generic[T], frozen=True):
    """A question by its name, and the type that its answer is decoded to."""

    name: str
    kind: type[T]

    def about(self, what: str) -> Question[T]:
        """The same question about a path or a port."""
        return Question(f"{self.name}:{what}", self.kind)

    def decode(self, fact: Fact[str]) -> Fact[T]:
        """The answer from its JSON; Unreadable, with the reason, where it has another shape."""
        if not isinstance(fact, Known):
            return fact
        try:
            value = decode(fact.value.encode(), self.kind)
        except ValueError as error:  # of another shape, or no text at all
            reason = f"the answer to {self.name.partition(':')[0]} can't be read: {error}"
            return Unreadable(error=reason, source=fact.source)
        return Known(value=value, source=fact.source)


UNAME = Question("uname", Uname)
LIBC = Question("libc", str)
SYSTEM_VERSION = Question("system-version", str)
CORES = Question("cores", Cores)
MEMORY = Question("memory", MemorySizes)
CPU_INFO = Question("cpuinfo", CpuInfo)
LIMITS = Question("limits", dict[str, int])
"""By the names that `system_calls.limits` gives them; -1 is unlimited."""
NUMA_POLICY = Question("numa-policy", str)
PLACES = Question("places", Places)
NVML = Question("nvml", NvmlAnswer)
KERNEL_LOG = Question("kernel-log", KernelLog)
INTERACTIVE = Question("interactive", bool)
OWN_NAME_LEADS_TO = Question("own-name-leads-to", Whereabouts)
MASTER_LEADS_TO = Question("master-leads-to", Whereabouts)
WINDOWS = Question("windows", WindowsSettings)
DISPLAYS = Question("displays", tuple[str, ...])

DISK = Question("disk", DiskSpace)
"""About a path, as the following."""
OPENABLE = Question("openable", bool)
EXECUTABLE = Question("executable", bool)
SIZE = Question("size", int)
ARCH_LIST = Question("arch-list", tuple[str, ...])
EXTENSION = Question("extension", ExtensionSymbols)
"""About `LIBRARY:FOLDER OF TORCH`."""
PORT_TAKEN = Question("port-taken", bool)
"""About a port."""
