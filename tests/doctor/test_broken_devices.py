"""An accelerator that breaks: blame ends at the check that broke it, and others' work excuses a lack of room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envsetup.doctor.runner import CheckRun

if TYPE_CHECKING:
    from tests.doctor.conftest import Bench

TORCH = """
import os
__version__ = "9.9.9+cu130"
def get_num_threads(): return 2
def set_num_threads(n): pass

broken = False
class OutOfMemoryError(RuntimeError): pass

def use():
    if broken or os.path.exists({dead!r}):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

def break_context():
    global broken
    broken = True
    use()

class Tensor:
    def __add__(self, other): return self
    def sum(self): return self
    def __float__(self):
        use()
        return 4.0

def ones(n, device):
    use()
    return Tensor()

class version:
    cuda = "13.0"
    hip = None

class _Properties:
    name, total_memory, major, minor = "Made-up GPU", 80 << 30, 9, 0

class cuda:
    OutOfMemoryError = OutOfMemoryError
    is_available = staticmethod(lambda: True)
    device_count = staticmethod(lambda: {count})
    get_device_properties = staticmethod(lambda device: _Properties)
    mem_get_info = staticmethod(lambda device: ({free}, 80 << 30))
    current = None
    @staticmethod
    def set_device(device):
        cuda.current = device
    @staticmethod
    def synchronize(device=None): use()

class _C:
    pass
class backends:
    class cuda:
        class matmul: allow_tf32 = True
    class mps:
        is_built = is_available = staticmethod(lambda: False)
    class cudnn:
        version = staticmethod(lambda: 91900)

precision = "high"
def get_float32_matmul_precision(): return precision
def set_float32_matmul_precision(value):
    global precision
    precision = value
"""
GIB = 2**30
BREAKS = "torch.break_context()"
BREAKS_ONCE = """
import os
if not os.path.exists({flag!r}):
    open({flag!r}, "w").close()
    torch.break_context()
"""
COMPUTES = "torch.use()"


def made_up(bench: Bench, *, free: int = 70 * GIB, count: int = 1) -> Bench:
    dead = str(bench.folder / "dead")
    bench.torch = TORCH.format(dead=dead, free=free, count=count)
    return bench


def eight(bench: Bench, culprit: int, body: str) -> None:
    for number in range(8):
        bench.check(f"c{number}", body if number == culprit else COMPUTES, devices="accelerator")


def statuses(run: CheckRun, device: str = "cuda:0") -> dict[str, str]:
    return {o.id: o.status for o in run.outcomes if o.device == device}


@pytest.mark.parametrize("culprit", range(8))
def test_a_lasting_fault_is_charged_to_its_check_alone(
    bench: Bench, fork: bool, culprit: int
) -> None:
    eight(made_up(bench), culprit, BREAKS)

    run = bench.run(fork=fork)

    due = {f"c{n}": "failed" if n == culprit else "passed" for n in range(8)}
    assert statuses(run) == due
    assert [o.id for o in run.outcomes if o.confirmed] == [f"c{culprit}"]


@pytest.mark.parametrize("culprit", range(8))
def test_a_fault_that_happens_once_makes_its_check_flaky_and_no_other(
    bench: Bench, fork: bool, culprit: int
) -> None:
    eight(made_up(bench), culprit, BREAKS_ONCE.format(flag=str(bench.folder / "flag")))

    run = bench.run(fork=fork)

    assert statuses(run) == {f"c{n}": "flaky" if n == culprit else "passed" for n in range(8)}


def test_what_breaks_after_a_check_returned_is_charged_to_it(bench: Bench, fork: bool) -> None:
    eight(made_up(bench), 3, "torch.broken = True")

    assert statuses(bench.run(fork=fork))["c3"] == "failed"
    assert statuses(bench.run(fork=fork))["c4"] == "passed"


def test_a_device_that_never_computes_again_blames_the_culprit_alone(
    bench: Bench, fork: bool
) -> None:
    dies = f"open({str(bench.folder / 'dead')!r}, 'w').close()\ntorch.use()"
    eight(made_up(bench), 2, dies)

    run = bench.run(fork=fork)

    found = statuses(run)
    assert [n for n, s in found.items() if s == "failed"] == ["c2"]
    assert [n for n, s in found.items() if s == "skipped"] == [f"c{n}" for n in range(3, 8)]
    told = next(o.message for o in run.outcomes if o.id == "c3")
    assert "since c2 ran" in told


def test_a_crash_on_a_device_leaves_the_others_alone(bench: Bench, fork: bool) -> None:
    eight(made_up(bench), 1, "import ctypes; ctypes.string_at(0)")

    found = statuses(bench.run(fork=fork))

    assert found == {f"c{n}": "crashed" if n == 1 else "passed" for n in range(8)}


OUT = 'raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")'
WORDS_OF_A_LACK = [
    OUT,
    'raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`")',
    'raise RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")',
    'raise RuntimeError("NVML_SUCCESS == r INTERNAL ASSERT FAILED at CUDACachingAllocator.cpp")',
]


@pytest.mark.parametrize("body", WORDS_OF_A_LACK)
@pytest.mark.parametrize(("free", "status"), [(GIB // 3, "skipped"), (40 * GIB, "failed")])
def test_a_lack_of_memory_counts_where_there_is_room(
    bench: Bench, fork: bool, body: str, free: int, status: str
) -> None:
    made_up(bench, free=free).check("big", body, devices="accelerator")

    run = bench.run(fork=fork)

    assert statuses(run) == {"big": status}
    if status == "skipped":
        assert "0.33 of 80.0 GiB are free" in run.outcomes[0].message


def test_a_mode_for_one_process_is_no_failure(bench: Bench, fork: bool) -> None:
    body = 'raise RuntimeError("CUDA error: CUDA-capable device(s) is/are busy or unavailable")'
    made_up(bench).check("kernel", body, devices="accelerator")
    bench.check("product", COMPUTES, devices="accelerator", requires=("kernel",))

    assert statuses(bench.run(fork=fork)) == {"kernel": "skipped", "product": "skipped"}


def test_each_child_makes_its_device_the_current_one(bench: Bench, fork: bool) -> None:
    made_up(bench, count=3).check(
        "current", "assert torch.cuda.current == device, torch.cuda.current", devices="accelerator"
    )

    run = bench.run(fork=fork)

    assert {o.device: o.status for o in run.outcomes} == {f"cuda:{n}": "passed" for n in range(3)}


def test_products_are_exact_in_every_check_and_the_setting_is_told_and_put_back(
    bench: Bench, fork: bool
) -> None:
    made_up(bench)
    for name in ("first", "second"):
        body = 'assert torch.precision == "highest", torch.precision'
        bench.check(name, body, devices="accelerator")

    found = bench.run(fork=fork).outcomes

    told = [o.measurements["float32_precision_found"].value for o in found]
    assert told == ["high", "high"]


def test_what_needs_another_check_runs_after_it_in_the_same_process(
    bench: Bench, fork: bool
) -> None:
    made_up(bench).check("kernel", "torch.mark = True", devices="accelerator")
    bench.check(
        "product", "assert torch.mark, 'another process'", devices="any", requires=("kernel",)
    )

    found = statuses(bench.run(fork=fork))

    assert found == {"kernel": "passed", "product": "passed"}


def test_an_accelerator_gets_longer_for_its_first_use(bench: Bench, fork: bool) -> None:
    slow = "import time\nif device != 'cpu': time.sleep(1.5)"
    made_up(bench).check("first_use", slow, timeout_s=1.0)

    assert statuses(bench.run(fork=fork)) == {"first-use": "passed"}
