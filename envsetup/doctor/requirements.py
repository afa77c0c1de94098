"""What a job demands of an environment (`--require`), and whether the machine has it.

One demand is a flag (`cuda`) or a measure with a relation and a value (`gpus>=8`). `:` means `>=`, as a
character that no shell takes for itself.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, cast

from envsetup.doctor.capabilities import LOOKS, Observation, flag, version_of, with_known_chips
from envsetup.model import Evidence, Finding, Fix, Machine, Record

if TYPE_CHECKING:
    from envsetup.knowledge import Knowledge

CODE = "RQ101"
SLUG = "requirement-unmet"
FLAGS = ("cuda", "rocm", "mps", "xpu")
MEASURES = ("gpus", "torch", "driver", "gpu-memory", "compute-capability", "python")
Relation: TypeAlias = Literal["", ">=", "<=", "==", "!=", ">", "<"]
RELATIONS = (">=", "<=", "==", "!=", ">", "<", ":")
LONGEST = 100

_NAME = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*")
_RELATION = re.compile(r"(>=|<=|==|!=|>|<|:)\s*")
_VALUE = re.compile(r"([0-9][0-9A-Za-z.+]*)\s*")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([a-z]*)", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_EXAMPLES = {
    "gpus": "8",
    "torch": "2.6",
    "driver": "580",
    "gpu-memory": "40GB",
    "compute-capability": "8.0",
    "python": "3.10",
}


class Need(Record):
    """One demand. `value` is None for a flag such as `cuda`."""

    text: str
    name: str
    relation: Relation = ""
    value: str | None = None


MEANT = {
    "gpu": "gpus:1",
    "gpu-count": "gpus:1",
    "vram": "gpu-memory:8GB",
    "memory": "gpu-memory:8GB",
    "pytorch": "torch:2.6",
    "compute": "compute-capability:8.0",
    "sm": "compute-capability:8.0",
    "nvidia": "cuda",
}
"""Words that people try to the demand that they mean."""


class NeedError(ValueError):
    """The expression can't be read; the text says where, and what is accepted."""


def read_need(text: str) -> Need:
    """Reads `cuda`, `gpus>=8`, `gpus:8`, `torch>=2.6`. Raises NeedError."""
    if len(text) > LONGEST:
        raise NeedError(f"{text[:20]!r}…: longer than {LONGEST} characters; state one demand")
    start = _NAME.match(text)
    name = start[1].lower() if start else ""
    if start is None or name not in FLAGS + MEASURES:
        meant = f" Did you mean {MEANT[name]}?" if name in MEANT else ""
        _refuse(
            text, start.start(1) if start else 0, f"no demand is called so.{meant} {_accepted()}"
        )
    at = start.end()
    if name in FLAGS:
        if at < len(text):
            _refuse(text, at, f"{name} takes no value: state it alone")
        return Need(text=text.strip(), name=name)
    relation = _RELATION.match(text, at)
    if relation is None:
        _refuse(text, at, _no_relation(name, text[at:]))
    value = _VALUE.match(text, relation.end())
    if value is None:
        why = "no number or version" if relation.end() < len(text) else "the value is missing"
        _refuse(text, relation.end(), f"{why}; write it as '{name}>={_EXAMPLES[name]}'")
    if value.end() < len(text):
        _refuse(text, value.end(), "more than one demand; give each a --require of its own")
    _check_value(text, name, value[1], value.start(1))
    return Need(text=text.strip(), name=name, relation=_relation(relation[1]), value=value[1])


def _accepted() -> str:
    return f"Accepted are {', '.join(FLAGS)}, and {', '.join(MEASURES)} with >= and a value"


def _no_relation(name: str, rest: str) -> str:
    quoted = f"'{name}>={_EXAMPLES[name]}'"
    if not rest:
        return (
            "no value. Shells take > for themselves: "
            f"quote it as {quoted}, or write {name}:{_EXAMPLES[name]}"
        )
    return f"none of {' '.join(RELATIONS)}; write it as {quoted}"


def _check_value(text: str, name: str, value: str, at: int) -> None:
    if name == "gpu-memory":
        size = _SIZE.fullmatch(value)
        if size is None or size[2].lower() not in _UNITS:
            _refuse(text, at, "no amount of memory; write it as 40GB or 40GiB")
    elif name == "gpus" and not value.isdigit():
        _refuse(text, at, "no number of GPUs")
    elif version_of(value) is None:
        _refuse(text, at, "no number or version")


def _refuse(text: str, at: int, why: str) -> NoReturn:
    """Raises NeedError that names the place, counted from 1."""
    rest = text[at:].split()
    here = f"at {rest[0]!r}" if rest else "at its end"
    raise NeedError(f"{text!r}, character {at + 1}, {here}: {why}")


def _relation(word: str) -> Relation:
    return cast("Relation", ">=" if word == ":" else word)


# -- deciding ------------------------------------------------------------------------------------


def unmet(
    needs: Iterable[Need], machine: Machine, knowledge: Knowledge | None = None
) -> Iterator[Finding]:
    """A finding for each demand that isn't met or can't be decided."""
    given = tuple(needs)
    if given and knowledge is not None:
        machine = with_known_chips(machine, knowledge)
    for need in given:
        met, seen = _decide(need, machine)
        if not met:
            what = "can't be decided" if met is None else "is not met"
            yield Finding(
                code=CODE,
                slug=SLUG,
                severity="error",
                confidence="high",
                message=f"The demand {need.text!r} {what}: {seen.words}.",
                subject=need.text,
                evidence=(Evidence(fact=seen.fact, value=seen.words, source=seen.source),),
                fixes=tuple(_fixes(need, seen)),
            )


def _decide(need: Need, machine: Machine) -> tuple[bool | None, Observation]:
    """Whether it is met (None: nobody knows), and what was seen."""
    if need.name in FLAGS:
        seen = flag(need.name, machine)
        return cast("bool | None", seen.value), seen
    seen = LOOKS[need.name](machine)
    if seen.missing:
        return False, seen
    if seen.value is None:
        return None, seen
    return bool(_RELATED[need.relation](seen.value, _wanted(need))), seen


def _wanted(need: Need) -> object:
    if need.name == "gpu-memory":
        return _bytes(need.value or "")
    return version_of(need.value or "")


def _bytes(text: str) -> int:
    size = _SIZE.fullmatch(text)
    assert size is not None, text
    return int(float(size[1]) * _UNITS[size[2].lower()])


_RELATED: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}


def _fixes(need: Need, seen: Observation) -> Iterator[Fix]:
    """The next step, where one command takes it."""
    if seen.value is None and not seen.missing:
        if seen.fact == "torch_runtime":
            yield Fix(
                text="Examine it with checks, which ask torch",
                argv=("envsetup", "doctor", "--require", need.text),
            )
        return
    if need.name in FLAGS or need.name == "torch":
        yield Fix(text="See which build of torch is right here", argv=("envsetup", "install-plan"))
