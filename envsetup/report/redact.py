"""Takes what is personal out of a report: the default of every format.

`--full` keeps paths, names and packages, and never credentials.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

from msgspec.structs import replace

from envsetup.model import Known, Machine, Package, Report, value_of
from envsetup.report.addresses import ANOTHER, Kept, addresses_cleaned, is_pytorch
from envsetup.report.texts import mapped, texts_of
from envsetup.report.usernames import as_words, homes_out, last_of, owners
from envsetup.report.variables import Wires, names_a_host, private_words, told_variables
from envsetup.report.working_folder import from_folder
from envsetup.rules.shared.torch_requirements import OTHERS
from envsetup.sanitize import encodable

T = TypeVar("T")

UUID = re.compile(
    r"\b(GPU-|MIG-)?(?!8be4df61-93ca-11d2-aa0d-00e098032b8c)"
    r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b",
    re.IGNORECASE,
)
"""All but that of the variables of UEFI itself, which is the same everywhere."""
DASHES_OF_UUID = 4
LOGIN = re.compile(r"//[^/\s\"']*@")
TOKENS = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"
    r"npm_[A-Za-z0-9]{20,}|pypi-[\w-]{30,}|sk-[\w-]{20,}|xox[abpr]-[\w-]{10,}|A(?:K|S)IA[0-9A-Z]{16}|"
    r"eyJ[\w-]{10,500}\.[\w-]{10,4000}\.[\w-]+)"
)
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----END)[\s\S])*")
BEARER = re.compile(r"((?:bearer|basic) )[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
AUTHORIZATION = re.compile(
    r"(authorization[\"']?\s*[=:]\s*[\"']?(?:\w{1,20} )?)[^\s\"',;&]+", re.IGNORECASE
)
NAMED_SECRET = re.compile(
    r"((?:secret|passw(?:or)?d|api[_-]?key|credential|signature|[?&]sig)[\w-]{0,64}[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]+",
    re.IGNORECASE,
)
NAMED_TOKEN = re.compile(
    # Numbers of tokens and versions of tokenizers are no secrets.
    r"(token(?!ize)[\w-]{0,64}[\"']?\s*[=:]\s*[\"']?)(?!\d[\d.,_]*(?:[\s\"',;&)]|$))[^\s\"',;&]+",
    re.IGNORECASE,
)
NETRC = re.compile(r"(\blogin\s{1,8}\S{1,200}\s{1,8}password\s{1,8})\S+", re.IGNORECASE)
OPTION = re.compile(
    r"(--(?:[\w-]{1,30}-)?(?:password|passwd|token|secret|api-?key)[ \t]{1,8}[\"']?)[^\s\"'-][^\s\"']*",
    re.IGNORECASE,
)
BEHIND_A_NAME = {
    AUTHORIZATION: ("authorization",),
    BEARER: ("bearer", "basic"),
    NAMED_SECRET: ("secret", "pass", "api", "credential", "signature", "sig"),
    NAMED_TOKEN: ("token",),
    NETRC: ("login",),
    OPTION: ("--",),
}
"""Pattern of a secret behind a name to the words of which one stands in every match: most texts have
none, and of a hundred thousand findings each is looked at."""
INSIDE = re.compile(
    r"(?<=//)(?:[\w-]{1,63}\.){0,8}(?:internal|corp|local|lan|intranet|private)(?=[:/\s\"',;]|$)"
    r"|\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}(?=:\d{2,5}\b)"
    r"|(?<=//)(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}"
    r"|\bf(?:e80|[cd][0-9a-f]{2}):[0-9a-f:]{2,40}",
    re.IGNORECASE,
)
"""Names and addresses that only an inner network knows, where a URL or a port says that it is one:
`10.3.9.90` alone is a version of cuRAND."""
SECRET_NAME = re.compile(r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|CREDENTIALS?)(?:$|_)")
PROMPT = re.compile(r"\b[\w.-]{1,64}@[\w.-]{1,63}(?=:[~/])")
MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,7}\.[A-Za-z]{2,24}\b")
SERIAL = re.compile(
    r"(\bserial(?: ?(?:number|no\.?))?[\"']?\s*[=:]\s*[\"']?)\w[\w-]*", re.IGNORECASE
)
FAMILY = re.compile(
    r"torch|nvidia-|triton|^numpy$|flash-attn|xformers|bitsandbytes|transformers|accelerate|vllm|deepspeed|"
    r"^cuda-|^intel-|mkl|^setuptools$|^pip$"
)
"""Packages that a reader of a report needs; the others become a count."""
REQUIRED = re.compile(r"[A-Za-z0-9][\w.-]*")
"""The name with which a requirement begins."""
FILE_SERVER = re.compile(
    r"(?<![\w\\])(\\\\{2,4})(?!wsl|[.?]\\)[\w.-]{1,64}(?=\\)|(?<![\w.-])(/net/)[\w.-]{1,64}"
)
"""The server in a path of Windows' network, and in one that automount makes."""


