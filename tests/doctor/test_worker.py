"""Whatever dies in a check is charged to that check, and nothing that dies reads as passed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from envsetup.model import Absent, Known, Outcome, Unreadable, value_of

if TYPE_CHECKING:
    from tests.doctor.conftest import Bench, Statuses

Find = Callable[..., Outcome]
forks = pytest.mark.skipif(sys.platform != "linux", reason="the worker forks on Linux only")


def test_a_check_that_returns_has_passed_with_its_measurements(
    bench: Bench, fork: bool, outcome: Find
) -> None:
    bench.check("good", 'return {"error": 0.5, "curve": [1.0, 0.5], "n": {"value": 2, "limit": 3}}')

    found = outcome(bench.run(fork=fork), "good")

    assert found.status == "passed"
    assert found.device == "cpu"
    assert found.measurements["error"].value == 0.5
    assert found.measurements["curve"].value == (1.0, 0.5)
    assert found.measurements["n"].limit == 3


def test_an_assertion_fails_and_is_confirmed_alone(bench: Bench, fork: bool, outcome: Find) -> None:
    bench.check("bad", 'assert 1 == 2, "error 0.3, at most 0.1"')

    found = outcome(bench.run(fork=fork), "bad")

    assert (found.status, found.confirmed) == ("failed", True)
    assert found.message == "error 0.3, at most 0.1"


def test_assertions_hold_although_python_is_told_to_drop_them(
    bench: Bench, fork: bool, outcome: Find
) -> None:
    bench.check("bad", 'assert False, "no"')

    assert outcome(bench.run(fork=fork, environ={"PYTHONOPTIMIZE": "2"}), "bad").status == "failed"


def test_what_fails_once_only_is_flaky(bench: Bench, fork: bool, outcome: Find) -> None:
    flag = bench.folder / "flag"
    bench.check(
        "moody",
        f"import os\nif not os.path.exists({str(flag)!r}):\n"
        f'    open({str(flag)!r}, "w").close()\n    assert False, "first"',
    )

    found = outcome(bench.run(fork=fork), "moody")

    assert found.status == "flaky"
    assert "first" in found.message


def test_three_failures_are_confirmed_and_no_more(bench: Bench, fork: bool) -> None:
    for number in range(5):
        bench.check(f"bad{number}", 'assert False, "no"')

    found = bench.run(fork=fork).outcomes

    assert [o.status for o in found] == ["failed"] * 5
    assert sum(o.confirmed for o in found) == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGBUS)", "SIGBUS"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "SIGILL"),
        ("import os; os._exit(0)", "exit code 0"),
        ("import os; os._exit(7)", "exit code 7"),
    ],
)
def test_a_death_is_charged_to_the_check_that_ran(
    bench: Bench, fork: bool, outcome: Find, body: str, words: str
) -> None:
    bench.check("before", "return {}").check("dies", body).check("later", "return {}")

    run = bench.run(fork=fork)

    assert outcome(run, "dies").status == "crashed"
    assert words in outcome(run, "dies").message
    assert outcome(run, "before").status == "passed"
    assert outcome(run, "later").status == "passed"


def test_a_hang_is_ended_at_its_limit_and_the_rest_runs(
    bench: Bench, fork: bool, statuses: Statuses
) -> None:
    bench.check("hangs", "import time\nwhile True: time.sleep(1)", timeout_s=0.5)
    bench.check("later", "return {}")

    assert statuses(bench.run(fork=fork)) == {"hangs": "timed-out", "later": "passed"}


def test_the_whole_runs_limit_ends_everything(bench: Bench, fork: bool, statuses: Statuses) -> None:
    bench.check("hangs", "import time\ntime.sleep(1000)", timeout_s=500)
    bench.check("later", "return {}", requires=("hangs",))

    assert statuses(bench.run(fork=fork, limit_s=2)) == {
        "hangs": "timed-out",
        "later": "not-started",
    }


def test_followers_of_a_failure_are_skipped_with_the_reason(
    bench: Bench, fork: bool, outcome: Find
) -> None:
    bench.check("first", 'assert False, "no"').check("second", "return {}", requires=("first",))
    bench.check("third", "return {}", requires=("second",))

    run = bench.run(fork=fork)

    assert outcome(run, "second").status == "skipped"
    assert "first" in outcome(run, "second").message
    assert outcome(run, "third").status == "skipped"


def test_a_skip_keeps_its_reason(bench: Bench, fork: bool, outcome: Find) -> None:
    bench.check("skips", 'import unittest\nraise unittest.SkipTest("needs torch 3")')

    found = outcome(bench.run(fork=fork), "skips")

    assert (found.status, found.message) == ("skipped", "needs torch 3")


def test_any_other_exception_fails_with_its_type(bench: Bench, fork: bool, outcome: Find) -> None:
    bench.check("raises", 'raise RuntimeError("no kernel image")')

    found = outcome(bench.run(fork=fork), "raises")

    assert found.status == "failed"
    assert found.message.startswith("RuntimeError: no kernel image")


def test_an_exit_inside_a_check_is_a_failure(bench: Bench, fork: bool, outcome: Find) -> None:
    bench.check("leaves", "raise SystemExit(0)")

    assert outcome(bench.run(fork=fork), "leaves").status == "failed"


@forks
def test_a_bomb_of_output_is_ended(bench: Bench, outcome: Find) -> None:
    bench.check("loud", 'while True: print("x" * 100000)')

    found = outcome(bench.run(), "loud")

    assert found.status == "crashed"
    assert "printed more than" in found.message


@forks
def test_a_child_of_a_check_never_speaks_for_it(bench: Bench, outcome: Find) -> None:
    bench.check(
        "forks",
        "import os\npid = os.fork()\nif pid == 0: return {}\n"
        "os.waitpid(pid, 0)\nassert False, 'the parent fails'",
    )

    assert outcome(bench.run(), "forks").status == "failed"


@forks
def test_every_device_runs_its_checks(bench: Bench) -> None:
    bench.torch += """
