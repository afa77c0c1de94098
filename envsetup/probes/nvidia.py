"""The NVIDIA driver and its GPUs: by files, then NVML in a child, nvidia-smi only where nothing else tells."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Literal

from msgspec import convert

from envsetup.host import Host
from envsetup.model import (
    UNASKED,
    Absent,
    Fact,
    Gpu,
    GpuHealth,
    Known,
    NvidiaDriver,
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
    wsl = isinstance(host.list(WSL_LIBRARIES), Known)
    signs = isinstance(files, Known) or _some(nodes) or smi or wsl or host.os_name == "windows"
    told: dict[str, Any] = _spoken(host) if signs or _library(host) else {}
    nvml: dict[str, Any] = told.get("nvml") or {"absent": "no sign of a driver"}
    signs = signs or "driver" in nvml or _speaks_of_a_driver(nvml)
    if not signs and not on_bus:
        tried = (file_source(MODULE_VERSION), file_source(PROC_VERSION), file_source("/dev"))
        return Absent(tried=(*tried, file_source("/sys/bus/pci/devices"))), ()
    gpus = tuple(_gpu(row) for row in nvml.get("gpus", ()))
    smi_fact: Fact[str] = (
        Known(value=smi, source=Source(kind="env", ref="PATH")) if smi else Absent()
    )
    smi_driver: str | None = None
    if smi and not gpus and not nvml.get("hung"):  # it asks NVML too, and would hang with it
        smi_fact, smi_driver, gpus = _ask_smi(host, smi)
    if not signs and isinstance(files, Absent):
        return Absent(tried=files.tried), gpus
    if isinstance(files, Absent) and (wsl or host.os_name == "windows"):
        # there are no such files: NVML decides
        files = _told(None, nvml, "nvmlSystemGetDriverVersion")
    version = files if isinstance(files, Known) else _from(nvml.get("driver") or smi_driver, files)
    driver = NvidiaDriver(
        version=version,
        library_version=_told(nvml.get("driver"), nvml, "nvmlSystemGetDriverVersion"),
        cuda_version=_cuda(told.get("libcuda") or {}, nvml),
        flavour=_flavour(host),
        device_nodes=nodes,
        modules=_modules(host),
        built_for=_built_for(host) if isinstance(files, Absent) and on_bus else UNASKED,
        libraries=_libraries(host),
        nvml=_outcome(nvml),
        nvidia_smi=smi_fact,
    )
    return Known(value=driver, source=_source(version)), gpus


def _library(host: Host) -> bool:
    """Whether NVML's library lies where a loader looks.

    A container may have the driver's libraries without a file of the kernel's. The library alone is no
    sign of a driver: an image may bring it along. Only what it answers is one.
    """
    folders = (*host.env().get("LD_LIBRARY_PATH", "").split(":"), *LIBRARY_FOLDERS)
    found = (host.real(f"{folder.rstrip('/')}/{LIBRARY}") for folder in folders if folder)
    return any(isinstance(path, Known) for path in found)


def _speaks_of_a_driver(nvml: dict[str, Any]) -> bool:
    """Whether NVML failed otherwise than by finding no module: it hung, died, or disagreed with one."""
    return "error" in nvml and nvml.get("code") != NOT_LOADED


def _spoken(host: Host) -> dict[str, Any]:
    """What NVML and libcuda say; a look that failed is an error, never an absence."""
    fact = host.call("nvml")
    if isinstance(fact, Unreadable):
        return {"nvml": {"error": fact.error}}
    told = json.loads(fact.value) if isinstance(fact, Known) else {}
    return told if isinstance(told, dict) else {}


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
    found = re.search(r"NVRM version:.*?\s(\d+\.\d+(?:\.\d+)?)\s", text)
    return found.group(1) if found else None


def _stripped(fact: Fact[str], parse: Callable[[str], str | None]) -> Fact[str]:
    if not isinstance(fact, Known):
        return fact
    value = parse(fact.value)
    if value is None:
        return Unreadable(error="holds no version", source=fact.source, detail=fact.value[:500])
    return Known(value=value, source=fact.source)


def _from(value: str | None, files: Fact[str]) -> Fact[str]:
    return Known(value=value, source=api_source("nvmlSystemGetDriverVersion")) if value else files


def _told(value: str | None, nvml: dict[str, Any], ref: str) -> Fact[str]:
    source = Source(kind="nvml", ref=ref)
    if value:
        return Known(value=value, source=source)
    if "error" in nvml:
        return Unreadable(error=str(nvml["error"]), source=source)
    return Absent(tried=(source,))


def _cuda(libcuda: dict[str, Any], nvml: dict[str, Any]) -> Fact[str]:
    if libcuda.get("version"):
        source = Source(kind="api", ref="cuDriverGetVersion")
        return Known(value=libcuda["version"], source=source)
    return _told(nvml.get("cuda"), nvml, "nvmlSystemGetCudaDriverVersion_v2")


def _outcome(nvml: dict[str, Any]) -> Fact[str]:
    source = Source(kind="nvml", ref="nvmlInit")
    if "error" in nvml:
        return Unreadable(error=str(nvml["error"]), source=source)
    if "absent" in nvml or not nvml:
        return Absent(tried=(source,))
    return Known(value="ok", source=source)


def _flavour(host: Host) -> Any:
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


def _gpu(row: dict[str, Any]) -> Gpu:
    known = {k: v for k, v in row.items() if k in Gpu.__struct_fields__ and k != "health"}
    mode = known.pop("compute_mode", None)
    model = known.pop("driver_model", None)
    health = {**(row.get("health") or {}), "error": row.get("error")}
    return Gpu(
        **{
            **known,
            "vendor": "nvidia",
            "source": Source(kind="nvml", ref=f"device {row['index']}"),
        },
        compute_mode=COMPUTE_MODES.get(mode) if isinstance(mode, int) else None,
        driver_model=DRIVER_MODELS.get(model) if isinstance(model, int) else None,
        health=convert(health, GpuHealth),
    )


def _ask_smi(host: Host, path: str) -> tuple[Fact[str], str | None, tuple[Gpu, ...]]:
    """nvidia-smi's outcome, the driver version and the GPUs that it names.

    It fails in ways that stay apart: hung, an error of its own (driver not reachable, versions
    mismatched), and output that can't be read.
    """
    argv = (path, *SMI_QUERY)
    done = host.run(argv, SMI_LIMIT_S)
    source = Source(kind="program", ref="nvidia-smi")
    if done.overflowed:
        return Unreadable(error="printed without end and was ended", source=source), None, ()
    if done.timed_out:
        gone = " and could not be killed" if done.abandoned else ""
        text = f"did not answer within {SMI_LIMIT_S:g} s{gone}"
        return Unreadable(error=text, source=source), None, ()
    text = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        first = (text.splitlines() or [done.error or "no output"])[0]
        ended = f"exit {done.returncode}" if done.returncode is not None else "could not be started"
        return (
            Unreadable(error=f"{first[:300]} ({ended})", source=source, detail=text[:2000]),
            None,
            (),
        )
    rows = [
        [cell.strip() for cell in row.split(",")] for row in done.stdout.splitlines() if row.strip()
    ]
    good = [row for row in rows if len(row) == 7 and row[0].isdigit()]
    if len(good) != len(rows) or not rows:
        return Unreadable(error="unreadable output", source=source, detail=text[:500]), None, ()
    return (
        Known(value=path, source=source),
        good[0][4],
        tuple(_smi_gpu(row, source) for row in good),
    )


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
