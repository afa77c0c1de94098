"""An import that failed is an error on every machine, and what explains it weighs as much."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from envsetup.doctor import diagnose, verdict_of
from envsetup.doctor.error_text import explain_error
from envsetup.knowledge import load
from envsetup.model import (
    Absent,
    Cpu,
    Filesystem,
    Finding,
    Gpu,
    Known,
    Libc,
    Machine,
    Memory,
    NvidiaDriver,
    Package,
    Python,
    Source,
    TorchInstall,
    TorchRuntime,
    Unreadable,
)

HERE = Source(kind="flag", ref="test")
IMPORT = Source(kind="target", ref="import torch")
SITE = "/v/lib/python3.12/site-packages"
PLACES = {
    "environment": "/v",
    "tmp": "/tmp",
    "home": "/home/me",
    "compile-cache": "/home/me/.triton/cache",
    "shm": "/dev/shm",
}


def known(value: object) -> Any:
    return Known(value=value, source=HERE)


def places(*noexec: str, **more: Any) -> tuple[Filesystem, ...]:
    return tuple(
        Filesystem(
            role=role,
            path=path,
            kind="ext4",
            free_bytes=2**37,
            total_bytes=2**38,
            writable=True,
            options=("noexec",) if role in noexec else (),
        )
        for role, path in {**PLACES, **more}.items()
    )


def package(name: str, *requires: str) -> Package:
    return Package(
        name=name, version="1.0", location=SITE, metadata=f"{name}.dist-info", requires=requires
    )


def machine(error: str | None = None, **more: Any) -> Machine:
    """A healthy one without a GPU, on which importing torch ends with this error."""
    python = Python(
        executable="/v/bin/python",
        version="3.12.4",
        prefix="/v",
        base_prefix="/usr",
        in_venv=True,
        site_packages=(SITE,),
        has_headers=True,
        has_ssl=True,
        pointer_bits=64,
    )
    torch = TorchInstall(
        version="2.13.0+cu126",
        build="cu126",
        cuda="12.6",
        official=True,
        location=f"{SITE}/torch",
    )
    packages = (package("torch", "sympy>=1.13"), package("numpy"), package("sympy"))
    facts = {
        "os": known("linux"),
        "arch": known("x86_64"),
        "kernel": known("6.8.0-40-generic"),
        "libc": known(Libc(family="glibc", version="2.39")),
        "environment": known({}),
        "limits": known({"nofile": 65535, "nproc": -1, "address_space_bytes": -1}),
        "memory": known(Memory(total_bytes=2**36)),
        "cpu": known(Cpu(model="Intel Xeon", isa=("avx", "avx2"), logical_cores=8)),
        "python": known(python),
        "torch": known(torch),
        "packages": known(packages),
        "storage": known(places()),
        "programs": known({"gcc": "/usr/bin/gcc"}),
        "extensions": known(()),
        "device_access": known({}),
        "index_settings": known({}),
        "kernel_log": known(()),
    }
    absent = ("gpus", "nvidia_driver", "container", "wsl", "cuda_toolkit", "launch", "rdma_ports")
    runtime = Unreadable(error=error, source=IMPORT) if error else Absent()
    given: dict[str, Any] = {**facts, **{name: Absent() for name in absent}}
    return replace(Machine(), **{**given, "torch_runtime": runtime, **more})


def open_errors(one: Machine) -> dict[str, Finding]:
    findings = diagnose(one, load()).findings
    assert verdict_of(one, findings, ()) == "failed"
    return {f.code: f for f in findings if f.severity == "error" and not f.suppressed_by}


ERRORS = [
    ("CU101", "ImportError: libcudart.so.12: cannot open shared object file: No such file or directory"),
    ("CU101", "ImportError: libcublas.so.13: cannot open shared object file: No such file or directory"),
    ("CU101", "ImportError: libcusparseLt.so.0: cannot open shared object file: No such file or directory"),
    ("CU101", "ImportError: libnvshmem_host.so.3: cannot open shared object file: No such file or directory"),
    ("AB108", "ImportError: /lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /v/libtorch.so)"),
    ("PY103", "ImportError: /lib/libc.so.6: version `GLIBC_2.38' not found (required by /v/torch/lib/libtorch.so)"),
    ("CP109", "ImportError: /usr/lib/libgomp.so.1: cannot allocate memory in static TLS block"),
    ("CU103", "ImportError: /v/torch/lib/libtorch_cuda.so: undefined symbol: ncclCommRegister"),
    ("CU102", "ImportError: libcusparse.so.12: undefined symbol: __nvJitLinkComplete_12_4, version libnvJitLink.so.12"),
    ("PY108", "ImportError: /v/torch/lib/libtorch_cpu.so: undefined symbol: iJIT_NotifyEvent"),
    ("AB104", "ImportError: libtorch_cuda_cu.so: cannot open shared object file: No such file or directory"),
    ("PY105", "ImportError: cannot import name '_C' from 'torch' (unknown location)"),
    ("PY105", "AttributeError: partially initialized module 'torch' has no attribute 'nn' (most likely due to a circular import)"),
    ("PY111", "ModuleNotFoundError: No module named 'encodings'"),
    ("PY111", "AssertionError: SRE module mismatch"),
    ("DL102", "OSError: [Errno 24] Too many open files: '/v/torch/__init__.py'"),
    ("DL103", "RuntimeError: can't start new thread"),
    ("DL106", "OSError: [Errno 12] Cannot allocate memory"),
    ("CP101", "the process ended with signal SIGILL (illegal instruction)"),
    ("CP102", "OMP: Error #15: Initializing libiomp5.so, but found libomp.so already initialized."),
    ("XP101", "ImportError: libze_loader.so.1: cannot open shared object file: No such file or directory"),
    ("XP103", "ImportError: libsycl.so.8: cannot open shared object file: No such file or directory"),
    ("RO106", "ImportError: /v/torch/lib/libamdhip64.so: undefined symbol: hsa_amd_memory_pool_free"),
    ("PY113", "ImportError: libtorch_cpu.so: failed to map segment from shared object"),
    ("PY113", "ImportError: /tmp/v/torch/lib/libtorch.so: failed to map segment from shared object"),
    ("PY113", "ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory"),
    ("PY113", "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory"),
    ("PY113", "ImportError: libgomp.so.1: cannot open shared object file: No such file or directory"),
    ("PY113", "ImportError: libmkl_intel_lp64.so.2: cannot open shared object file: No such file or directory"),
    ("PY113", "ImportError: libamdhip64.so.6: cannot open shared object file: No such file or directory"),
    ("PY113", "ImportError: /v/torch/lib/libc10.so: invalid ELF header"),
    ("PY113", "ImportError: /v/torch/lib/libtorch_python.so: file too short"),
    ("PY113", "ModuleNotFoundError: No module named 'torch._C'"),
    ("PY113", "ModuleNotFoundError: No module named 'typing_extensions'"),
    ("PY113", "ModuleNotFoundError: No module named 'numpy'"),
    ("PY113", "ImportError: numpy.core.multiarray failed to import"),
    ("PY113", "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment"),
    ("PY113", "OSError: [Errno 28] No space left on device"),
    ("PY113", "PermissionError: [Errno 13] Permission denied: '/v/torch/lib/libtorch.so'"),
    ("PY113", "MemoryError"),
    ("PY113", "the process ended with signal SIGSEGV"),
    ("PY113", "the process ended with signal SIGKILL"),
    ("PY113", "the import took more than 120 s and was ended"),
    ("PY113", "SyntaxError: invalid syntax (__init__.py, line 12)"),
    ("PY113", "ImportError: something that nobody has seen before"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "error"), ERRORS, ids=[e[:60] for _, e in ERRORS])
def test_without_a_gpu_a_failed_import_is_one_error(code: str, error: str) -> None:
    """Likely where the text names it and facts leave it open; else no more than that it failed."""
    found = open_errors(machine(error))

    assert list(found) == [code]
    assert found[code].confidence == ("high" if code == "PY113" else "medium")
    assert error[:40] in found[code].message


@pytest.mark.parametrize(("code", "error"), ERRORS[:12], ids=[e[:60] for _, e in ERRORS[:12]])
def test_a_gpu_changes_nothing_about_it(code: str, error: str) -> None:
    gpu = Gpu(vendor="nvidia", index=0, source=HERE, name="NVIDIA L4", compute_capability="8.9")
    driver = NvidiaDriver(version=known("580.95.05"), cuda_version=known("13.0"), nvml=known("ok"))
    with_gpu = machine(error, gpus=known((gpu,)), nvidia_driver=known(driver))

    assert list(open_errors(with_gpu)) == [code]


# -- facts convict -------------------------------------------------------------------------------

MAP = "ImportError: /v/lib/python3.12/site-packages/torch/lib/libtorch_cpu.so: failed to map segment from shared object"


@pytest.mark.parametrize("also", [(), ("tmp",), ("tmp", "compile-cache", "home")])
def test_an_environment_on_a_noexec_mount_is_named_by_that(also: tuple[str, ...]) -> None:
    given = machine(MAP, storage=known(places("environment", *also)))
    found = open_errors(given)

    assert list(found) == ["ST107"]
    assert "envsetup setup" in found["ST107"].fixes[0].text
    assert "reinstall" not in str(
        [f.fixes for f in diagnose(given, load()).findings if not f.suppressed_by]
    )


def test_the_mount_of_torch_counts_not_that_of_the_environment() -> None:
    user = TorchInstall(
        version="2.13.0+cpu",
        build="cpu",
        location="/home/me/.local/lib/python3.12/site-packages/torch",
    )
    at_home = machine(MAP, torch=known(user), storage=known(places("home")))
    elsewhere = machine(MAP, torch=known(user), storage=known(places("environment")))

    assert list(open_errors(at_home)) == ["ST107"]
    assert list(open_errors(elsewhere)) == ["PY113"]


def test_where_the_import_works_noexec_is_none_of_its_business() -> None:
    works = known(TorchRuntime(version="2.13.0+cpu"))
    given = machine(torch_runtime=works, storage=known(places("environment")))

    assert "ST107" not in {f.code for f in diagnose(given, load()).findings}


def test_an_import_that_was_not_tried_will_fail() -> None:
    found = open_errors(machine(storage=known(places("environment"))))

    assert found["ST107"].confidence == "medium"
    assert "will refuse" in found["ST107"].message


def test_what_convicts_at_less_weight_gets_that_of_the_failure() -> None:
    """NumPy's absence is a note by itself; as the reason of a failed import it is an error."""
    bare = known((package("torch"),))
    error = "ModuleNotFoundError: No module named 'numpy'"
    before = {f.code: f.severity for f in diagnose(machine(packages=bare), load()).findings}
    found = open_errors(machine(error, packages=bare))

    assert before["AB102"] == "note"
    assert list(found) == ["AB102"]
    assert found["AB102"].confidence == "high"


