"""The NVIDIA driver and its GPUs: by files, then NVML in a child, nvidia-smi only where nothing else tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from envsetup.host import Completed, Host
from envsetup.host.questions import NVML, Libcuda, Nvml, NvmlAnswer, NvmlGpu
from envsetup.model import (
    UNASKED,
    Absent,
    Fact,
    Gpu,
    GpuHealth,
    Known,
    NvidiaDriver,
    Record,
    Source,
    Unreadable,
)
from envsetup.probes.readers import api_source, file_source, first_known, line

MODULE_VERSION = "/sys/module/nvidia/version"
PROC_VERSION = "/proc/driver/nvidia/version"
WSL_LIBRARIES = "/usr/lib/wsl/lib"
NOT_LOADED = 9
"""NVML_ERROR_DRIVER_NOT_LOADED."""
LIBRARY = "libnvidia-ml.so.1"
LIBRARY_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/local/nvidia/lib64",
)
"""Where Debian's and Red Hat's packages, the container toolkit and cluster device plugins put it."""
SMI_LIMIT_S = 4.0
SMI_QUERY = (
    "--query-gpu=index,name,uuid,pci.bus_id,driver_version,compute_cap,memory.total",
    "--format=csv,noheader,nounits",
)
SMI_COLUMNS = 7
LOOKED_FOR = (MODULE_VERSION, PROC_VERSION, "/dev", "/sys/bus/pci/devices")
NO_SIGN = NvmlAnswer(nvml=Nvml(absent="no sign of a driver"))
DRIVER_MODELS: dict[int, Literal["WDDM", "TCC", "MCDM"]] = {0: "WDDM", 1: "TCC", 2: "MCDM"}
"""nvmlDriverModel_t (nvml.h); 1 is named WDM there."""
COMPUTE_MODES = {0: "Default", 1: "Exclusive_Thread", 2: "Prohibited", 3: "Exclusive_Process"}
MODULES = "/lib/modules"
MOST_MODULES_BYTES = 1 << 22
"""A distribution's list has some 700 KB."""
MODULE = re.compile(r"(?:^|/)nvidia\.ko(?:\.\w+)?:", re.MULTILINE)
LIBCUDA = re.compile(r"libcuda\.so\.(\d+\.\d+(?:\.\d+)?)")
FAMILY = re.compile(r"^(nvidia\w*|nouveau)\s", re.MULTILINE)


def read(host: Host, on_bus: bool) -> tuple[Fact[NvidiaDriver], tuple[Gpu, ...]]:
    """The driver and the GPUs that it speaks for; a machine with no sign of NVIDIA pays for files alone."""
    files = first_known(_module(host), _proc(host))
    nodes = _nodes(host)
    smi = host.which("nvidia-smi")
    outside = host.os_name == "windows" or isinstance(host.list(WSL_LIBRARIES), Known)
    signs = isinstance(files, Known) or _some(nodes) or smi is not None or outside
    told = _spoken(host) if signs or _library(host) else NO_SIGN
    signs = signs or _speaks_of_a_driver(told.nvml)
    if not signs and not on_bus:
        return Absent(tried=tuple(map(file_source, LOOKED_FOR))), ()
    answer = _programs_answer(host, smi, told.nvml)
    if not signs and isinstance(files, Absent):
        return Absent(tried=files.tried), answer.gpus
    if isinstance(files, Absent) and outside:  # there are no such files: NVML decides
        files = _told(None, told.nvml, "nvmlSystemGetDriverVersion")
    version = _version(files, told.nvml.driver or answer.driver)
    driver = NvidiaDriver(
        version=version,
        library_version=_told(told.nvml.driver, told.nvml, "nvmlSystemGetDriverVersion"),
        cuda_version=_cuda(told.libcuda, told.nvml),
        flavour=_flavour(host),
        device_nodes=nodes,
        modules=_modules(host),
        built_for=_built_for(host) if isinstance(files, Absent) and on_bus else UNASKED,
        libraries=_libraries(host),
        nvml=_outcome(told.nvml),
        nvidia_smi=answer.outcome,
    )
    return Known(value=driver, source=_source(version)), answer.gpus


class _Answer(Record):
    """What tells of GPUs: NVML, or nvidia-smi where NVML doesn't."""

    outcome: Fact[str]
    """nvidia-smi's."""
    driver: str | None = None
    gpus: tuple[Gpu, ...] = ()


