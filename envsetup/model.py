"""The frozen values that every part of envsetup speaks in.

Nothing here reads the world or imports more than msgspec. Units stand in the names (``_bytes``, ``_s``);
versions are text, compared only after `packaging.version` has read them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, Union

from msgspec import Struct, field
from msgspec.structs import force_setattr

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_):
        """Says to type checkers alone that every subclass is frozen and takes named fields only."""
        return lambda cls: cls


T = TypeVar("T", covariant=True)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all records: frozen, named fields only, unknown fields refused when decoded."""


# -- facts ---------------------------------------------------------------------------------------

SourceKind = Literal[
    "file", "env", "nvml", "program", "api", "package", "flag", "text", "knowledge", "target"
]


class Source(Record):
    """Where a value was read.

    `ref` is a path, an argv in one line, a function, an option or a line of pasted text, so that a
    reader can repeat the look.
    """

    kind: SourceKind
    ref: str


class Known(Record, Generic[T], tag="known", tag_field="state"):
    """A value that was read, and where."""

    value: T
    source: Source


class Absent(Record, tag="absent", tag_field="state"):
    """Looked for in every source named, and it is not there."""

    tried: tuple[Source, ...] = ()


class Unreadable(Record, tag="unreadable", tag_field="state"):
    """Could not look: refused, hung, garbled, or the given text doesn't tell. Never the same as absent."""

    error: str
    source: Source
    detail: str = ""
    """The longer story (a traceback's tail, a log line), at most 4,000 characters."""


Fact = Union[Known[T], Absent, Unreadable]


def value_of(fact: Fact[T]) -> T | None:
    """The value of a known fact, else None; only where absent and unreadable lead to the same act."""
    return fact.value if isinstance(fact, Known) else None


UNASKED = Unreadable(error="not looked at", source=Source(kind="api", ref="envsetup"))
"""The state of every fact that nobody has asked for yet."""


# -- the machine ---------------------------------------------------------------------------------
# In the records below, None in a field means "this source doesn't tell"; outcomes of a look that a
# decision hangs on are facts.

OsName = Literal["linux", "windows", "macos"]
Vendor = Literal["nvidia", "amd", "intel", "apple"]


class Libc(Record):
    family: Literal["glibc", "musl", "bionic"]
    version: str


class Cpu(Record):
    """`usable_cores` is what affinity and cgroup quota leave (a quota may be a fraction of a core)."""

    model: str | None = None
    logical_cores: int | None = None
    physical_cores: int | None = None
    affinity_cores: int | None = None
    quota_cores: float | None = None
    usable_cores: float | None = None
    sockets: int | None = None
    frequency_driver: str | None = None
    frequency_governor: str | None = None
    """As Linux' cpufreq names them for the first core: acpi-cpufreq, intel_pstate …; powersave, performance …"""
    numa_nodes: int | None = None
    isa: tuple[str, ...] = ()
    """Instruction sets that matter to PyTorch, of: avx, avx2, fma, avx512f, avx512_bf16, avx512_vnni,
    amx_tile, amx_bf16, neon, sve, bf16. Empty only where flags could not be read."""


class Memory(Record):
    total_bytes: int | None = None
    available_bytes: int | None = None
    swap_total_bytes: int | None = None
    cgroup_limit_bytes: int | None = None


class Filesystem(Record):
    """A place that matters: the environment, the temporary folder, caches, /dev/shm."""

    role: str
    """One of: environment, tmp, compile-cache, model-cache, shm, home."""
    path: str
    kind: str | None = None
    free_bytes: int | None = None
    total_bytes: int | None = None
    options: tuple[str, ...] = ()
    """Mount options that can hurt, such as noexec and ro."""
    writable: bool | None = None


class Container(Record):
    runtime: str
    """docker, podman, lxc, kubernetes, apptainer, or `unknown`."""
    numa_refused: bool | None = None
    """Whether get_mempolicy(2) is forbidden here (EPERM), as a seccomp profile does."""


class Wsl(Record):
    version: Literal[1, 2]
    kernel: str | None = None