def test_a_rule_of_another_system_or_kind_of_machine_is_never_likely() -> None:
    error = "OSError: [WinError 126] The specified module could not be found. Error loading c10.dll"

    assert list(open_errors(machine(error))) == ["PY113"]


# -- nothing is confirmed by repeating the text ------------------------------------------------------

L4 = Gpu(vendor="nvidia", index=0, source=HERE, name="NVIDIA L4", compute_capability="8.9")
H100 = replace(L4, name="NVIDIA H100 80GB HBM3", compute_capability="9.0")
DRIVER = NvidiaDriver(version=known("470.82.01"), cuda_version=known("11.4"), nvml=known("ok"))


def said(error: str, gpu: Gpu = L4, **more: Any) -> Machine:
    runtime = TorchRuntime(
        version="2.13.0+cu126", cuda="12.6", cuda_available=False, cuda_error=error, **more
    )
    return machine(torch_runtime=known(runtime), gpus=known((gpu,)), nvidia_driver=known(DRIVER))


COMPAT = "Error 804: forward compatibility was attempted on non supported HW"
STUB = "CUDA driver is a stub library"
NOT_READY = "Error 802: system not yet initialized"
OLD = "The NVIDIA driver on your system is too old (found version 11040)"


@pytest.mark.parametrize(
    ("code", "text", "one", "word"),
    [
        ("CU107", COMPAT, said(COMPAT), "undecided"),
        ("CU106", STUB, said(STUB), "undecided"),
        ("PY113", "invalid ELF header", machine("ImportError: libc10.so: invalid ELF header"), "undecided"),
        ("PY113", "libtorch.so: file too short", machine("ImportError: libtorch.so: file too short"), "undecided"),
        ("ST107", MAP, machine(MAP), "undecided"),
        ("TC104", "/v/.cache/x.so: failed to map segment from shared object", machine(MAP), "undecided"),
        ("ST107", MAP, machine(MAP, storage=known(places("environment"))), "confirmed"),
        ("WH103", OLD, said(OLD), "confirmed"),
        ("DR109", NOT_READY, said(NOT_READY, H100), "confirmed"),
        ("DR109", NOT_READY, said(NOT_READY, L4), "contradicted"),
    ],
)  # fmt: skip
def test_only_a_fact_of_its_own_confirms(code: str, text: str, one: Machine, word: str) -> None:
    found = {m.code: m for m in explain_error(text, one, load())}

    assert found[code].decided == word
    assert found[code].reason