def _programs_answer(host: Host, smi: str | None, nvml: Nvml) -> _Answer:
    """nvidia-smi is asked last: it asks NVML too, and would hang with it."""
    gpus = tuple(map(_gpu, nvml.gpus))
    if smi is None:
        return _Answer(outcome=Absent(), gpus=gpus)
    if gpus or nvml.hung:
        there = Known(value=smi, source=Source(kind="env", ref="PATH"))
        return _Answer(outcome=there, gpus=gpus)
    return _ask_smi(host, smi)


def _version(files: Fact[str], told: str | None) -> Fact[str]:
    """The kernel's files tell it first, then NVML or nvidia-smi."""
    if isinstance(files, Known) or not told:
        return files
    return Known(value=told, source=api_source("nvmlSystemGetDriverVersion"))


def _library(host: Host) -> bool:
    """Whether NVML's library lies where a loader looks.

    A container may have the driver's libraries without a file of the kernel's. The library alone is no
    sign of a driver: an image may bring it along. Only what it answers is one.
    """
    folders = (*host.env().get("LD_LIBRARY_PATH", "").split(":"), *LIBRARY_FOLDERS)
    found = (host.realpath(f"{folder.rstrip('/')}/{LIBRARY}") for folder in folders if folder)
    return any(isinstance(path, Known) for path in found)


def _speaks_of_a_driver(nvml: Nvml) -> bool:
    """Whether NVML answered, or failed otherwise than by finding no module: it hung, died, or disagreed with one."""
    return nvml.answered or (nvml.error is not None and nvml.code != NOT_LOADED)


def _spoken(host: Host) -> NvmlAnswer:
    """What NVML and libcuda say; a look that failed is an error, never an absence."""
    fact = host.ask(NVML)
    if isinstance(fact, Unreadable):
        return NvmlAnswer(nvml=Nvml(error=fact.error))
    return fact.value if isinstance(fact, Known) else NvmlAnswer()


def _source(fact: Fact[str]) -> Source:
    return fact.source if isinstance(fact, (Known, Unreadable)) else api_source("nvml")


def _some(fact: Fact[tuple[str, ...]]) -> bool:
    return isinstance(fact, Known) and bool(fact.value)


def _module(host: Host) -> Fact[str]:
    return _stripped(host.read(MODULE_VERSION), lambda text: text.strip() or None)


def _proc(host: Host) -> Fact[str]:
    return _stripped(host.read(PROC_VERSION), proc_version)


def proc_version(text: str) -> str | None:
    """The version in the NVRM line, which reads differently for the open and the closed module."""
    found = re.search(r"NVRM version:.{0,200}?\s(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)\s", text)
    return found.group(1) if found else None


def _stripped(fact: Fact[str], parse: Callable[[str], str | None]) -> Fact[str]:
    if not isinstance(fact, Known):
        return fact
    value = parse(fact.value)
    if value is None:
        return Unreadable(error="holds no version", source=fact.source, detail=fact.value[:500])
    return Known(value=value, source=fact.source)


def _told(value: str | None, nvml: Nvml, ref: str) -> Fact[str]:
    source = Source(kind="nvml", ref=ref)
    if value:
        return Known(value=value, source=source)
    if nvml.error is not None:
        return Unreadable(error=nvml.error, source=source)
    return Absent(tried=(source,))


def _cuda(libcuda: Libcuda, nvml: Nvml) -> Fact[str]:
    if libcuda.version:
        return Known(value=libcuda.version, source=Source(kind="api", ref="cuDriverGetVersion"))
    return _told(nvml.cuda, nvml, "nvmlSystemGetCudaDriverVersion_v2")


def _outcome(nvml: Nvml) -> Fact[str]:
    return _told("ok" if nvml.answered else None, nvml, "nvmlInit")


def _flavour(host: Host) -> Literal["open", "proprietary"] | None:
    text = line(host, PROC_VERSION)
    if text is None:
        return None
    return "open" if "Open Kernel Module" in text else "proprietary"


def _nodes(host: Host) -> Fact[tuple[str, ...]]:
    names = host.list("/dev")
    if not isinstance(names, Known):
        return names
    mine = tuple(f"/dev/{n}" for n in names.value if n.startswith("nvidia") or n == "dxg")
    return Known(value=mine, source=names.source)


def _modules(host: Host) -> Fact[tuple[str, ...]]:
    fact = host.read("/proc/modules")
    if not isinstance(fact, Known):
        return fact
    return Known(value=tuple(m.strip() for m in FAMILY.findall(fact.value)), source=fact.source)