class GpuHealth(Record):
    """What NVML or nvidia-smi tell of a device's state."""

    ecc_uncorrected_volatile: int | None = None
    remap_pending: bool | None = None
    remap_failed: bool | None = None
    throttle_reasons: tuple[str, ...] = ()
    temperature_celsius: int | None = None
    power_limit_w: float | None = None
    power_default_w: float | None = None
    pcie_gen: int | None = None
    pcie_gen_max: int | None = None
    pcie_width: int | None = None
    pcie_width_max: int | None = None
    persistence: bool | None = None
    error: str | None = None
    """What the driver says in place of values: `ERR!`, `GPU is lost`, `Unknown Error`."""


class Gpu(Record):
    """One GPU, in the order of its PCI address where that is known."""

    vendor: Vendor
    index: int
    source: Source
    name: str | None = None
    uuid: str | None = None
    compute_capability: str | None = None
    """NVIDIA: `major.minor`."""
    gfx: str | None = None
    """AMD: the ISA name, such as gfx1100."""
    pci_address: str | None = None
    pci_id: str | None = None
    """`vendor:device`, four hexadecimal digits each, lower case."""
    memory_total_bytes: int | None = None
    memory_used_bytes: int | None = None
    integrated: bool | None = None
    mig: bool | None = None
    mig_instances: int | None = None
    compute_processes: int | None = None
    """How many processes compute on it, as the driver tells."""
    utilization_percent: int | None = None
    """Share of the last moment in which it computed."""
    virtual: bool | None = None
    """A slice that a hypervisor hands out (vGPU)."""
    compute_mode: str | None = None
    """As nvidia-smi prints it: Default, Exclusive_Process, Prohibited."""
    kernel_driver: str | None = None
    """The kernel module bound to the PCI device: nvidia, nouveau, vfio-pci, amdgpu, i915, xe."""
    iommu_domain: str | None = None
    """How the IOMMU treats the device, as Linux says: identity (passed through), DMA, DMA-FQ; None without one."""
    driver_model: Literal["WDDM", "TCC", "MCDM"] | None = None
    """Under Windows: as a display, or for computing alone."""
    compute_partition: str | None = None
    """AMD: SPX (one device), DPX, QPX, CPX."""
    health: GpuHealth | None = None


class NvidiaDriver(Record):
    """The NVIDIA driver, kernel side and user side apart since they can differ."""

    version: Fact[str]
    """Kernel module (under WSL2 and on Windows: the Windows driver)."""
    library_version: Fact[str] = UNASKED
    """The user-space libraries (NVML, libcuda)."""
    cuda_version: Fact[str] = UNASKED
    """`major.minor` of the newest CUDA that libcuda serves: not a toolkit's version."""
    flavour: Literal["open", "proprietary"] | None = None
    device_nodes: Fact[tuple[str, ...]] = UNASKED
    """/dev/nvidia* that are there."""
    modules: Fact[tuple[str, ...]] = UNASKED
    """Loaded kernel modules of the NVIDIA family and nouveau."""
    built_for: Fact[tuple[str, ...]] = UNASKED
    """Kernel releases with a module of NVIDIA's on this disk; looked for where none is loaded."""
    libraries: Fact[tuple[str, ...]] = UNASKED
    """Versions of libcuda that lie in one folder of the loader's, where there are several."""
    nvml: Fact[str] = UNASKED
    """Known("ok"), Absent (no library), or Unreadable with NVML's own words or `did not answer`."""
    nvidia_smi: Fact[str] = UNASKED
    """Known(path), Absent, or Unreadable: its own error line, `did not answer within N s`, `unreadable output`."""


class Python(Record):
    """The target interpreter: the environment under examination."""

    executable: str
    version: str
    implementation: str = "cpython"
    abi_tag: str | None = None
    """cp312, or cp314t on a free-threaded build."""
    free_threaded: bool = False
    platform_tag: str | None = None
    """As sysconfig.get_platform(), with - and . made _ ."""
    machine: str | None = None
    pointer_bits: int | None = None
    prefix: str | None = None
    base_prefix: str | None = None
    in_venv: bool | None = None
    conda_prefix: str | None = None
    externally_managed: bool | None = None
    user_site_enabled: bool | None = None
    user_site: str | None = None
    site_packages: tuple[str, ...] = ()
    sys_path: tuple[str, ...] = ()
    has_ssl: bool | None = None
    has_headers: bool | None = None
    """Whether Python.h is where this interpreter's compilers would look."""
    pip_version: str | None = None
    as_root: bool | None = None
    """Whether it runs as the user who may do everything."""
    open_folders: tuple[str, ...] = ()
    """Folders that it takes code from and that every user of this machine may write."""
    startup_noise: str | None = None
    """What the interpreter printed although asked for nothing (sitecustomize, .pth files), cut."""