def redact(
    report: Report, names: Iterable[str] = (), hosts: Iterable[str] = (), folder: str = ""
) -> Report:
    """The report as it may be shown to strangers. Doing it twice changes nothing more.

    `names` are those of users that the report's own paths may not give away, `hosts` this machine's own;
    paths below `folder` are told from there.
    """
    if report.full:
        return _walk(report, in_full)
    kept = replace(report, machine=less_told(report.machine))
    return _walk(kept, cleaner(report, names, hosts, folder))


def redact_machine(
    machine: Machine,
    full: bool = False,
    names: Iterable[str] = (),
    hosts: Iterable[str] = (),
    folder: str = "",
) -> Machine:
    if full:
        return _walk(machine, in_full)
    return _walk(less_told(machine), cleaner(machine, names, hosts, folder))


def redact_text(
    text: str,
    machine: Machine,
    names: Iterable[str] = (),
    hosts: Iterable[str] = (),
    folder: str = "",
) -> str:
    """A text of our own that may quote anything, such as an error, as it may be shown to strangers."""
    return cleaner(machine, {*names, *owners([text])}, hosts, folder)(text)


def in_full(text: str) -> str:
    """A text as `--full` has it: paths, names and hosts stay, credentials don't."""
    return credentials_out(text, "host")


def cleaner(
    source: Machine | Report,
    names: Iterable[str] = (),
    hosts: Iterable[str] = (),
    folder: str = "",
) -> Callable[[str], str]:
    """Takes out homes, names, credentials and, under a salt of its own, device UUIDs.

    Whose they are is read from all of the source, also from what a shown report leaves out.
    """
    salt, near = cache(_salt), from_folder(folder)
    machine = source.machine if isinstance(source, Report) else source
    homes = sorted(_homes(machine), key=len, reverse=True)
    texts = texts_of(source)
    people = as_words({*owners(texts), *map(last_of, homes), *names})
    words = _private_words(machine, hosts)
    private = _any_word(words)

    @cache  # a report says the same folder hundreds of times
    def clean(text: str) -> str:
        text = near(text)
        for home in homes:
            text = re.sub(rf"{re.escape(home)}(?=[/\\\s:;,\"']|$)", "~", text)
        text = homes_out(credentials_out(text, "kind"))
        if "\\\\" in text or "/net/" in text:
            text = FILE_SERVER.sub(lambda m: (m[1] or m[2]) + ANOTHER, text)
        text = MAIL.sub("***", PROMPT.sub("***", text)) if "@" in text else text
        text = private.sub(lambda m: words[m[0].lower()], text) if private is not None else text
        text = INSIDE.sub("***", text) if ":" in text else text
        text = SERIAL.sub(r"\1***", text) if "serial" in text.casefold() else text
        text = people.sub("***", text) if people is not None else text
        if text.count("-") < DASHES_OF_UUID:
            return text
        return UUID.sub(lambda m: (m.group(1) or "") + hashed(m.group(2), salt()), text)

    return clean


def _private_words(machine: Machine, hosts: Iterable[str]) -> dict[str, str]:
    """In lower case, each with what stands in its place: hosts, and what people called interfaces."""
    short = {host.split(".")[0] for host in hosts}
    own = {host: "***" for host in {*hosts, *short} if len(host) > 2 and names_a_host(host)}
    told = private_words(value_of(machine.environment) or {}, wires_of(machine))
    return {word.lower(): shown for word, shown in {**own, **told}.items()}