def _built_for(host: Host) -> Fact[tuple[str, ...]]:
    """What depmod wrote down for each kernel tells, wherever in it a distribution puts the module."""
    releases = host.list(MODULES)
    if not isinstance(releases, Known):
        return releases
    lists = {r: host.read(f"{MODULES}/{r}/modules.dep", MOST_MODULES_BYTES) for r in releases.value}
    readable = {r: fact.value for r, fact in lists.items() if isinstance(fact, Known)}
    if not readable:
        return Absent(tried=(releases.source,))
    found = tuple(r for r, text in readable.items() if MODULE.search(text))
    return Known(value=found, source=file_source(f"{MODULES}/*/modules.dep"))


def _libraries(host: Host) -> Fact[tuple[str, ...]]:
    """Two in one folder are two installations; those of other architectures and compat packages lie elsewhere."""
    for folder in LIBRARY_FOLDERS:
        names = host.list(folder)
        listed = names.value if isinstance(names, Known) else ()
        versions = tuple(m.group(1) for n in listed if (m := LIBCUDA.fullmatch(n)))
        if len(versions) > 1:
            return Known(value=versions, source=file_source(folder))
    return Absent(tried=tuple(file_source(folder) for folder in LIBRARY_FOLDERS))


def _gpu(told: NvmlGpu) -> Gpu:
    return Gpu(
        vendor="nvidia",
        index=told.index,
        source=Source(kind="nvml", ref=f"device {told.index}"),
        name=told.name,
        uuid=told.uuid,
        compute_capability=told.compute_capability,
        pci_address=told.pci_address,
        pci_id=told.pci_id,
        memory_total_bytes=told.memory_total_bytes,
        memory_used_bytes=told.memory_used_bytes,
        mig=told.mig,
        mig_instances=told.mig_instances,
        compute_processes=told.compute_processes,
        utilization_percent=told.utilization_percent,
        virtual=told.virtual,
        compute_mode=None if told.compute_mode is None else COMPUTE_MODES.get(told.compute_mode),
        driver_model=None if told.driver_model is None else DRIVER_MODELS.get(told.driver_model),
        health=replace(told.health or GpuHealth(), error=told.error),
    )


def _ask_smi(host: Host, path: str) -> _Answer:
    """nvidia-smi's outcome, the driver version and the GPUs that it names.

    It fails in ways that stay apart: hung, an error of its own (driver not reachable, versions
    mismatched), and output that can't be read.
    """
    done = host.run((path, *SMI_QUERY), SMI_LIMIT_S)
    source = Source(kind="program", ref="nvidia-smi")
    failure = _failure(done, source)
    if failure is not None:
        return _Answer(outcome=failure)
    rows = [[c.strip() for c in row.split(",")] for row in done.stdout.splitlines() if row.strip()]
    if not rows or any(len(row) != SMI_COLUMNS or not row[0].isdigit() for row in rows):
        text = (done.stdout + done.stderr).strip()
        return _Answer(
            outcome=Unreadable(error="unreadable output", source=source, detail=text[:500])
        )
    return _Answer(
        outcome=Known(value=path, source=source),
        driver=rows[0][4],
        gpus=tuple(_smi_gpu(row, source) for row in rows),
    )


def _failure(done: Completed, source: Source) -> Unreadable | None:
    if done.overflowed:
        return Unreadable(error="printed without end and was ended", source=source)
    if done.timed_out:
        gone = " and could not be killed" if done.abandoned else ""
        return Unreadable(error=f"did not answer within {SMI_LIMIT_S:g} s{gone}", source=source)
    if done.returncode == 0:
        return None
    text = (done.stdout + done.stderr).strip()
    first = (text.splitlines() or [done.error or "no output"])[0]
    ended = f"exit {done.returncode}" if done.returncode is not None else "could not be started"
    return Unreadable(error=f"{first[:300]} ({ended})", source=source, detail=text[:2000])


def _smi_gpu(row: list[str], source: Source) -> Gpu:
    memory = row[6]
    return Gpu(
        vendor="nvidia",
        index=int(row[0]),
        source=source,
        name=row[1],
        uuid=row[2],
        pci_address=row[3].lower(),
        compute_capability=row[5] if re.fullmatch(r"\d+\.\d+", row[5]) else None,
        memory_total_bytes=int(memory) << 20 if memory.isdigit() else None,
    )