class Package(Record):
    """One installed distribution, from its metadata files."""

    name: str
    """Normalised: lower case, runs of -_. as one dash."""
    version: str
    location: str | None = None
    """The folder that holds its metadata; None where a pasted text named it."""
    metadata: str | None = None
    """Name of the metadata folder."""
    installer: str | None = None
    requires: tuple[str, ...] = ()
    """Requires-Dist lines of the packages that rules look at; empty for others."""
    requires_python: str | None = None
    tags: tuple[str, ...] = ()
    """Tag lines of WHEEL, for the packages that rules look at."""
    broken_files: tuple[str, ...] = ()
    """Libraries of NVIDIA's packages that are missing or shorter than RECORD says, in words."""
    editable: bool = False
    url: str | None = None
    manager: Literal["pip", "conda"] = "pip"


class TorchInstall(Record):
    """torch as its files tell it, nothing imported."""

    version: str
    """As torch prints it: 2.15.0+cu132."""
    build: str | None = None
    """cpu, cu126, rocm7.2, xpu, mps; None where nothing tells."""
    cuda: str | None = None
    hip: str | None = None
    xpu: str | None = None
    git_version: str | None = None
    debug: bool | None = None
    location: str | None = None
    arch_list: Fact[tuple[str, ...]] = UNASKED
    """sm_75, compute_120, gfx1100 …: what the library holds kernels for."""
    metadata_version: str | None = None
    shm_manager: bool | None = None
    """Whether the helper for shared files, torch/bin/torch_shm_manager, may be executed; None where it isn't there."""
    hidden_by: str | None = None
    """A module of the same name that Python finds first: it is what `import torch` gives."""
    broken_files: tuple[str, ...] = ()
    """Files whose size or presence contradicts RECORD, each with both sizes in words."""
    official: bool | None = None
    """True where version, build and tags fit a published wheel of the knowledge."""


class RdmaPort(Record):
    """A port of an InfiniBand or RoCE adapter."""

    device: str
    """Its name in /sys/class/infiniband, such as mlx5_0."""
    port: int
    active: bool
    openable: bool | None = None
    """May this user open the device below /dev/infiniband; False where the node is missing."""


class Extension(Record):
    """A compiled library of another package that works on torch's tensors."""

    package: str
    path: str
    missing: tuple[str, ...] = ()
    """Symbols of torch's that it asks for and this torch doesn't have, as mangled; the first twenty."""
    architectures: tuple[str, ...] = ()
    """sm_86, compute_90 …: what it holds kernels for; empty for one without CUDA code."""


class TorchDevice(Record):
    kind: str
    """cpu, cuda, mps, xpu."""
    index: int
    name: str | None = None
    compute_capability: str | None = None
    gfx: str | None = None
    memory_total_bytes: int | None = None


Whereto = Literal["loopback", "own", "elsewhere", "nowhere"]
"""Where a host name leads: to this machine alone, to an address of it that others reach, to another, or nowhere."""


class Launch(Record):
    """How processes of one training would find each other; looked at where the environment speaks of several."""

    host_name: Whereto | None = None
    """Where this machine's own name leads."""
    master: Whereto | None = None
    """Where MASTER_ADDR leads."""
    not_looked_up: str | None = None
    """Why no name was looked up, such as --offline; None where names were."""
    master_is_ipv6: bool | None = None
    """Whether the first address that it leads to is one of IPv6."""
    has_ipv6: bool | None = None
    """Whether an interface of this machine has a global IPv6 address."""
    port_taken: bool | None = None
    """Whether something listens on MASTER_PORT of this machine already."""
    launcher: str | None = None
    """The program above this process that starts such processes: torchrun, srun, mpirun …"""
    interactive: bool | None = None


class LoadedLibrary(Record):
    name: str
    path: str
    version: str | None = None


