"""The environment reports of libraries above torch, put into the words of collect_env.

SGLang, OpenMMLab and detectron2 print a key and a value a line (`PyTorch: 2.9.1+cu129`), GPUs of one
name together (`GPU 0,1: ...`); Lightning prints nested lists.
"""

from __future__ import annotations

import re

PAIR = re.compile(r"^([A-Za-z][\w .,]{1,40}?)(?:\s{0,40}:\s{1,40}|\s{2,60})(\S.{0,400})$")
GPUS = re.compile(r"^GPU ((?:\d{1,3},\s?){0,64}\d{1,3})$")
VERSION = re.compile(r"\d{1,4}(?:\.\d{1,6}){1,3}[\w.+!-]{0,40}")
RUNTIME = re.compile(r"^(?:- )?CUDA Runtime (\d{1,2}\.\d{1,2})$")
LIST = re.compile(r"^(?:[*-]\s)?(GPU|CUDA):$")
MEANINGS = {
    "pytorch": "PyTorch version",
    "torch": "PyTorch version",
    "python": "Python version",
    "cuda available": "Is CUDA available",
    "gpu available": "Is CUDA available",
    "available": "Is CUDA available",
    "driver version": "Nvidia driver version",
    "cuda driver version": "Nvidia driver version",
}
PLATFORMS = {"linux": "Linux", "win32": "Windows", "windows": "Windows", "darwin": "macOS"}
COMPANIONS = ("torchvision", "torchaudio", "numpy", "triton")
MOST_GPUS = 64


def translated(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines as collect_env would print them; none where the text is no such report.

    It is one where torch's version and at least two of Python, CUDA, driver and GPUs are told.
    """
    told: dict[str, str] = {}
    packages: dict[str, str] = {}
    for line in lines:
        if pair := PAIR.match(line):
            _note(pair.group(1).strip().lower(), pair.group(2).strip(), told, packages)
        if runtime := RUNTIME.match(line):
            told.setdefault("CUDA used to build PyTorch", runtime.group(1))
    gpus = _numbered(lines) or _listed(lines)
    if "PyTorch version" not in told or len(told) + bool(gpus) < 3:
        return ()
    return (
        *(f"{key}: {value}" for key, value in told.items()),
        *(["GPU models and configuration:"] if gpus else []),
        *(f"GPU {index}: {name}" for index, name in enumerate(gpus)),
        *(f"[pip3] {name}=={version}" for name, version in packages.items()),
    )


def _note(key: str, value: str, told: dict[str, str], packages: dict[str, str]) -> None:
    version = VERSION.match(value)
    if key in COMPANIONS and version:
        packages.setdefault(key, version.group())
    elif key in ("sys.platform", "os") and value.lower() in PLATFORMS:
        told.setdefault("OS", PLATFORMS[value.lower()])
    elif MEANINGS.get(key) == "Is CUDA available":
        told.setdefault("Is CUDA available", _answer(value))
    elif key in MEANINGS and version:
        told.setdefault(MEANINGS[key], version.group())


def _answer(value: str) -> str:
    """`No: torch.cuda.is_available() == False` as its first word."""
    return re.split(r"\W", value, maxsplit=1)[0]


def _numbered(lines: tuple[str, ...]) -> list[str]:
    names: dict[int, str] = {}
    for line in lines:
        pair = PAIR.match(line)
        numbers = GPUS.match(pair.group(1)) if pair else None
        if pair and numbers:
            name = re.sub(r"\s*\(arch=.*$", "", pair.group(2))
            names.update({int(n): name for n in numbers.group(1).split(",")})
    return [names[n] for n in sorted(names)][:MOST_GPUS]


def _listed(lines: tuple[str, ...]) -> list[str]:
    """The names below `GPU:` up to the next key."""
    start = next((n for n, line in enumerate(lines) if LIST.match(line) and "GPU" in line), None)
    names: list[str] = []
    for line in lines[start + 1 : start + 1 + MOST_GPUS] if start is not None else ():
        if ":" in line or not line:
            break
        names.append(line)
    return names
