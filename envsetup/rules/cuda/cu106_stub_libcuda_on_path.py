"""## What it means

The loader finds the toolkit's empty libcuda before the driver's.

## How it looks

```text
CUDA initialization: Unexpected error from cudaGetDeviceCount(). Error 34: CUDA driver is a stub library
```

## Why it happens

A toolkit's lib64/stubs serves the linker on machines without a driver. In LD_LIBRARY_PATH it hides the real library.

## How envsetup knows

torch's own error names the stub, or libcuda was loaded from a folder `stubs`; a `stubs` entry in LD_LIBRARY_PATH while CUDA doesn't work is a warning, and a note where nothing tells whether it works.

## How to fix

- Take .../stubs out of LD_LIBRARY_PATH (and of /etc/ld.so.conf.d); for linking LIBRARY_PATH is enough (safe)

## When to ignore

Where stubs stands in LIBRARY_PATH only, or the machine only builds.

## Links

- <https://github.com/pytorch/pytorch/issues/103417>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Severity, TorchRuntime, value_of
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="Take .../stubs out of LD_LIBRARY_PATH (and of /etc/ld.so.conf.d); for linking LIBRARY_PATH is enough"
    ),
)


def _stubs(path: str) -> bool:
    return "stubs" in path.rstrip("/").split("/")


def _has_cuda(machine: Machine) -> bool:
    torch = value_of(machine.torch)
    return torch is not None and torch.build not in ("cpu", "xpu", "mps") and torch.hip is None


def _proof(runtime: TorchRuntime | None) -> str | None:
    """What torch itself says or has loaded that proves the stub."""
    if runtime is None:
        return None
    if "stub library" in (runtime.cuda_error or ""):
        return runtime.cuda_error
    paths = [one.path for one in runtime.loaded]
    return next((p for p in paths if "libcuda.so" in p and _stubs(p.rsplit("/", 1)[0])), None)


@rule(
    code="CU106",
    slug="stub-libcuda-on-path",
    title="The stub of libcuda, made for linking, is found at run time",
    severity="error",
    unseen="the loader's own list of folders isn't read",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"CUDA driver is a stub library"),
        Symptom(pattern=r"cudaErrorStubLibrary|CUDA_ERROR_STUB_LIBRARY"),
    ),
    suppresses=("WH103",),
    ask="`echo $LD_LIBRARY_PATH`; `ldconfig -p | grep libcuda.so`: does one lie in a folder stubs?",
    fixes=FIXES,
)
def judge(environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    runtime = value_of(machine.torch_runtime)
    if not _has_cuda(machine) or (runtime is not None and runtime.cuda_available):
        return
    if (proof := _proof(runtime)) is not None:
        yield Draft(
            message="torch meets the stub of libcuda, with which no CUDA call works.",
            subject="libcuda",
            evidence=(fact_evidence(machine, "torch_runtime", proof),),
            fixes=FIXES,
        )
        return
    for entry in environment.get("LD_LIBRARY_PATH", "").split(":"):
        if _stubs(entry):
            yield Draft(
                message=f"LD_LIBRARY_PATH holds {entry}, whose libcuda is an empty stub.",
                subject="LD_LIBRARY_PATH",
                evidence=(fact_evidence(machine, "environment", f"LD_LIBRARY_PATH: {entry}"),),
                fixes=FIXES,
                confidence="medium",
                severity=_severity(runtime),
            )


def _severity(runtime: TorchRuntime | None) -> Severity:
    """The folder alone is harmless where a true libcuda comes first: what torch says decides."""
    if runtime is None:
        return "note"
    return "error" if runtime.cuda_error else "warning"