class TorchRuntime(Record):
    """torch as it tells of itself once imported."""

    version: str | None = None
    cuda: str | None = None
    hip: str | None = None
    cuda_available: bool | None = None
    cuda_error: str | None = None
    """The message of cuInit or of torch's lazy initialisation, where CUDA is built in and not available."""
    mps_available: bool | None = None
    mps_built: bool | None = None
    xpu_available: bool | None = None
    devices: tuple[TorchDevice, ...] = ()
    arch_list: tuple[str, ...] | None = None
    libraries: dict[str, str] = field(default_factory=dict)
    """cudnn, nccl, mkl, openmp, openblas …: name to version as torch tells it."""
    loaded: tuple[LoadedLibrary, ...] = ()
    """CUDA, cuDNN, NCCL and OpenMP libraries in the process after import, and from where."""
    num_threads: int | None = None
    import_s: float | None = None
    warnings: tuple[str, ...] = ()


class Windows(Record):
    """What matters to torch under Windows alone."""

    long_paths: bool | None = None
    """Whether paths of 260 characters and more are allowed."""
    vc_runtime: str | None = None
    """Version of the Visual C++ runtime that is installed, such as 14.44.35211."""
    vc_missing: tuple[str, ...] = ()
    """DLLs of that runtime that lie neither in System32 nor beside the interpreter."""
    commit_available_bytes: int | None = None
    """What a process may still set aside: free memory and paging file."""
    tdr_delay_s: int | None = None
    """After how long a display's GPU is reset; None where it is Windows' own two seconds."""
    other_dlls: tuple[str, ...] = ()
    """DLLs of torch's that lie in System32 or beside the interpreter too, in another size."""
    embedded_python: bool | None = None
    """Whether the interpreter is the embeddable package, which lacks headers."""


Unfinished = Literal["installation", "setup"]


class Machine(Record):
    """Everything known of one machine and one target interpreter: every decision is a function of it."""

    os: Fact[OsName] = UNASKED
    os_version: Fact[str] = UNASKED
    """Distribution and release, macOS or Windows version, in the system's own words."""
    kernel: Fact[str] = UNASKED
    arch: Fact[str] = UNASKED
    """x86_64, aarch64 (arm64 on macOS; windows says x86_64 or arm64), or what uname says."""
    libc: Fact[Libc] = UNASKED
    macos_version: Fact[str] = UNASKED
    cpu: Fact[Cpu] = UNASKED
    memory: Fact[Memory] = UNASKED
    storage: Fact[tuple[Filesystem, ...]] = UNASKED
    limits: Fact[dict[str, int]] = UNASKED
    """Resource limits: nofile, nproc, memlock_bytes, address_space_bytes, pids, max_map_count; -1 is unlimited.

    overcommit_memory is the kernel's way of granting memory (2: never more than there is).
    """
    interfaces: Fact[tuple[str, ...]] = UNASKED
    """Names of the network's interfaces, lo among them; those that people gave as `given-1` in a report."""
    rdma_ports: Fact[tuple[RdmaPort, ...]] = UNASKED
    secure_boot: Fact[bool] = UNASKED
    """Whether the firmware lets signed kernel modules alone be loaded."""
    launch: Fact[Launch] = UNASKED
    index_settings: Fact[dict[str, str]] = UNASKED
    """What pip and uv are set to take packages from, as `pip index-url`: of each index PyTorch's by its URL, any
    other as `another`."""
    windows: Fact[Windows] = UNASKED
    container: Fact[Container] = UNASKED
    wsl: Fact[Wsl] = UNASKED
    gpus: Fact[tuple[Gpu, ...]] = UNASKED
    nvidia_driver: Fact[NvidiaDriver] = UNASKED
    rocm: Fact[str] = UNASKED
    """Version of the system's ROCm, where one is installed."""
    level_zero: Fact[str] = UNASKED
    """Path of Intel's Level Zero loader."""
    tegra: Fact[str] = UNASKED
    """Jetson's L4T release, such as R36.4."""
    cuda_toolkit: Fact[str] = UNASKED
    """Version that nvcc tells."""
    gcc_version: Fact[int] = UNASKED
    """Major version of the gcc on PATH, looked at where there is an nvcc."""
    gcc_newest_for_cuda: Fact[int] = UNASKED
    """The newest major version of gcc that the toolkit's own header lets pass."""
    triton_ptxas: Fact[dict[str, str]] = UNASKED
    """Triton's assemblers (ptxas, ptxas-blackwell) to the CUDA release that they are of; where a GPU of NVIDIA's is."""
    device_access: Fact[dict[str, bool]] = UNASKED
    """May this user open it: /dev/nvidia0, /dev/kfd, /dev/dri/renderD128 …"""
    programs: Fact[dict[str, str]] = UNASKED
    """Compilers and tools on PATH: name to path (gcc, g++, cl, nvcc, ninja, ffmpeg …)."""
    kernel_log: Fact[tuple[str, ...]] = UNASKED
    """Lines of the kernel log that speak of GPUs (NVRM, Xid, amdgpu), newest last."""
    environment: Fact[dict[str, str]] = UNASKED
    """Variables of the allow-list; a report tells them by what they mean."""
    python: Fact[Python] = UNASKED
    unfinished: Fact[Unfinished] = UNASKED
    """What envsetup began in this environment and has not ended: absent where there is nothing."""
    packages: Fact[tuple[Package, ...]] = UNASKED
    torch: Fact[TorchInstall] = UNASKED
    torch_runtime: Fact[TorchRuntime] = UNASKED
    extensions: Fact[tuple[Extension, ...]] = UNASKED


