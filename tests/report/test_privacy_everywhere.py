"""Whatever text a report can carry, in whichever field, tells nothing personal and no secret.

The fields are found by walking the types of the model: one that is added tomorrow is tested tomorrow.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envsetup.host.identity import user_names
from envsetup.model import Absent, Known, Machine, Record, Report, Source, Unreadable
from envsetup.report import FORMATS, render
from envsetup.report.redact import redact, redact_machine

Text = Callable[[str], str]
"""Gives the text of the field at a path."""
Place = tuple[Any, str, str]
NAME = "Quenby"


@cache
def hints_of(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, vars(sys.modules[kind.__module__]))


class Maker:
    """Makes values of the model's types, each text in them as `text` has it, nothing left out.

    Facts are in one state, but for those about records, whose own facts would not be reached else.
    """

    def __init__(self, state: Any, text: Text) -> None:
        self.state, self.text = state, text

    def made(self, kind: Any, path: str) -> Any:
        origin, inner = get_origin(kind), get_args(kind)
        if kind is str:
            return self.text(path)
        if kind in (int, float, bool):
            return kind(1)
        if origin is Literal:
            return inner[0]
        if origin is tuple:
            return (self.made(inner[0], f"{path}[]"),)
        if origin is dict:
            return {self.made(inner[0], f"{path}.key"): self.made(inner[1], f"{path}.value")}
        if origin in (Union, types.UnionType):
            return self.made(self.widest(inner), path)
        if isinstance(origin or kind, type) and issubclass(origin or kind, Record):
            return self.record(kind, path)
        raise AssertionError(f"{path}: how is a {kind} made?")

    def widest(self, choices: tuple[Any, ...]) -> Any:
        """Of a union what can carry a text: a fact in its state, the words of a measurement."""
        states = {get_origin(c) or c: c for c in choices}
        if Known in states:
            about = get_args(states[Known])[0]
            return states[
                Known if isinstance(about, type) and issubclass(about, Record) else self.state
            ]
        return str if str in choices else next(c for c in choices if c is not type(None))

    def record(self, kind: Any, path: str) -> Any:
        origin = get_origin(kind) or kind
        bound = dict(zip(getattr(origin, "__parameters__", ()), get_args(kind), strict=False))
        hints = hints_of(origin)
        return origin(
            **{
                n: self.made(bound.get(hints[n], hints[n]), f"{path}.{n}")
                for n in origin.__struct_fields__
            }
        )


def report_of(text: Text, state: Any = Known) -> Report:
    made: Report = Maker(state, text).made(Report, "report")
    return msgspec.structs.replace(made, full=False)


def paths_with_text(state: Any) -> list[str]:
    found: list[str] = []

    def note(path: str) -> str:
        found.append(path)
        return f"text {len(found)}"

    report_of(note, state)
    return found


PATHS = {state: paths_with_text(state) for state in (Known, Absent, Unreadable)}
ANYWHERE = st.sampled_from(list(PATHS)).flatmap(
    lambda state: st.tuples(st.just(state), *[st.sampled_from(PATHS[state])] * 2)
)
"""A state of the facts, and two fields of a report whose facts are in it."""
SECRETS = [
    "hf_abcdefghijklmnopqrstuvwx",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "glpat-abcdefghijklmnopqrst",
    "AKIAABCDEFGHIJKLMNOP",
]
PLANTED = {
    # What stands in a text, and what of it may be seen nowhere.
    **{f"before {secret} after": secret for secret in SECRETS},
    "https://ann:correct-horse@example.org/simple": "correct-horse",
    "https://example.org/simple?token=correct-horse": "correct-horse",
    "Authorization: Bearer correct.horse.battery": "correct.horse",
    "HF_TOKEN=correct-horse": "correct-horse",
    "password: correct-horse": "correct-horse",
    "ask ann.smith@example.org": "ann.smith",
}
FOLDERS = [
    "/home/{}/env/bin/python",
    "/gpfs/home/{}/env",
    "/gpfs/data/physics/{}",
    "/lustre/projects/ai/{}/.venv/lib/python3.12",
    "/lustre/home/{}",
    "/scratch/{}/torch",
    "/scratch-ssd/{}/torch",
    "/cluster/home/{}/torch",
    "/mnt/c/Users/{}/env",
    "/c/Users/{}/env",
    "C:\\Users\\{}\\env",
    "C:\\\\Users\\\\{}\\\\env",
    "D:/Users/{}/env",
    "\\\\wsl.localhost\\Ubuntu\\home\\{}\\env",
    "/Users/{}/Library/Caches",
    "/nfs/people3/{}/.local/lib/python3.11/site-packages",
    "/vol/{}/.conda/envs/train/bin",
    "/tmp/torchinductor_{}/cache",
    "/media/{}/disk",
]
BARE = [
    "made by {} today",
    "conda env {}-torch",
    "{}@node17:~/work$ ls",
    "({})",
    "owner={}",
    "run_{}_3",
]
formats = st.sampled_from(sorted(FORMATS))


def test_the_walk_finds_the_fields() -> None:
    assert {
        "report.machine.python.value.executable",
        "report.machine.gpus.value[].health.throttle_reasons[]",
        "report.findings[].fixes[].argv[]",
        "report.plan.applied.restore[].env.value",
        "report.checks[].measurements.value.value",
        "report.settings.file",
        "report.machine.os.tried[].ref",
        "report.machine.nvidia_driver.value.nvml.detail",
        "report.machine.torch.value.arch_list.source.ref",
    } <= {path for paths in PATHS.values() for path in paths}


def at(place: str, planted: str) -> Text:
    return lambda path: planted if path == place else path


@settings(max_examples=100, deadline=None)
@given(where=ANYWHERE, planted=st.sampled_from(sorted(PLANTED)), format=formats)
def test_a_secret_in_any_field_is_in_no_format(where: Place, planted: str, format: str) -> None:
    state, path, _ = where
    report = redact(report_of(at(path, planted), state))

    assert PLANTED[planted] not in render(report, format, verbose=True)


@settings(max_examples=100, deadline=None)
@given(
    where=ANYWHERE,
    folder=st.sampled_from(FOLDERS),
    bare=st.sampled_from(BARE),
    format=formats,
)
def test_a_name_that_a_folder_gives_away_is_nowhere(
    where: Place, folder: str, bare: str, format: str
) -> None:
    state, home, path = where
    texts = {path: bare.format(NAME), home: folder.format(NAME)}
    report = redact(report_of(lambda place: texts.get(place, place), state))

    assert NAME.lower() not in render(report, format, verbose=True).lower()


@settings(max_examples=40, deadline=None)
@given(where=ANYWHERE, bare=st.sampled_from(BARE), format=formats)
def test_the_name_that_the_environment_tells_is_nowhere(
    where: Place, bare: str, format: str
) -> None:
    state, path, _ = where
    names = user_names({"LOGNAME": NAME, "USER": NAME, "HOME": "/root"})
    report = redact(report_of(at(path, bare.format(NAME)), state), names)

    assert NAME not in render(report, format, verbose=True)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_all_fields_at_once(format: str) -> None:
    everything = " ".join([*PLANTED, *(f.format(NAME) for f in FOLDERS)])
    shown = render(redact(report_of(lambda path: f"{path} {everything}")), format, verbose=True)

    assert [trace for trace in (*PLANTED.values(), NAME) if trace in shown] == []


def test_doing_it_twice_changes_nothing_more() -> None:
    everything = " ".join([*PLANTED, *(f.format(NAME) for f in FOLDERS)])
    once = redact(report_of(lambda path: f"{path} {everything}"))

    assert redact(once) == once


@pytest.mark.parametrize(
    "fact",
    [
        "https://docs.pytorch.org/home/guides/users/faq",
        "/usr/lib/x86_64-linux-gnu/libcuda.so.1",
        "/opt/conda/lib/python3.11/site-packages/torch/lib",
        "/usr/local/cuda-12.8/bin/nvcc",
        "nccl@2.27 and cuda@12.8:full",
        "training loss of the models",
    ],
)
def test_what_is_nobodys_stays(fact: str) -> None:
    shown = render(redact(report_of(at("report.findings[].message", fact))), "json")

    assert fact in shown


@pytest.mark.parametrize("name", ["max", "train", "guest"])
def test_a_short_name_leaves_the_words_that_hold_it(name: str) -> None:
    fact = f"{name}imum {name}_new_tokens {name}-loss"
    texts = {"report.findings[].message": fact, "report.machine.kernel.value": f"/home/{name}/x"}
    shown = render(redact(report_of(lambda path: texts.get(path, path))), "json")

    assert fact in shown


@pytest.mark.parametrize(
    ("name", "told"), [("enp3s0f0", True), ("wg-acme", False), ("enx0", False)]
)
def test_interfaces_that_bear_a_name_of_somebodys_are_numbered(name: str, told: bool) -> None:
    source = Source(kind="file", ref="/sys/class/net")
    machine = Machine(interfaces=Known(value=("lo", name), source=source))
    shown = redact_machine(machine).interfaces
    assert isinstance(shown, Known)
    assert shown.value == ("lo", name if told else "given-1")