class xpu:
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: 3)
    class get_device_properties:
        name = "Made up"
        total_memory = 8
        def __init__(self, index): pass
"""
    bench.check("any", "return {'on': device}").check("cpu_only", "return {}", devices="cpu")
    bench.check("gpu_only", "return {}", devices="accelerator")

    run = bench.run()

    assert {(o.id, o.device) for o in run.outcomes if o.status == "passed"} == {
        ("any", "cpu"),
        ("cpu-only", "cpu"),
        *{(name, f"xpu:{n}") for name in ("any", "gpu-only") for n in range(3)},
    }


def test_a_device_that_torch_does_not_see_is_not_started(
    bench: Bench, fork: bool, outcome: Find
) -> None:
    bench.check("good", "return {}")

    found = outcome(bench.run(fork=fork, devices=["cuda:5"]), "good")

    assert (found.status, found.device) == ("not-started", "cuda:5")
    assert "only cpu" in found.message


@forks
def test_a_torch_that_dies_when_asked_for_its_devices_is_seen(bench: Bench, outcome: Find) -> None:
    bench.torch += "\nimport os, signal\n"
    bench.torch += (
        "cuda.is_available = staticmethod(lambda: os.kill(os.getpid(), signal.SIGSEGV))\n"
    )
    bench.check("good", "return {}")

    run = bench.run()

    assert outcome(run, "devices").status == "crashed"
    assert "SIGSEGV" in outcome(run, "devices").message
    assert outcome(run, "good").status == "passed"


def test_repeats_are_outcomes_of_their_own(bench: Bench, fork: bool) -> None:
    bench.check("good", "return {}")

    assert [o.status for o in bench.run(fork=fork, repeat=3).outcomes] == ["passed"] * 3


@forks
def test_late_checks_run_after_the_early_import(bench: Bench, statuses: Statuses) -> None:
    bench.check("early", "return {}")
    bench.check("late", "import sys\nassert 'torch._dynamo' not in sys.modules", late=True)

    assert statuses(bench.run()) == {"early": "passed", "late": "passed"}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGBUS)", "SIGBUS"),
        ("import os; os._exit(0)", "exit code 0"),
        (
            "import os; os.write(2, b'one\\nIntel oneMKL FATAL ERROR: Cannot load x.so.\\n'); os._exit(2)",
            "exit code 2 while importing torch; the last it printed: Intel oneMKL FATAL ERROR",
        ),
        ('raise ImportError("libcudart.so.13: cannot open")', "libcudart.so.13"),
        ("raise SystemExit(0)", "SystemExit"),
        ("import time; time.sleep(1000)", "did not end"),
        ("", "AttributeError"),
    ],
)
def test_a_torch_that_does_not_import_says_why(
    bench: Bench, statuses: Statuses, source: str, words: str
) -> None:
    bench.torch = source
    bench.check("good", "return {}")

    run = bench.run(limit_s=2)

    assert isinstance(run.runtime, Unreadable)
    assert words in run.runtime.error
    assert statuses(run) == {"good": "not-started"}


def test_no_torch_at_all_is_absent(bench: Bench, statuses: Statuses) -> None:
    bench.torch = "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')"
    bench.check("good", "return {}")

    run = bench.run()

    assert isinstance(run.runtime, Absent)
    assert statuses(run) == {"good": "not-started"}


def test_what_torch_tells_becomes_facts(bench: Bench, fork: bool) -> None:
    bench.torch = 'import warnings; warnings.warn("old numpy")\n' + bench.torch
    bench.check("good", "return {}")

    runtime = bench.run(fork=fork).runtime

    assert isinstance(runtime, Known)
    told = value_of(runtime)
    assert told is not None
    assert (told.version, told.cuda_available, told.num_threads) == ("9.9.9+cpu", False, 2)
    assert [d.kind for d in told.devices] == ["cpu"]
    assert told.warnings == ("UserWarning: old numpy",)


def test_noise_of_torch_and_checks_spoils_nothing(
    bench: Bench, fork: bool, statuses: Statuses
) -> None:
    bench.torch += '\nprint("{not json", flush=True)\n'
    bench.check("loud", 'print(\'{"event": "done"}\'); return {}')

    assert statuses(bench.run(fork=fork)) == {"loud": "passed"}