# -- findings ------------------------------------------------------------------------------------

Severity = Literal["error", "warning", "note"]
Confidence = Literal["high", "medium", "low"]
Safety = Literal["safe", "root", "reboot", "deletes"]


class Evidence(Record):
    """A fact that a finding rests on: its path in `Machine`, its value in words, and its source."""

    fact: str
    value: str
    source: Source | None = None


class Fix(Record):
    """One step that mends; `argv` where it is a command that can be pasted."""

    text: str
    argv: tuple[str, ...] | None = None
    safety: Safety = "safe"


class Finding(Record):
    code: str
    slug: str
    severity: Severity
    confidence: Confidence
    message: str
    """What is wrong and what was seen, in one or two sentences."""
    subject: str | None = None
    """The device, package, variable or path it is about: what tells two findings of one code apart."""
    evidence: tuple[Evidence, ...] = ()
    fixes: tuple[Fix, ...] = ()
    suppressed_by: str | None = None


class Undecided(Record):
    code: str
    reason: str
    missing_facts: tuple[str, ...] = ()


# -- target ----------------------------------------------------------------------------------------

ChosenBy = Literal[
    "option", "VIRTUAL_ENV", "project", "CONDA_PREFIX", ".venv", "own", "conda-base", "PATH"
]
"""Where an environment was found: --python, an activated one, [tool.envsetup] … PATH."""


class PassedOver(Record):
    """An environment, or its interpreter, that stood in a place and was not taken."""

    path: str
    place: ChosenBy
    reason: str


class Target(Record):
    """The environment under examination; `path` is None where none was found."""

    path: str | None = None
    """Its interpreter."""
    chosen_by: ChosenBy | None = None
    passed_over: tuple[PassedOver, ...] = ()
    shared: bool = False
    """Whether envsetup itself runs in it."""


# -- plan ----------------------------------------------------------------------------------------


class Command(Record):
    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


class Reason(Record):
    """`code` is kebab-case and stable; `source` is the address of the fact behind it."""

    code: str
    text: str
    source: str | None = None


class Rejected(Record):
    version: str
    build: str | None
    code: str
    text: str


class Alternative(Record):
    """Another way, for a split of GPUs or a build of the same worth."""

    text: str
    requirements: tuple[str, ...] = ()
    build: str | None = None
    gpus: tuple[int, ...] = ()
    commands: tuple[Command, ...] = ()


class KnowledgeStamp(Record):
    as_of: str
    sha256: str
    mirror: str | None = None
    """The mirror whose pages count in it too, where `knowledge refresh` has read them."""


class Change(Record):
    """A distribution that an installation adds or replaces."""

    name: str
    before: str | None
    """The installed version; None where there was none."""
    after: str


class Applied(Record):
    """What `install-plan --apply` or `--dry-run` came to."""

    status: Literal["would-install", "installed", "put-back", "left-half-done", "not-started"]
    changes: tuple[Change, ...] = ()
    download_bytes: int | None = None
    """The sum of the file sizes that were told, fetched over the network unless cached."""
    sizes_unknown: int = 0
    """How many of the files didn't tell their size."""
    restore: tuple[Command, ...] = ()
    """Commands that bring back what was installed before."""
    error: str | None = None


