"""The environment reports of libraries above torch, put into the words of collect_env.

They print a key and a value a line, in whatever case and with whatever between the two: SGLang, MONAI,
OpenMMLab, detectron2, DeepSpeed, ComfyUI, Lightning, webui. Ultralytics and Unsloth print a banner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

PAIR = re.compile(
    r"^\W{0,3}([A-Za-z](?:[\w .,]{0,39}[\w.,])??)"
    r"(?:\"?\s{0,40}:\s|\s\.{2,60}\s|\s\s)\s{0,60}(?:[^\w\s]\W{0,2})?(\w.{0,400})$"
)
TUPLE = re.compile(r"\('([\w .]{2,40})', '?([^']{1,400}?)'?\)")
"""An item of a printed OrderedDict."""
BANNER = re.compile(
    r"(?:\bPython-(?P<python>\d\S{1,40}) )?\btorch[- ](?P<torch>\d\S{1,60}) (?P<device>CPU|MPS|CUDA):?\d{0,3} \("
)
"""Ultralytics' first line. CPU may have been asked for: of CUDA it says nothing then."""
PATCHED = (
    re.compile(
        r"^[\\/|\s]{1,20}(?P<name>\w[^.]{1,80})\. Num GPUs = (?P<count>\d{1,2})\. "
        r".{0,80}Platform: (?P<os>\w+)"
    ),
    re.compile(r"Torch: (?P<torch>\d\S{1,60})\. CUDA: .{1,60} Triton: (?P<triton>\d[\d.]{0,20}\d)"),
)
"""Unsloth's banner: the GPUs in one line, torch in the next."""
PIN = re.compile(r'^"(\w{1,40})==(\d[\w.+!-]{0,60})"')
"""An item of a list of packages in JSON."""
GPUS = re.compile(r"^GPU ((?:\d{1,3},\s?){0,64}\d{1,3})(?: Name)?$")
DEVICE = re.compile(r"^cuda:(\d{1,3}) (\S.{0,100}?)(?: : \w{1,40})?$")
BRACED = re.compile(r"\bCUDA:(\d{1,3}) \(([^()]{1,100}(?:\([^()]{1,20}\)[^()]{0,60})?), \d+MiB\)")
VERSION = re.compile(r"\d{1,4}(?:\.\d{1,6}){1,3}[\w.+!-]{0,40}")
RUNTIME = re.compile(r"^(?:- )?CUDA Runtime (\d{1,2}\.\d{1,2})$")
LIST = re.compile(r"^(?:[*-]\s)?(GPU|CUDA):$")
MEANINGS = {
    "pytorch": "PyTorch version",
    "torch": "PyTorch version",
    "python": "Python version",
    "cuda available": "Is CUDA available",
    "gpu available": "Is CUDA available",
    "has cuda": "Is CUDA available",
    "is cuda available": "Is CUDA available",
    "pytorch cuda": "Is CUDA available",
    "available": "Is CUDA available",
    "driver": "Nvidia driver version",
    "cuda driver": "Nvidia driver version",
    "nvidia driver": "Nvidia driver version",
    "torch cuda": "CUDA used to build PyTorch",
    "cuda compiled": "CUDA used to build PyTorch",
    "torch hip": "ROCM used to build PyTorch",
}
"""Keys without a `version` at their end."""
PLATFORMS = {
    "linux": "Linux", "win32": "Windows", "windows": "Windows", "nt": "Windows", "darwin": "macOS",
    "macos": "macOS",
}  # fmt: skip
SYSTEMS = ("sys platform", "os", "system", "platform", "python platform")
MACHINES = ("machine", "processor", "architecture")
COMPANIONS = ("torchvision", "torchaudio", "numpy", "triton")
MOST_GPUS = 64
FEWEST = 3
"""Facts that make a text a report; what torch was built with is known to a report alone."""


def translated(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines as collect_env would print them; none where the text is no such report.

    It is one where torch's version and at least two of Python, CUDA, driver and GPUs are told.
    """
    told: dict[str, str] = {}
    packages: dict[str, str] = {}
    for line in lines:
        for key, value in _pairs(line):
            _note(key.strip().lower(), value.strip(), told, packages)
        if runtime := RUNTIME.match(line):
            told.setdefault("CUDA used to build PyTorch", runtime.group(1))
    gpus = _numbered(lines) or _listed(lines)
    built = "CUDA used to build PyTorch" in told
    if "PyTorch version" not in told or (len(told) + bool(gpus) < FEWEST and not built):
        return ()
    return (
        *(f"{key}: {value}" for key, value in told.items()),
        *(["GPU models and configuration:"] if gpus else []),
        *(f"GPU {index}: {name}" for index, name in enumerate(gpus)),
        *(f"[pip3] {name}=={version}" for name, version in packages.items()),
    )


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    if banner := BANNER.search(line):
        yield "torch", banner["torch"]
        if banner["python"]:
            yield "python", banner["python"]
        if banner["device"] == "CUDA":
            yield "cuda available", "True"
        elif banner["device"] == "MPS":
            yield "os", "macOS"
    elif banner := PATCHED[0].search(line):
        yield "os", banner.group("os")
    elif banner := PATCHED[1].search(line):
        yield from banner.groupdict().items()
    elif pair := PAIR.match(line) or PIN.match(line):
        yield pair.group(1), pair.group(2)
    elif line.startswith("OrderedDict("):
        yield from TUPLE.findall(line)


def _note(key: str, value: str, told: dict[str, str], packages: dict[str, str]) -> None:
    key = re.sub(r"[_.]", " ", key).removesuffix(" version")
    version = VERSION.match(value)
    meaning = MEANINGS.get(key)
    if key in COMPANIONS and version:
        packages.setdefault(key, version.group())
    elif key in SYSTEMS and (word := re.match(r"[a-z]+\d*", value.lower())):
        if word.group() in PLATFORMS:
            told.setdefault("OS", PLATFORMS[word.group()])
        if word.group() in PLATFORMS and "-" in value:
            told.setdefault("Python platform", value.rstrip('",'))
    elif key in MACHINES:
        told.setdefault("Architecture", value)
    elif meaning == "Is CUDA available":
        told.setdefault(meaning, _answer(value))
    elif meaning == "Python version" and version:
        # The longer one of two tells the compiler too.
        if value.startswith(told.get(meaning, "").rstrip('",')):
            told[meaning] = value
    elif meaning and version:
        told.setdefault(meaning, version.group())


def _answer(value: str) -> str:
    """`No: torch.cuda.is_available() == False` as its first word."""
    return re.split(r"\W", value, maxsplit=1)[0]


def _numbered(lines: tuple[str, ...]) -> list[str]:
    names: dict[int, str] = {}
    for line in lines:
        names.update({int(n): name for n, name in BRACED.findall(line)})
        if banner := PATCHED[0].search(line):
            names.update(dict.fromkeys(range(int(banner.group("count"))), banner.group("name")))
        pair = PAIR.match(line)
        if pair is None:
            continue
        numbers = GPUS.match(pair.group(1))
        device = DEVICE.match(pair.group(2))
        if numbers:
            name = pair.group(2).partition("(arch=")[0].rstrip()
            names.update({int(n): name for n in numbers.group(1).split(",")})
        elif device:
            names[int(device.group(1))] = device.group(2)
        elif pair.group(1) == "gpu.name":
            names[0] = pair.group(2)
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
