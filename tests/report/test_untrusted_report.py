"""A report from elsewhere may say anything in any field: it is judged and planned for, or refused by name."""

from __future__ import annotations

import random
from typing import Any, get_args, get_origin

from hypothesis import given, settings
from hypothesis import strategies as st

from envsetup.doctor import Examination, diagnose
from envsetup.doctor.untrusted_report import derived_anew
from envsetup.knowledge import load as knowledge
from envsetup.model import Known, Report, Unreadable
from tests.report.test_privacy_everywhere import Maker

FITTING = {
    "compute_capability": "8.9",
    "gfx": "gfx1100",
    "build": "cu128",
    "cuda": "12.8",
    "arch.value": "x86_64",
    "platform_tag": "linux_x86_64",
    "abi_tag": "cp312",
    "family": "glibc",
    "libc.value.version": "2.35",
    "python.value.version": "3.12.3",
    "torch.value.version": "2.9.0+cu128",
    "macos_version.value": "15.2",
    "library_version.value": "580.65.06",
    "nvidia_driver.value.version.value": "580.65.06",
    "cuda_version.value": "13.0",
    "name": "torch",
}
ODD = [
    "",
    "x",
    "capability",
    "9",
    "9.",
    ".9",
    "-1",
    "1.2.3.4",
    "99999.99999",
    "2..0",
    "8.9a",
    "²",
    "٣.١",
    "1!2",
    "\n",
    "1" * 5000,
]


class AnyMaker(Maker):
    """Takes any value of a Literal and any state of a fact, by the toss of a seeded coin."""

    def __init__(self, seed: int, odd: str) -> None:
        self.toss = random.Random(seed)
        self.odd = odd
        super().__init__(Known, self.told)

    def told(self, path: str) -> str:
        fits = next((v for end, v in FITTING.items() if path.endswith(end)), self.odd)
        return self.odd if self.toss.random() < 0.1 else fits

    def made(self, kind: Any, path: str) -> Any:
        if str(get_origin(kind)) == "typing.Literal":
            return self.toss.choice(get_args(kind))
        self.state = self.toss.choices([Known, Unreadable], [9, 1])[0]
        return super().made(kind, path)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), odd=st.sampled_from(ODD))
def test_whatever_a_report_says_is_judged_and_planned_for(seed: int, odd: str) -> None:
    report: Report = AnyMaker(seed, odd).made(Report, "report")

    derived_anew(report, knowledge())
    diagnose(report.machine, knowledge(), Examination())
