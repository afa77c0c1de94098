"""The table of `nvidia-smi` in its three generations, and the list of `nvidia-smi -L`."""

from __future__ import annotations

import re
from typing import Any

from envsetup.model import Absent, Gpu, GpuHealth, Machine, NvidiaDriver, Unreadable, Wsl
from envsetup.probes.pasted.lines import SOURCE, UNTOLD, nothing_told, told

HEADER = re.compile(r"NVIDIA-SMI\s+(\S+)")
DRIVER = re.compile(r"(?:Driver|KMD) Version:\s*(\d+\.\d+(?:\.\d+)?)")
CUDA = re.compile(r"CUDA (?:UMD )?Version:\s*(\d+\.\d+|N/A|ERR!)")
ROW = re.compile(
    r"^\|\s+(\d{1,3})\s+(\S.*?)\s{1,60}(On|Off|N/A|TCC|WDDM|MCDM|ERR!)\s*\|\s*([0-9A-Fa-f]{8}:[0-9A-Fa-f:.]+)?"
)
NAMED = re.compile(r"^GPU\s+(\d{1,3}):\s+(.+?)\s+\(UUID:")
MEMORY = re.compile(r"(\d+)MiB\s*/\s*(\d+)MiB")
FAILED = re.compile(
    r"NVIDIA-SMI has failed|Failed to initialize NVML|No devices were found", re.IGNORECASE
)


def recognises(lines: tuple[str, ...]) -> bool:
    return any(
        (HEADER.search(line) and DRIVER.search(line))
        or NAMED.match(line)
        or FAILED.search(line)
        or ROW.match(line)
        for line in lines
    )


def read(lines: tuple[str, ...]) -> Machine:
    text = "\n".join(lines)
    windows = bool(re.search(r"\b(?:WDDM|TCC|MCDM)\b", text))
    wsl = not windows and _under_wsl(lines)
    facts = nothing_told()
    facts.update(
        os=told("windows" if windows and not wsl else "linux"),
        wsl=told(Wsl(version=2)) if wsl else UNTOLD,
        nvidia_driver=_driver(lines),
        gpus=_gpus(lines),
    )
    return Machine(**facts)  # type: ignore[arg-type]


def _under_wsl(lines: tuple[str, ...]) -> bool:
    """Under WSL2 the program is Linux's and the driver Windows': their versions differ in the header."""
    for line in lines:
        smi, driver = HEADER.search(line), DRIVER.search(line)
        if smi and driver and smi.group(1)[0].isdigit():
            return smi.group(1) != driver.group(1)
    return False


def _driver(lines: tuple[str, ...]) -> Any:
    version = next((m.group(1) for line in lines if (m := DRIVER.search(line))), None)
    cuda = next((m.group(1) for line in lines if (m := CUDA.search(line))), None)
    failed = next((line for line in lines if FAILED.search(line)), None)
    smi = Unreadable(error=failed[:300], source=SOURCE) if failed else told("nvidia-smi")
    if version is None and failed is None:
        return UNTOLD
    return told(
        NvidiaDriver(
            version=told(version) if version else UNTOLD,
            cuda_version=_cuda(cuda),
            nvml=UNTOLD,
            nvidia_smi=smi,
        )
    )


def _cuda(said: str | None) -> Any:
    """`N/A` where the program found no libcuda to ask."""
    if said is not None and said[0].isdigit():
        return told(said)
    return Absent(tried=(SOURCE,)) if said == "N/A" else UNTOLD


def _gpus(lines: tuple[str, ...]) -> Any:
    """One GPU a row of three lines; the list of -L where there is no table."""
    found: list[Gpu] = []
    for number, line in enumerate(lines):
        if "Processes:" in line:
            break
        row = ROW.match(line)
        if row:
            found.append(_gpu(len(found), row, lines[number + 1 : number + 3]))
    if not found:
        named = [m for line in lines if (m := NAMED.match(line))]
        found = [_named(i, m.group(2)) for i, m in enumerate(named)]
    return told(tuple(found)) if found else UNTOLD


def _named(index: int, name: str) -> Gpu:
    return Gpu(vendor="nvidia", index=index, source=SOURCE, name=name)


def _gpu(index: int, row: re.Match[str], below: tuple[str, ...]) -> Gpu:
    first = below[0] if below else ""
    mode = re.search(r"\b(Default|E\. Process|E\. Thread|Prohibited)\s*\|\s*$", first)
    memory = MEMORY.search(first)
    mig = below[1] if len(below) > 1 else ""
    error = "ERR!" if "ERR!" in row.string or "ERR!" in first else None
    return Gpu(
        vendor="nvidia",
        index=index,
        source=SOURCE,
        name=row.group(2).strip(),
        pci_address=row.group(4).lower() if row.group(4) else None,
        memory_total_bytes=int(memory.group(2)) << 20 if memory else None,
        memory_used_bytes=int(memory.group(1)) << 20 if memory else None,
        compute_mode={"E. Process": "Exclusive_Process", "E. Thread": "Exclusive_Thread"}.get(
            mode.group(1), mode.group(1)
        )
        if mode
        else None,
        mig=True
        if re.search(r"\bEnabled\*?\s*\|\s*$", mig)
        else False
        if "Disabled" in mig
        else None,
        health=GpuHealth(error=error) if error else None,
    )