class Plan(Record):
    """The answer of `install-plan`; `action` is `refuse` where nothing on offer does what was asked."""

    action: Literal["install", "keep", "refuse"]
    requirements: tuple[str, ...] = ()
    torch_version: str | None = None
    build: str | None = None
    """Index name (cpu, cu126, rocm7.2, xpu); None on macOS and in a refusal."""
    python: str | None = None
    """The Python that it is for, as `3.12`."""
    installer: str = "pip"
    index_url: str | None = None
    commands: tuple[Command, ...] = ()
    because: tuple[Reason, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    warnings: tuple[Reason, ...] = ()
    fixes: tuple[Fix, ...] = ()
    assumed: tuple[str, ...] = ()
    knowledge: KnowledgeStamp | None = None
    applied: Applied | None = None
    target: Target | None = None
    """The environment on this machine that it is for; None where the machine was described."""


# -- checks and report ---------------------------------------------------------------------------

Status = Literal["passed", "failed", "flaky", "skipped", "crashed", "timed-out", "not-started"]
Level = Literal["quick", "standard", "deep"]


class Check(Record):
    """What a check's file says of itself, read without importing it."""

    id: str
    summary: str
    devices: Literal["any", "cpu", "accelerator"]
    level: Level
    timeout_s: float
    requires: tuple[str, ...] = ()
    page: str = ""


def _can_be_told(number: float) -> bool:
    """Whether JSON holds it and its readers take it.

    It has no NaN and no infinity (RFC 8259, section 6); most readers stop at integers of 64 bits.
    """
    return abs(number) < 2**63 if isinstance(number, int) else math.isfinite(number)


def _in_words(number: float) -> str:
    return hex(number) if isinstance(number, int) else f"{number:.4g}"


class Measurement(Record):
    """A number that a check took; `limit` is what it had to stay under (or reach, as `unit` says).

    A number that JSON can't hold becomes text.
    """

    value: float | int | str | bool | None | tuple[float, ...]
    limit: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        value = self.value
        if isinstance(value, (int, float)) and not _can_be_told(value):
            force_setattr(self, "value", _in_words(value))
        elif isinstance(value, tuple) and not all(map(_can_be_told, value)):
            force_setattr(self, "value", ", ".join(map(_in_words, value)))
        if self.limit is not None and not _can_be_told(self.limit):
            force_setattr(self, "limit", None)


class Outcome(Record):
    id: str
    device: str
    status: Status
    confirmed: bool = False
    """A failure that came again alone in a fresh process."""
    duration_s: float = 0.0
    message: str = ""
    measurements: dict[str, Measurement] = field(default_factory=dict)
    log_tail: str = ""
    explained_by: str | None = None
    """Code of the finding that tells why it didn't pass."""

    def __post_init__(self) -> None:
        if not _can_be_told(self.duration_s):
            force_setattr(self, "duration_s", 0.0)


Verdict = Literal["ok", "warnings", "failed", "unknown"]


class Settings(Record):
    """What `[tool.envsetup]` of a project says; None where it doesn't, or where an option beat it."""

    file: str
    """As seen from the folder where the run began."""
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    fail_on: Literal["error", "warning", "note", "never"] | None = None
    require: tuple[str, ...] | None = None
    preview: bool | None = None
    python: str | None = None
    """As written, from the folder of the file."""
    level: Level | None = None


class LeftOut(Record):
    """A wish that findings or checks be left out (`ignore`), or that no others be looked for (`select`)."""

    how: Literal["ignore", "select"]
    words: tuple[str, ...]
    by: str
    """The option, or the file with its key."""


class Report(Record):
    """All that a `doctor` run found; every format is made from this alone."""

    tool_version: str
    created_at: str
    verdict: Verdict
    proven: bool
    machine: Machine
    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    checks: tuple[Outcome, ...] = ()
    plan: Plan | None = None
    timings_s: dict[str, float] = field(default_factory=dict)
    level: Level = "standard"
    full: bool = False
    settings: Settings | None = None
    """What of a project's settings took effect."""
    left_out: tuple[LeftOut, ...] = ()
    target: Target | None = None
    """None where the machine came from a file that doesn't tell."""

    def __post_init__(self) -> None:
        if not all(map(_can_be_told, self.timings_s.values())):
            told = {k: v for k, v in self.timings_s.items() if _can_be_told(v)}
            force_setattr(self, "timings_s", told)
