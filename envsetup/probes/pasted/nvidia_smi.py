"""What `nvidia-smi` prints: its table in three generations, `-L`, `-q`, and `--query-gpu` as CSV."""

from __future__ import annotations

import re
from typing import Any

from envsetup.model import Absent, Gpu, GpuHealth, Machine, NvidiaDriver, Unreadable, Wsl
from envsetup.probes.pasted.lines import SOURCE, UNTOLD, nothing_told, told

HEADER = re.compile(r"NVIDIA-SMI\s+(\S+)")
DRIVER = re.compile(r"(?:Driver|KMD) Version\s{0,40}:\s*(\d+\.\d+(?:\.\d+)?)")
CUDA = re.compile(r"CUDA (?:UMD )?Version\s{0,40}:\s*(\d+\.\d+|N/A|ERR!)")
ROW = re.compile(
    r"^\|\s+(\d{1,3})\s+(\S.*?)\s{1,60}(On|Off|N/A|TCC|WDDM|MCDM|ERR!)\s*\|\s*([0-9A-Fa-f]{8}:[0-9A-Fa-f:.]+)?"
)
NAMED = re.compile(r"^GPU\s{1,8}(\d{1,5}):\s{1,8}(\S.{0,200}?)\s{1,8}\(UUID:")
MEMORY = re.compile(r"(?<!\d)(\d{1,9})MiB\s*/\s*(\d{1,9})MiB")
FAILED = re.compile(
    r"NVIDIA-SMI has failed|Failed to initialize NVML|No devices were found"
    r"|Unable to determine the device handle",
    re.IGNORECASE,
)
LOG = re.compile(r"^=+\s?NVSMI LOG\s?=+$")
LOGGED = re.compile(r"^(Product Name|Total|Used|Compute Mode)\s{1,60}:\s(.{1,200})$")
CSV = re.compile(
    r"^(?=.*\bname\b)[a-z_.]{2,60}(?: \[\w{1,9}\])?(?:,\s?[a-z_.]{2,60}(?: \[\w{1,9}\])?){1,60}$"
)


def recognises(lines: tuple[str, ...]) -> bool:
    return any(
        (HEADER.search(line) and DRIVER.search(line))
        or NAMED.match(line)
        or FAILED.search(line)
        or ROW.match(line)
        or LOG.match(line)
        or CSV.match(line)
        for line in lines
    )


def read(lines: tuple[str, ...]) -> Machine:
    text = "\n".join(lines)
    windows = bool(re.search(r"\b(?:WDDM|TCC|MCDM)\b", text))
    wsl = not windows and _under_wsl(lines)
    facts = nothing_told()
    facts.update(
        # The log names Windows' driver model under WSL too, and columns are the same everywhere.
        os=told("windows" if windows and not wsl else "linux") if _tabled(lines) else UNTOLD,
        wsl=told(Wsl(version=2)) if wsl else UNTOLD,
        nvidia_driver=_driver(lines),
        gpus=_gpus(lines) or _logged_gpus(lines) or _queried(lines) or UNTOLD,
    )
    return Machine(**facts)  # type: ignore[arg-type]


def _tabled(lines: tuple[str, ...]) -> bool:
    return not any(LOG.match(line) or CSV.match(line) for line in lines)


def _logged_gpus(lines: tuple[str, ...]) -> Any:
    """The GPUs of `nvidia-smi -q`: a block each, its first total and use are the frame buffer's."""
    if not any(LOG.match(line) for line in lines):
        return None
    blocks: list[dict[str, str]] = []
    for line in lines:
        match = LOGGED.match(line)
        if match and match.group(1) == "Product Name":
            blocks.append({"Product Name": match.group(2).strip()})
        elif match and blocks:
            blocks[-1].setdefault(match.group(1), match.group(2).strip())
    found = tuple(
        Gpu(
            vendor="nvidia",
            index=index,
            source=SOURCE,
            name=block["Product Name"],
            memory_total_bytes=_mebibytes(block.get("Total", "")),
            memory_used_bytes=_mebibytes(block.get("Used", "")),
            compute_mode=block.get("Compute Mode"),
        )
        for index, block in enumerate(blocks)
    )
    return told(found) if found else None


def _mebibytes(said: str) -> int | None:
    """Bytes of `23034 MiB`; a bare number (`nounits`) is of the same unit."""
    found = re.fullmatch(r"(\d{1,9})(?: MiB)?", said)
    return int(found.group(1)) << 20 if found else None


def _rows(lines: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows below the head of `--format=csv`, by column without its unit."""
    start = next((n for n, line in enumerate(lines) if CSV.match(line)), None)
    if start is None:
        return []
    columns = [c.split(" [")[0].strip() for c in lines[start].split(",")]
    found = []
    for line in lines[start + 1 :]:
        cells = [c.strip() for c in line.split(",")]
        if len(cells) != len(columns):
            break
        found.append(dict(zip(columns, cells, strict=True)))
    return found


def _queried(lines: tuple[str, ...]) -> Any:
    found = tuple(
        Gpu(
            vendor="nvidia",
            index=index,
            source=SOURCE,
            name=row["name"],
            compute_capability=_capability(row.get("compute_cap", "")),
            memory_total_bytes=_mebibytes(row.get("memory.total", "")),
            memory_used_bytes=_mebibytes(row.get("memory.used", "")),
        )
        for index, row in enumerate(_rows(lines))
        if row.get("name")
    )
    return told(found) if found else None


def _capability(said: str) -> str | None:
    return said if re.fullmatch(r"\d{1,2}\.\d", said) else None


def _under_wsl(lines: tuple[str, ...]) -> bool:
    """Under WSL2 the program is Linux's and the driver Windows': their versions differ in the header."""
    for line in lines:
        smi, driver = HEADER.search(line), DRIVER.search(line)
        if smi and driver and smi.group(1)[0].isdigit():
            return smi.group(1) != driver.group(1)
    return False


def _driver(lines: tuple[str, ...]) -> Any:
    version = next((m.group(1) for line in lines if (m := DRIVER.search(line))), None)
    version = version or next((_release(row) for row in _rows(lines)), None)
    # A narrow page breaks the line before the number.
    cuda = m.group(1) if (m := CUDA.search("\n".join(lines))) else None
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


def _release(row: dict[str, str]) -> str | None:
    said = row.get("driver_version", "")
    return said if re.fullmatch(r"\d{1,4}\.\d{1,4}(?:\.\d{1,4})?", said) else None


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
    return told(tuple(found)) if found else None


def _named(index: int, name: str) -> Gpu:
    return Gpu(vendor="nvidia", index=index, source=SOURCE, name=name)


def _error(name: str, row: str, below: str) -> str | None:
    """`Unknown Error` where the driver answers for neither the GPU nor its memory; else the sign alone."""
    if "Unknown Error" in below or name.strip() == "ERR!":
        return "Unknown Error"
    return "ERR!" if "ERR!" in row or "ERR!" in below else None


def _gpu(index: int, row: re.Match[str], below: tuple[str, ...]) -> Gpu:
    first = below[0] if below else ""
    mode = re.search(r"\b(Default|E\. Process|E\. Thread|Prohibited)\s*\|\s*$", first)
    memory = MEMORY.search(first)
    mig = below[1] if len(below) > 1 else ""
    error = _error(row.group(2), row.string, first)
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
