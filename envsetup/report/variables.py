"""What a report tells of an environment variable: by what it means, never by what it is called.

What names a host, an index, a proxy or an interface is told as what it is: `set`, `another`, or itself
where it tells nothing of anybody (the loopback, PyTorch's own index, `eth0`). What stays is enough for
the rules: they judge a saved report as they judged the machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import field

from envsetup.model import Record
from envsetup.report.addresses import (
    ANOTHER,
    addresses_cleaned,
    host_of,
    is_loopback,
    is_public,
    is_pytorch,
)

SET = "set"
LOOPBACK = "loopback"
PLACEHOLDERS = (SET, ANOTHER, LOOPBACK)
GIVEN = "given-"
COMMON_WIRE = re.compile(
    r"(?:lo|eth|eno|ens|enp|ib|ibs|ibp|wlan|wlp|docker|bond|hsn|ifb|virbr)[\da-fnpsu]{0,10}"
    r"|(?:mlx[45]|irdma|efa|hns|bnxt_re|qedr)_?\d{1,3}|(?:rocep|rdmap|ibp)\d[\da-fnpsu]{0,12}"
    rf"|{GIVEN}\d+|another"
)
"""Names that systems give by themselves; `enx` holds the card's number, others may be people's."""
STEMS = (
    "lo",
    "eth",
    "eno",
    "ens",
    "enp",
    "ib",
    "wlan",
    "wlp",
    "docker",
    "bond",
    "hsn",
    "mlx5",
    "mlx4",
)
HOSTS = re.compile(r"_ADDR$|_HOST$|HOSTNAME|_COMM_ID$|_ENDPOINT$|_SERVER$")
PROXIES = re.compile(r"_PROXY$", re.IGNORECASE)
INDEXES = re.compile(r"_INDEX(?:_URL)?$|_FIND_LINKS$|_TRUSTED_HOST$|CHANNEL|_MIRROR$|_URL$")
WIRES = re.compile(r"IFNAME|NET_DEVICES|_HCA$|_INTERFACE")
SWITCHES = re.compile(
    r"(?:CUDA|NVIDIA|TORCH|TORCHINDUCTOR|PYTORCH|OMP|MKL|KMP|GOMP|HIP|HSA|ROCR|ROCM|MIOPEN|ZE|ONEAPI|SYCL"
    r"|TRITON|CUBLAS|CUDNN|BNB|NVCC|OPENBLAS|UV_TORCH)_|(?:CC|CXX|CUDAHOSTCXX|LANG|LC_ALL)$"
)
"""Beginnings of the names of settings of compute libraries: their values are words of those libraries."""
PATH = re.compile(r"[:;\s]*(?:(?:[A-Za-z]:)?[\\/]|~|\.{1,2}[\\/]|lib[\w.+-]+\.(?:so|dll|dylib))")
HOST_LIKE = re.compile(r"(?<![\w.-])(?!torch\.)[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)+(?![\w.])|@|://")
HOST_NAME = re.compile(
    r"(?<![\w.-])[A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![\w.-])"
)
PLAIN = re.compile(
    r"(?!\d+\.\d+\.\d+\.\d+$)[-+]?\d[\d.]{0,20}[kmgt%]?|0x[\da-f]{1,16}|y|n|yes|no|on|off|true|false|auto|none|all|default|base|always|never"
    r"|info|warn|version|trace|abort|init|coll|p2p|shm|net|graph|tuning|env|alloc|call|bootstrap|reg|profile"
    r"|ring|tree|collnet(?:direct|chain)?|nvls(?:tree)?|ll|ll128|simple|sys|phb|pix|pxb|loc|nvl|node|af_inet6?"
    r"|ib|socket|tcp|rc|ud|dc|sm|self|cuda|cuda_copy|cuda_ipc|gdr_copy|rocm|cma|posix|sysv|knem|disabled?|enabled?"
    r"|subprocess|import|conda-forge|defaults|pytorch|nvidia|pytorch-nightly|intel|rapidsai",
    re.IGNORECASE,
)
SEPARATORS = re.compile(r"[\s,;:=+^|]+")
PUBLIC_CHANNELS = (
    "conda-forge",
    "defaults",
    "main",
    "r",
    "pytorch",
    "pytorch-nightly",
    "nvidia",
    "intel",
)
WORDS = (
    "another", "master", "head", "server", "node", "main", "host", "hosts", "rank", "worker", "proxy", "index",
    "torch", "pytorch", "cuda", "nvidia", "linux", "windows", "debian", "ubuntu", "python", "docker", "train",
    "training", "build", "runner", "test", "local", "name", "none",
)  # fmt: skip
"""Hosts that are called so name nobody, and the reports need the words."""
DEVICE = re.compile(
    r"(?:gb|gh|mi|rtx|gtx|[abhlvtp]|sm|cu|gfx|cuda|rocm|xpu|cpu|python|py|cp)[_-]?[\d.]{1,6}[a-z]{0,2}",
    re.IGNORECASE,
)
"""Machines are called h100 and cuda12, too, and a report is about such things."""
LOCALE = re.compile(r"[A-Za-z]{1,3}(?:_[A-Z]{2})?(?:\.[A-Za-z0-9-]{1,12})?(?:@\w{1,12})?|C|POSIX")


class Wires(Record):
    """What people called their network's interfaces and adapters, each with the name that is told."""

    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Iterable[str]) -> Wires:
        """Names that systems give stay; others are numbered, so that rules can still compare them."""
        given = [name for name in dict.fromkeys(found) if not COMMON_WIRE.fullmatch(name)]
        return cls(names={name: f"{GIVEN}{i}" for i, name in enumerate(given, 1)})

    def told(self, name: str) -> str:
        return self.names.get(name, name)

    def told_of_setting(self, value: str) -> str:
        """A value of NCCL_SOCKET_IFNAME or its like: beginnings of names, with ^ and = before them."""
        start = re.match(r"[\^=]*", value)
        head = start[0] if start else ""
        parts = (self.told_part(part) for part in value[len(head) :].split(","))
        return head + ",".join(parts)

    def told_part(self, part: str) -> str:
        """One beginning of a name, with its port, as it is told."""
        name, colon, port = part.partition(":")
        port = port if port.isdigit() else ""
        if name in self.names or COMMON_WIRE.fullmatch(name) or _begins_a_common(name):
            return self.told(name) + (colon + port if port else "")
        begun = [told for raw, told in self.names.items() if raw.startswith(name)]
        return ",".join(begun) or ANOTHER