def _any_word(words: Iterable[str]) -> re.Pattern[str] | None:
    listed = "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w.-])(?:{listed})(?![\w-]|\.\w)", re.IGNORECASE) if listed else None


def wires_of(machine: Machine) -> Wires:
    adapters = (port.device for port in value_of(machine.rdma_ports) or ())
    return Wires.of((*(value_of(machine.interfaces) or ()), *adapters))


def credentials_out(text: str, kept: Kept = "path") -> str:
    """Text without credentials: in URLs, of known forms, and values of what is named a secret.

    `kept`: how much stays of a URL of a host that isn't public.
    """
    text = addresses_cleaned(encodable(text), kept)
    text = LOGIN.sub("//", text) if "@" in text else text
    text = TOKENS.sub("***", text)
    text = PRIVATE_KEY.sub("***", text) if "PRIVATE KEY" in text else text
    folded = text.casefold()
    for pattern, words in BEHIND_A_NAME.items():
        if any(word in folded for word in words):
            text = pattern.sub(r"\1***", text)
    return text


def _salt() -> bytes:
    import secrets

    return secrets.token_bytes(8)


def hashed(uuid: str, salt: bytes) -> str:
    import hashlib

    return "h" + hashlib.sha256(salt + uuid.lower().encode()).hexdigest()[:12]


def _homes(machine: Machine) -> set[str]:
    found = {f.path for f in value_of(machine.storage) or () if f.role == "home"}
    return {h for h in found if h.rstrip("/\\") and h not in ("/", "~")}


def clean_record(value: T, clean: Callable[[str], str]) -> T:
    """The same record with every text in it cleaned."""
    return _walk(value, clean)


def _walk(value: T, clean: Callable[[str], str]) -> T:
    """The same record with every text in it cleaned, keys of dictionaries too.

    A text under a name that says that it is a secret, such as a variable HF_TOKEN, goes whole.
    """

    def entry(name: str, text: str) -> str:
        return "***" if SECRET_NAME.search(name) else clean(text)

    return mapped(value, clean, entry=entry)


def less_told(machine: Machine) -> Machine:
    """Without packages that are nobody's business; variables, interfaces and addresses as what they are."""
    wires = wires_of(machine)
    facts: dict[str, Any] = {}
    if isinstance(machine.environment, Known):
        facts["environment"] = _known_as(
            machine.environment, told_variables(machine.environment.value, wires)
        )
    if isinstance(machine.interfaces, Known):
        names = tuple(map(wires.told, machine.interfaces.value))
        facts["interfaces"] = _known_as(machine.interfaces, names)
    if isinstance(machine.rdma_ports, Known):
        ports = tuple(replace(p, device=wires.told(p.device)) for p in machine.rdma_ports.value)
        facts["rdma_ports"] = _known_as(machine.rdma_ports, ports)
    if isinstance(machine.packages, Known):
        facts["packages"] = _known_as(machine.packages, _family_alone(machine.packages.value))
    return replace(machine, **facts)


def _known_as(fact: Known[Any], value: T) -> Known[T]:
    return Known(value=value, source=fact.source)


def _family_alone(packages: tuple[Package, ...]) -> tuple[Package, ...]:
    named = {OTHERS, *_asked_for_by_torch(packages)}
    kept = [_without_origin(p) for p in packages if FAMILY.search(p.name) or p.name in named]
    left = len(packages) - len(kept)
    if left:
        kept.append(Package(name=OTHERS, version=str(left)))
    return tuple(kept)


def _without_origin(package: Package) -> Package:
    """Which index or repository it came from is told only of PyTorch's own, and of a folder here."""
    url = package.url
    if url is None or is_pytorch(url) or url.startswith("file:"):
        return package
    return replace(package, url=ANOTHER)


def _asked_for_by_torch(packages: Iterable[Package]) -> set[str]:
    """Names that torch's public metadata gives: without them it would look as if they were missing."""
    lines = (line for p in packages if p.name == "torch" for line in p.requires)
    return {_canonical(found[0]) for line in lines if (found := REQUIRED.match(line))}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
