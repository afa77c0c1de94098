"""The text of `python -m torch.utils.collect_env`, in torch's own words and in vLLM's sections.

Both print `key: value` lines; vLLM pads the keys. Lists of GPUs go on below their key.
"""

from __future__ import annotations

import re
from typing import Any

from envsetup.model import (
    Absent,
    Gpu,
    Libc,
    Machine,
    NvidiaDriver,
    Package,
    Python,
    TorchInstall,
    TorchRuntime,
    Wsl,
)
from envsetup.probes.packages import normal
from envsetup.probes.pasted.lines import SOURCE, UNTOLD, nothing_told, told
from envsetup.probes.pasted.wrapping import KEYS
from envsetup.probes.torch_ import build_of

LINE = re.compile(rf"^({'|'.join(re.escape(k) for k in KEYS)})\s{{0,40}}[:：]\s{{0,8}}(.*)$")
ALIASES = {
    "Platform": "Python platform", "GPU model": "GPU models and configuration",
    "GPU type": "GPU models and configuration",
    "Accelerator": "GPU models and configuration", "GPU number": "GPU number",
    "PyTorch version (GPU?)": "PyTorch version",
    "Cuda version": "CUDA used to build PyTorch",
    "Is CUDA available (PyTorch)": "Is CUDA available",
}  # fmt: skip
"""How the environment commands of libraries above torch (transformers, lerobot …) name the same."""
ALIAS = re.compile(rf"^({'|'.join(re.escape(k) for k in ALIASES)})\s{{0,40}}:\s{{0,8}}(.*)$")
SURE = {
    "PyTorch version",
    "CUDA used to build PyTorch",
    "GPU models and configuration",
    "Is CUDA available",
}
GPU = re.compile(r"^\s*(?:GPU|Device)\s+(\d{1,4})[:：]\s+(\S.*)$")
MIG = re.compile(r"^\s*MIG\s+\S+\s+Device\s+\d+:")
PACKAGE = re.compile(
    r"^\[(pip3?|conda)\]\s{1,80}(\S{1,100}?)(?:==|\s{1,80}\(?)([^\s)]{1,100})\)?(.*)"
)
NAMED = re.compile(
    r"(?:^|\()(numpy|torchvision|torchaudio)(?: version)?\s{0,40}:\s(\d[\w.+]{0,60})", re.IGNORECASE
)
"""How libraries above torch name what they stand on: `Numpy version: 1.26.4`, `(torchvision: 0.9.0)`."""
XPU = re.compile(r"_XpuDeviceProperties\(name='([^']{1,200})'(?:.{1,400}?device_id=0x(\w{4})\b)?")
TORCH = ("torch", "pytorch")
BUILT = re.compile(r"\+(?:cpu|cu\d|rocm\d|xpu)")
"""A version that names its build; `+git...` of a source build does not."""
UNCOLLECTED = ("could not collect", "n/a", "na", "no cuda", "none", "")


def recognises(lines: tuple[str, ...]) -> bool:
    """At least two of the keys or of the packages that nothing else prints, or one of each."""
    seen = {m.group(1) for line in lines if (m := LINE.match(line))}
    seen |= {ALIASES[m.group(1)] for line in lines if (m := ALIAS.match(line))}
    listed = sum(PACKAGE.match(line) is not None for line in lines)
    return len(seen & SURE) >= 2 or listed >= 2 or bool(seen and listed) or len(seen) >= 3


def names_torch(lines: tuple[str, ...]) -> bool:
    """The line of torch's version is there, whatever it says."""
    return any(line.startswith("PyTorch version") for line in lines)


def read(lines: tuple[str, ...]) -> Machine:
    values, gpus = _values(lines)
    packages = _packages(lines, values.get("PyTorch version", "")) + _named_packages(lines)
    facts = nothing_told()
    os_line = values.get("OS", "")
    platform = values.get("Python platform", "")
    os = _os(os_line, platform, values)
    facts.update(
        os=told(os) if os else UNTOLD,
        os_version=told(os_line) if os_line else UNTOLD,
        arch=_arch(os_line, platform, values),
        kernel=_kernel(platform),
        libc=_libc(values.get("Libc version", ""), platform),
        wsl=_wsl(platform, os),
        macos_version=_macos(os_line, os),
        python=_python(values.get("Python version")),
        gpus=_xpus(lines) or _gpus(values, gpus),
        nvidia_driver=_driver(values),
        cuda_toolkit=_toolkit(values.get("CUDA runtime version", "")),
        packages=told(packages) if packages else UNTOLD,
    )
    values.setdefault("PyTorch version", _listed_torch(packages))
    facts.update(_torch(values, os, _cuda_error(lines), _errors(lines)))
    return Machine(**facts)  # type: ignore[arg-type]