def _begins_a_common(name: str) -> bool:
    return any(stem.startswith(name) for stem in STEMS)


def told_variables(environment: Mapping[str, str], wires: Wires) -> dict[str, str]:
    """The variables as a report tells them. Doing it twice changes nothing more."""
    told = {name: _told(name, value, wires) for name, value in environment.items()}
    for name, value in environment.items():
        upper = environment.get(name.upper())
        differs = upper is not None and upper.rstrip("/") != value.rstrip("/")
        if name.islower() and PROXIES.search(name) and differs:
            told[name] = (
                value if value in PLACEHOLDERS else ANOTHER
            )  # the rule sees that they differ
    return told


def _told(name: str, value: str, wires: Wires) -> str:
    if not value or value in PLACEHOLDERS:
        return value
    if WIRES.search(name):
        return wires.told_of_setting(value)
    kinds: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
        (PROXIES, _proxy),
        (INDEXES, told_indexes),
        (HOSTS, _host),
    )
    tell = next((tell for pattern, tell in kinds if pattern.search(name)), None)
    return tell(value) if tell is not None else _setting(name, value)


def _host(value: str) -> str:
    return value if is_loopback(value) else ANOTHER


def _proxy(value: str) -> str:
    return LOOPBACK if is_loopback(value) else SET


def told_indexes(value: str) -> str:
    """Each of several indexes, channels or hosts: PyTorch's own by its URL, a folder here, or `another`."""
    return " ".join(_index(word) for word in re.split(r"[\s,]+", value.strip()) if word)


def _index(word: str) -> str:
    if is_pytorch(word):
        return addresses_cleaned(word)
    if PLAIN.fullmatch(word):  # PIP_NO_INDEX=1
        return word
    if word in PUBLIC_CHANNELS or (PATH.match(word) and not word.startswith(("//", "\\\\"))):
        return word
    return word if word.lower().startswith("file:///") else ANOTHER


def _setting(name: str, value: str) -> str:
    """A path, a number or a word of a known list; settings of compute libraries as they are."""
    if PATH.match(value):
        return value
    if name in ("LANG", "LC_ALL"):
        return value if LOCALE.fullmatch(value) else SET
    if SWITCHES.match(name):
        return SET if HOST_LIKE.search(value) else value
    words = [word for word in SEPARATORS.split(value) if word]
    return value if all(PLAIN.fullmatch(word) for word in words) else SET


def private_words(environment: Mapping[str, str], wires: Wires) -> dict[str, str]:
    """What variables give away that may stand in other texts too, each with what is told in its place."""
    found = dict(wires.names)
    for name, value in environment.items():
        if not value or value in PLACEHOLDERS:
            continue
        if WIRES.search(name):
            parts = (part.partition(":")[0] for part in value.lstrip("^=").split(","))
            found |= {part: told for part in parts if (told := wires.told_part(part)) != part}
        elif PROXIES.search(name) or INDEXES.search(name) or HOSTS.search(name):
            hosts = map(host_of, re.split(r"[\s,]+", value))
            found |= {host: ANOTHER for host in hosts if names_a_host(host)}
        elif _setting(name, value) == SET:
            found |= {host: ANOTHER for host in HOST_NAME.findall(value) if names_a_host(host)}
    return {word: told for word, told in found.items() if len(word) > 1}


def names_a_host(word: str) -> bool:
    """Whether a host is worth looking for in other texts: its name is no word that they need."""
    if (
        is_loopback(word)
        or is_public(word)
        or PATH.match(word)
        or not re.fullmatch(r"[\w.:-]+", word)
    ):
        return False
    if re.search(r"[.\d-]", word):
        return not PLAIN.fullmatch(word) and not DEVICE.fullmatch(word)
    return len(word) > 3 and word.lower() not in WORDS and not PLAIN.fullmatch(word)
