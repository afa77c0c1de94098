"""## What it means

The host has a working NVIDIA driver, but this container was started without its GPUs, so a CUDA
build of torch can't see any.

## How it looks

```text
RuntimeError: Found no NVIDIA driver on your system.
nvidia-smi: command not found
```

## Why it happens

Containers get no devices unless asked. Without the request neither the device nodes nor the
driver's libraries are mounted.

## How envsetup knows

In a container, the kernel driver's version is readable, the installed torch is a CUDA build,
and there is no /dev/nvidia* node.

## How to fix

- Docker: start it again with `docker run --gpus all …` (safe)
- Compose: reserve a device with driver nvidia and capability gpu (safe)
- Podman: `--device nvidia.com/gpu=all` (safe)
- Kubernetes: request `nvidia.com/gpu: 1` under resources.limits (safe)

## When to ignore

During an image build, or where the container is meant to compute on the CPU.

## Links

- <https://github.com/NVIDIA/nvidia-docker/issues/1034>
- <https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Absent,
    Container,
    Fix,
    Known,
    Machine,
    NvidiaDriver,
    TorchInstall,
    value_of,
)
from envsetup.rules import Draft, Symptom, Undecidable, fact_evidence, rule

FIXES = (
    Fix(text="Docker: start it again with `docker run --gpus all …`"),
    Fix(text="Compose: reserve a device with driver nvidia and capability gpu"),
    Fix(text="Podman: `--device nvidia.com/gpu=all`"),
    Fix(text="Kubernetes: request `nvidia.com/gpu: 1` under resources.limits"),
)


@rule(
    code="CT101",
    slug="container-no-gpu-requested",
    title="Container started without GPU access",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern="nvidia-smi: command not found.{0,120}(?:container|is_available)",
            confidence="medium",
        ),
        Symptom(
            pattern=r"NVIDIA Driver was not detected\. +GPU functionality will not be available"
        ),
        Symptom(
            pattern=r"(?:docker|container|kubernetes|\bpod\b|root@[0-9a-f]{12}).{0,400}libcuda\.so[.\d]{0,4}: cannot open shared object file",
            confidence="medium",
        ),
        Symptom(
            pattern=r"libcuda\.so[.\d]{0,4}: cannot open shared object file.{0,400}(?:docker|container|kubernetes|\bpod\b|root@[0-9a-f]{12})",
            confidence="medium",
        ),
        Symptom(pattern=r"NVML Shared Library Not Found", confidence="low"),
        Symptom(pattern=r"Could not find any nv files on this host", confidence="medium"),
    ),
    suppresses=(
        "DR101",
        "CU101",
        "CT105",
    ),
    ask=(
        "Was the container started with --gpus all (or the like)? Does nvidia-smi work on the host?"
    ),
    fixes=FIXES,
)
def judge(
    container: Container, nvidia_driver: NvidiaDriver, torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    if not (torch.build or "").startswith("cu") or isinstance(nvidia_driver.version, Absent):
        return
    if not isinstance(nvidia_driver.version, Known):
        raise Undecidable("the host's driver is not known", "nvidia_driver.version")
    if isinstance(nvidia_driver.device_nodes, Known):
        nodes = nvidia_driver.device_nodes.value
    elif isinstance(nvidia_driver.device_nodes, Absent):
        nodes = ()
    else:
        raise Undecidable("the device nodes were not looked at", "nvidia_driver.device_nodes")
    if nodes or _works(machine):
        return
    yield Draft(
        message=f"This {container.runtime} container has no GPU, though the host's NVIDIA driver"
        f" {nvidia_driver.version.value} is loaded and torch is a {torch.build} build.",
        evidence=(fact_evidence(machine, "container", container.runtime),),
        fixes=FIXES,
        confidence="medium",
    )


def _works(machine: Machine) -> bool:
    """A GPU answers all the same: WSL has none of the nodes, and torch or NVML may have reached it.

    That files of the PCI bus name one proves nothing: a container sees those of its host.
    """
    runtime, gpus = value_of(machine.torch_runtime), value_of(machine.gpus) or ()
    answered = any(g.source.kind != "file" for g in gpus)
    return isinstance(machine.wsl, Known) or answered or bool(runtime and runtime.cuda_available)