def _values(lines: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """The first value of each key, and the lines of GPUs."""
    values: dict[str, str] = {}
    gpus: list[str] = []
    current = ""
    for line in lines:
        match = LINE.match(line)
        if match:
            current = match.group(1)
            values.setdefault(current, match.group(2).strip())
            first = match.group(2).strip()
            if current == "GPU models and configuration" and first:
                gpus.append(first)
        elif other := ALIAS.match(line):
            current = ALIASES[other.group(1)]
            values.setdefault(current, other.group(2).strip())
        elif current == "GPU models and configuration" and line:
            gpus.append(line)
    return values, gpus


def _listed_torch(packages: tuple[Package, ...]) -> str:
    """Its version by the list, for a text whose head is cut off."""
    return next((p.version for p in packages if p.name in TORCH), "")


def _named_packages(lines: tuple[str, ...]) -> tuple[Package, ...]:
    named = (match for line in lines for match in NAMED.finditer(line))
    return tuple(Package(name=m.group(1).lower(), version=m.group(2)) for m in named)


def _collected(value: str | None) -> str | None:
    return None if value is None or value.strip().lower() in UNCOLLECTED else value.strip()


def _os(os_line: str, platform: str, values: dict[str, str]) -> str | None:
    text = f"{os_line} {platform}".lower()
    if "windows" in text and "linux" not in platform.lower():
        return "windows"
    if any(word in text for word in ("macos", "mac osx", "darwin", "mac os")):
        return "macos"
    if _collected(os_line) or "linux" in text or "glibc" in text:
        return "linux"
    driver = values.get("cuDNN version", "") + values.get("GPU models and configuration", "")
    return "linux" if "/usr/" in driver else None


ARCH_WORDS = {
    "x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "arm64", "ppc64le": "ppc64le",
    "riscv64": "riscv64", "64-bit": None,
}  # fmt: skip


def _arch(os_line: str, platform: str, values: dict[str, str]) -> Any:
    text = f"{os_line} {platform} {values.get('Architecture', '')}".lower()
    for word, arch in ARCH_WORDS.items():
        if arch and re.search(rf"(?<![a-z0-9]){word}(?![a-z0-9])", text):
            return told(arch)
    compiled = re.search(
        r"\[MSC \S+ \d\d bit \((AMD64|ARM64)\)\]", values.get("Python version", "")
    )
    return told(ARCH_WORDS[compiled.group(1).lower()]) if compiled else UNTOLD


def _kernel(platform: str) -> Any:
    found = re.match(r"Linux-(.+?)-(?:x86_64|aarch64|arm64|ppc64le|riscv64)", platform)
    return told(found.group(1)) if found else UNTOLD


def _libc(line: str, platform: str) -> Any:
    found = re.search(r"glibc-?(\d+\.\d+)", line) or re.search(r"glibc(\d+\.\d+)", platform)
    return told(Libc(family="glibc", version=found.group(1))) if found else UNTOLD


def _wsl(platform: str, os: str | None) -> Any:
    if os != "linux" or not platform:
        return UNTOLD
    if "microsoft" not in platform.lower():
        return Absent(tried=(SOURCE,))
    return told(Wsl(version=2 if "WSL2" in platform or "standard" in platform else 1))


def _macos(os_line: str, os: str | None) -> Any:
    found = re.search(r"(?<!\d)(\d+(?:\.\d+){1,2})", os_line) if os == "macos" else None
    return told(found.group(1)) if found else UNTOLD


def _python(line: str | None) -> Any:
    found = re.match(r"(\d+\.\d+(?:\.\d+)?(?:rc\d+|[ab]\d+)?)", line or "")
    if not found:
        return UNTOLD
    return told(Python(executable="python", version=found.group(1)))


def _toolkit(line: str) -> Any:
    found = re.match(r"(\d+\.\d+)", line)
    return told(found.group(1)) if found else UNTOLD


# -- GPUs and driver -----------------------------------------------------------------------------


def _gpus(values: dict[str, str], lines: list[str]) -> Any:
    if "GPU models and configuration" not in values:
        return UNTOLD
    hip = _collected(values.get("ROCM used to build PyTorch")) is not None
    numbered = [m for line in lines if (m := GPU.match(line))]
    names = [m.group(2) for m in numbered] or _unnumbered(values)
    found = tuple(_gpu(i, name, hip) for i, name in enumerate(names))
    if found:
        return told(found)
    first = values["GPU models and configuration"].lower()
    return Absent(tried=(SOURCE,)) if first in ("no cuda", "none") else UNTOLD


def _xpus(lines: tuple[str, ...]) -> Any:
    """The GPUs that an XPU build of torch sees, None where none is listed."""
    seen = [match.groups() for line in lines if (match := XPU.search(line))]
    found = tuple(
        Gpu(
            vendor="intel",
            index=index,
            source=SOURCE,
            name=name,
            pci_id=f"8086:{device.lower()}" if device else None,
        )
        for index, (name, device) in enumerate(seen)
    )
    return told(found) if found else None


def _unnumbered(values: dict[str, str]) -> list[str]:
    """GPUs of one name without their numbers, as ROCm builds print it, or with a count of them."""
    name = values["GPU models and configuration"]
    count = re.fullmatch(r"\d{1,2}", values.get("GPU number", ""))
    if not _collected(name) or name.lower().startswith("gpu models"):
        return []
    return [name] * (int(count.group()) if count else 1)


def _gpu(index: int, name: str, hip: bool) -> Gpu:
    bare = re.sub(r"\(UUID:.*|, \d{1,9} MiB$|\(?NoGCNArchNameOnOldPyTorch\)?", "", name).strip()
    gfx = re.search(r"\((gfx\w{1,20})[^()]{0,80}\)?$", bare)
    amd = hip or gfx is not None or bare.lower().startswith(("amd ", "radeon"))
    intel = bare.lower().startswith(("intel", "_xpudeviceproperties"))
    return Gpu(
        vendor="amd" if amd else "intel" if intel else "nvidia",
        index=index,
        source=SOURCE,
        name=(bare.partition("(gfx")[0].strip() if gfx else bare) or None,
        gfx=gfx.group(1) if gfx else None,
    )


def _driver(values: dict[str, str]) -> Any:
    version = _collected(values.get("Nvidia driver version"))
    found = re.match(r"(\d{3}\.\d+(?:\.\d+)?)", version or "")
    if found:
        return told(NvidiaDriver(version=told(found.group(1)), cuda_version=UNTOLD, nvml=UNTOLD))
    return UNTOLD


# -- torch ---------------------------------------------------------------------------------------


CUDA_ERROR, TRIGGERED = " CUDA initialization: ", "(Triggered internally"
LONGEST_ERROR = 2_000


def _cuda_error(lines: tuple[str, ...]) -> str | None:
    """What torch warned of while collect_env asked it for CUDA."""
    said = next(
        (f" {line}".partition(CUDA_ERROR)[2] for line in lines if CUDA_ERROR in f" {line}"), ""
    )
    return said.partition(TRIGGERED)[0].strip()[:LONGEST_ERROR] or None


IMPORT_ERROR = re.compile(r"\b(?:ImportError|OSError)\b")
MOST_ERRORS = 5


def _errors(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Imports that failed while the text was made, as programs around torch log them."""
    return tuple(line for line in lines if IMPORT_ERROR.search(line))[:MOST_ERRORS]


def _torch(
    values: dict[str, str], os: str | None, cuda_error: str | None, errors: tuple[str, ...]
) -> dict[str, Any]:
    version, _, rest = (_collected(values.get("PyTorch version")) or "").partition(" (")
    # `2.5.1+cu121 (True)`: transformers and others put the answer of is_available() behind it, or (GPU).
    available = _flag(values.get("Is CUDA available", rest.rstrip(")")))
    if not version:
        # The head is cut off: what is left still tells whether CUDA works.
        unnamed = TorchRuntime(cuda_available=available, cuda_error=cuda_error)
        return {} if available is None else {"torch_runtime": told(unnamed)}
    cuda = _collected(values.get("CUDA used to build PyTorch"))
    cuda = cuda if cuda and re.match(r"\d", cuda) else None
    hip = _collected(values.get("ROCM used to build PyTorch"))
    xpu = _collected(values.get("XPU used to build PyTorch"))
    known = any(k in values for k in ("CUDA used to build PyTorch", "ROCM used to build PyTorch"))
    # macOS has one build only.
    sure = known or os == "macos" or BUILT.search(version) is not None
    build = build_of(version, cuda, hip, xpu) if sure else None
    install = TorchInstall(
        version=version, build=build, cuda=None if hip else cuda, hip=hip, xpu=xpu
    )
    runtime = TorchRuntime(
        version=version,
        cuda=install.cuda,
        hip=hip,
        cuda_available=available,
        cuda_error=None if available else cuda_error,
        warnings=errors,
    )
    return {"torch": told(install), "torch_runtime": told(runtime)}


def _flag(value: str | None) -> bool | None:
    meant = {"true": True, "yes": True, "available": True, "gpu": True, "false": False, "no": False}
    return meant.get((value or "").lower())


def _packages(lines: tuple[str, ...], running: str) -> tuple[Package, ...]:
    """pip's before conda's, each list in its order.

    Where conda's alone names the torch that runs, pip was another environment's.
    """
    found: list[Package] = []
    for line in lines:
        match = PACKAGE.match(line)
        if match is None or match.group(2).lower() in ("could", "no"):
            continue
        manager, name, version, rest = match.groups()
        if not version[:1].isdigit():
            continue
        by_pip = "pypi" in rest or "<pip>" in rest
        found.append(
            Package(
                name=normal(name),
                version=version,
                manager="conda" if manager == "conda" and not by_pip else "pip",
                # conda says it of what pip brought; pip's own list also names what conda brought.
                installer="pip" if manager == "conda" and by_pip else None,
            )
        )
    torch = {p.manager: p.version.partition("+")[0] for p in reversed(found) if p.name in TORCH}
    own = running.partition("+")[0]
    if torch.get("conda") == own != torch.get("pip", own):
        named = {p.name for p in found if p.manager == "conda"}.union(TORCH)
        found = [p for p in found if p.manager == "conda" or p.name not in named]
    return tuple(sorted(found, key=lambda p: p.manager == "conda"))
