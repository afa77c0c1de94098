"""What carried a pasted text put around it: a log's times, a container's name, a chat's single line.

Nothing here knows a program that writes logs. The words that the text itself must hold say where its
lines begin; what stands before them, line after line, is the wrapping.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

KEYS = (
    "PyTorch version", "Is debug build", "CUDA used to build PyTorch", "ROCM used to build PyTorch",
    "XPU used to build PyTorch", "OS", "GCC version", "Clang version", "CMake version", "Libc version",
    "Python version", "Python platform", "Is CUDA available", "Is XPU available", "CUDA runtime version",
    "CUDA_MODULE_LOADING set to", "GPU models and configuration", "Nvidia driver version", "cuDNN version",
    "HIP runtime version", "MIOpen runtime version", "Is XNNPACK available", "CPU", "Architecture",
    "Versions of relevant libraries", "Is MPS available",
)  # fmt: skip
"""What `torch.utils.collect_env` prints before its colons."""
_ANY_KEY = "|".join(re.escape(key) for key in KEYS)
_LONG_KEY = "|".join(re.escape(key) for key in KEYS if " " in key)

START = re.compile(
    rf"(?:{_LONG_KEY})\s{{0,40}}:|\[(?:pip3?|conda)\]\s\w|\|\s+NVIDIA-SMI\s|[+]-{{10}}|[|]={{10}}"
    r"|GPU\s\d{1,3}:\s\S[^()]{1,80}\(UUID"
)
"""The start of a line of collect_env or of nvidia-smi's table, and of hardly anything else."""
NEXT = re.compile(
    rf"(?<!\s)\s+(?=(?:{_ANY_KEY})\s{{0,40}}:\s|GPU\s\d{{1,4}}:\s|\[(?:pip3?|conda)\]\s|={{6}}|[|]\s+NVIDIA-SMI\s"
    r"|[+]-{10}|[|]={10}|[|]\s+\d{1,3}\s+[A-Z])"
)
"""The gap before such a line in a text whose line breaks became spaces."""
CLOSING = re.compile(r'(?<!\\)"')
"""The end of a JSON string."""
LONGEST_PREFIX = 120
"""Characters that the wrapping may put before a line."""
FEWEST = 2
"""Lines that must begin alike before that counts as wrapping."""


def unwrapped(text: str) -> Iterator[str]:
    """The lines of the text as they were before something carried them."""
    lines = [line for row in text.split("\n") for line in _unfolded(row)]
    prefixes = _prefixes(lines)
    for line in lines:
        yield _without(line, prefixes)


def _unfolded(row: str) -> list[str]:
    """The lines that one line holds: of a JSON string, or of a text that lost its line breaks."""
    if len(row) < LONGEST_PREFIX or len(START.findall(row)) <= FEWEST:
        return [row]
    if "\\n" not in row:
        return NEXT.split(row)
    first = START.search(row)
    body = CLOSING.split(row[first.start() :] if first else row, maxsplit=1)[0]
    for escaped, meant in (("\\r", ""), ("\\n", "\n"), ("\\t", "\t"), ('\\"', '"')):
        body = body.replace(escaped, meant)
    return body.split("\n")


def _prefixes(lines: list[str]) -> list[re.Pattern[str]]:
    """The wrapping before the lines that are known by their start, numbers in it left open."""
    found: Counter[str] = Counter()
    for line in lines:
        start = START.search(line, 0, 2 * LONGEST_PREFIX)
        if start and line[: start.start()].strip() and start.start() <= LONGEST_PREFIX:
            found[_shape(line[: start.start()])] += 1
    return [re.compile(shape) for shape, count in found.most_common(3) if count >= FEWEST]


def _shape(prefix: str) -> str:
    parts = re.split(r"(\d+|\s+)", prefix)
    return "".join(
        r"\d+" if part.isdigit() else r"\s*" if part.isspace() else re.escape(part)
        for part in parts
    )


def _without(line: str, prefixes: list[re.Pattern[str]]) -> str:
    for prefix in prefixes:
        if match := prefix.match(line):
            bare = line[match.end() :]
            return bare.rstrip(" |") if prefix.pattern.startswith(r"\|") else bare
    return line
