"""A text is the same text in a log, a chat, a table, a JSON string, or quoted by somebody."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Callable

import pytest

from envsetup.probes.pasted import read_text
from envsetup.report.summary import summary
from tests.pasted.test_pasted import COLLECTED, SMI

Carrier = Callable[[str], str]


def each(change: Callable[[int, str], str]) -> Carrier:
    return lambda text: "\n".join(change(n, line) for n, line in enumerate(text.splitlines(), 1))


CARRIERS: dict[str, Carrier] = {
    "quoted": each(lambda n, line: f"> {line}"),
    "indented": each(lambda n, line: f"    {line}"),
    "a list": each(lambda n, line: f"* {line}"),
    "numbered": each(lambda n, line: f"{n:4}  {line}"),
    "a comment": each(lambda n, line: f"# {line}".rstrip()),
    "a table of Markdown": each(lambda n, line: f"| {line} |"),
    "a log": each(lambda n, line: f"2025-01-01 12:00:{n:02},123 INFO {line}"),
    "a job of GitHub": each(lambda n, line: f"build\tRun\t2025-01-01T12:00:{n:02}.1234567Z {line}"),
    "journald": each(lambda n, line: f"Jan 01 12:00:{n:02} node7 train[1234]: {line}"),
    "docker build": each(lambda n, line: f"#12 {n / 10:.3f} {line}"),
    "docker compose": each(lambda n, line: f"trainer-1  | {line}"),
    "kubectl": each(lambda n, line: f"[pod/train-0/main] {line}"),
    "srun": each(lambda n, line: f"0: {line}"),
    "mpirun": each(lambda n, line: f"[1,0]<stdout>:{line}"),
    "Ray": each(lambda n, line: f"(worker pid=123, ip=10.0.0.1) {line}"),
    "pytest": each(lambda n, line: f"E   {line}"),
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "HTML": lambda text: "<pre>" + html.escape(text) + "</pre>",
    "HTML, broken": lambda text: html.escape(text).replace("\n", "<br/>"),
    "a JSON string": lambda text: json.dumps({"id": 7, "body": text}),
    "one line": lambda text: " ".join(text.split()),
    "a narrow page": each(lambda n, line: "\n".join(textwrap.wrap(line, 80)) or line),
}


@pytest.mark.parametrize("name", CARRIERS)
def test_what_carried_a_text_changes_nothing_of_what_it_tells(name: str) -> None:
    for text in (COLLECTED, SMI):
        plain, carried = read_text(text), read_text(CARRIERS[name](text))
        assert plain is not None
        assert carried is not None
        assert summary(carried) == summary(plain)


@pytest.mark.parametrize(
    "text",
    [
        "step 1 PyTorch version: 2.1\nstep 2 loss 0.3\nstep 3 loss 0.2",
        "we run PyTorch version: 2.1 here",
        "1 apple\n2 pears\n3 plums",
    ],
)
def test_a_log_that_holds_no_environment_stays_one(text: str) -> None:
    assert read_text(text) is None


def test_lines_that_begin_alike_by_chance_keep_their_words() -> None:
    machine = read_text("> quoted: GPU 0: nothing\n" + COLLECTED + "> quoted: GPU 1: nothing\n")
    assert machine is not None
    assert summary(machine)["gpus"] == [{"name": "NVIDIA A100-SXM4-40GB"}] * 2


@pytest.mark.parametrize(
    ("carrier", "begins"), [("Windows", "[pip3]"), ("one line", "Versions of relevant")]
)
def test_a_list_of_packages_whose_head_is_cut_off_names_torch(carrier: str, begins: str) -> None:
    left = COLLECTED[COLLECTED.index(begins) :]
    whole, cut = read_text(COLLECTED), read_text(CARRIERS[carrier](left))
    assert whole is not None
    assert cut is not None
    known = {k: v for k, v in summary(cut).items() if v}
    assert known["torch"] == str(summary(whole)["torch"]).partition("+")[0]
    assert known.items() - {"torch": known["torch"]}.items() <= summary(whole).items()
