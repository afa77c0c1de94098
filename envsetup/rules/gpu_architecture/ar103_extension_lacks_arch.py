"""## What it means

torch itself runs on the GPU; a package with kernels of its own doesn't.

## How it looks

```text
RuntimeError: CUDA error: no kernel image is available for execution on the device (in flash_attn, xformers, gsplat …)
Error no kernel image is available for execution on the device at line 167 in file .../csrc/ops.cu
RuntimeError: FlashAttention only supports Ampere GPUs or newer.
```

## Why it happens

The extension's wheel was built for other architectures, or a build took the list of another machine.

## How envsetup knows

The architectures in the section `.nv_fatbin` of the packages' libraries, machine code and PTX, against the GPUs, by the same
rules as torch's own. Of bitsandbytes the library for torch's CUDA counts. On Linux.

## How to fix

- Install a release of the extension that names this GPU (safe)
- Or build it here: `TORCH_CUDA_ARCH_LIST=<capability> pip install --no-build-isolation --no-binary <package> <package>` (safe)

## When to ignore

Where `torch.ones(1, device='cuda') + 1` fails too: then it is AR101 or AR102.

## Links

- <https://github.com/nerfstudio-project/gsplat/issues/1053>
- <https://github.com/vllm-project/vllm/issues/19906>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.knowledge import covers
from envsetup.model import Extension, Fix, Gpu, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(text="Install a release of the extension that names this GPU"),
    Fix(
        text="Or build it here: `TORCH_CUDA_ARCH_LIST=<capability> pip install --no-build-isolation --no-binary <package> <package>`"
    ),
)


@rule(
    code="AR103",
    slug="extension-lacks-arch",
    title="A CUDA extension has no kernels for this GPU",
    severity="error",
    unseen="kernels that are compiled while a program runs aren't seen",
    platforms=(
        "linux",
        "windows",
    ),
    symptoms=(
        Symptom(
            pattern=r"no kernel image is available for execution on the device at line \d{1,6} in file"
        ),
        Symptom(
            pattern=r"\w{0,20}(?:flash_attn|xformers|gsplat|bitsandbytes|exllama|mamba_ssm|causal_conv1d|diff_gaussian|torchvision::|_C\.abi3|vllm/_C)[^\n]{0,300}no kernel image is available for execution on the device"
        ),
        Symptom(pattern=r"FlashAttention only supports \w{1,20} GPUs or newer"),
        Symptom(
            pattern=r"(?:\w\.cuh?[:(]\d{1,5}|cudaCheckErrors?\(\)|ggml_cuda)[^\n]{0,160}no kernel image is available for execution on the device",
            confidence="medium",
        ),
        Symptom(
            pattern=r"(?:(?<!torch\.)\b_C\.\w{1,60}\(|\b\w{1,40}(?:_cuda|_ext|ext_module)\.\w{1,60}\()[^\n]{0,300}no kernel image is available for execution on the device",
            confidence="medium",
        ),
        Symptom(
            pattern=r"CUDA (?:driver )?error: invalid device function|error \(8\) : invalid device function|cudaErrorInvalidDeviceFunction",
            confidence="medium",
        ),
        Symptom(pattern=r"FlashAttention backward for head dim", confidence="medium"),
        Symptom(
            pattern=r"Flash attention only supports (?:gpu architectures|sm\d)", confidence="low"
        ),
        Symptom(pattern=r"\bSM\d{2,3} kernel is not available"),
        Symptom(pattern=r"no kernel image\b", confidence="low"),
        Symptom(pattern=r"\bkernel\b.{0,30}\bonly supports? sm_?\d"),
    ),
    ask="Does `python -c \"import torch; print(torch.ones(1, device='cuda') + 1)\"` work? Then the extension is at fault.",
    fixes=FIXES,
)
def judge(
    extensions: tuple[Extension, ...],
    gpus: tuple[Gpu, ...],
    torch: TorchInstall,
    machine: Machine,
) -> Iterator[Draft]:
    for package in dict.fromkeys(one.package for one in extensions):
        mine = [one for one in extensions if one.package == package and _is_used(one, torch)]
        held = sorted({arch for one in mine for arch in one.architectures})
        for gpu in gpus:
            if not held or gpu.compute_capability is None or _runs(held, gpu.compute_capability):
                continue
            yield Draft(
                message=f"{package} has no kernels for {gpu.name or 'this GPU'} ({gpu.compute_capability}): "
                f"it holds {', '.join(held)}.",
                subject=f"{package} on gpu {gpu.index}",
                evidence=(fact_evidence(machine, "extensions", f"{package}: {' '.join(held)}"),),
                fixes=FIXES,
                severity="warning",
            )


def _is_used(one: Extension, torch: TorchInstall) -> bool:
    """bitsandbytes brings a library for each version of CUDA."""
    found = re.search(r"_cuda(\d{2,3})\.so$", one.path)
    return found is None or found.group(1) == (torch.cuda or "").replace(".", "")


def _runs(held: list[str], capability: str) -> bool:
    code = [arch for arch in held if arch.startswith("sm_")]
    ptx = [arch for arch in held if arch.startswith("compute_")]
    return covers(capability, code, ptx)
