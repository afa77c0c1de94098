"""## What it means

GPUs can't reach each other over PCIe: collectives hang.

## How it looks

```text
all GPUs at 100 %, no progress at the first all-reduce
```

## Why it happens

PCIe access control sends traffic between GPUs through the root, where the IOMMU drops it.

## How envsetup knows

Where several GPUs of NVIDIA's sit behind an IOMMU that translates their traffic (`/sys/bus/pci/devices/*/iommu_group/type`
is not `identity`), it is a note: whether it hurts, the check `peer-copy` and the training in `distributed` tell. ACS isn't
read, which takes root. Otherwise a hang leaves no error, and the words of a log tell.

## How to fix

- As a test: `NCCL_P2P_DISABLE=1` (safe)
- `iommu=pt` on the kernel's command line (reboot)
- Disable ACS in the firmware (reboot)

## When to ignore

In virtual machines, which need ACS; with one GPU.

## Links

- <https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Gpu, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="As a test: `NCCL_P2P_DISABLE=1`"),
    Fix(text="`iommu=pt` on the kernel's command line", safety="reboot"),
    Fix(text="Disable ACS in the firmware", safety="reboot"),
)


@rule(
    code="DS101",
    slug="nccl-p2p-blocked-acs-iommu",
    title="ACS or IOMMU breaks traffic between GPUs",
    severity="warning",
    unseen=PART,
    platforms=("linux",),
    symptoms=(
        Symptom(
            pattern="nccl.{0,60}(?:hang|stuck|deadlock)|all_?reduce.{0,60}(?:hang|stuck|deadlock)",
            confidence="medium",
        ),
        Symptom(pattern=r"(?:hang|stuck|freez)\w{0,4}.{0,40}\bnccl", confidence="medium"),
        Symptom(pattern="Watchdog caught collective operation timeout", confidence="medium"),
        Symptom(pattern=r"\bACS\b.{0,80}P2P|P2P.{0,80}\bACS\b"),
        Symptom(
            pattern=r"unhandled system error|NCCL_ERROR_SYSTEM_ERROR|ncclSystemError",
            confidence="low",
        ),
        Symptom(
            pattern=r"Timeout at NCCL work|NCCL operations have failed or timed out",
            confidence="medium",
        ),
        Symptom(
            pattern=r"peer access is not supported|peer mapping resources exhausted|cudaErrorTooManyPeers|cudaErrorPeerAccessUnsupported",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Failed to find reverse path from|cudaIpcOpenMemHandle failed",
            confidence="medium",
        ),
        Symptom(pattern=r"Could not find real path of", confidence="low"),
        Symptom(
            pattern=r"hang.{0,80}more than (?:1|one) GPU|(?:hang|stuck).{0,80}multi-?GPU|\bddp\b.{0,120}(?:hang|stuck|freez)|(?:hang|stuck).{0,80}\bddp\b",
            confidence="medium",
        ),
    ),
    ask="Does it go with NCCL_P2P_DISABLE=1? `lspci -vvv | grep ACSCtl`.",
    fixes=FIXES,
)
def judge(gpus: tuple[Gpu, ...], environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    held = [g for g in gpus if g.vendor == "nvidia" and g.iommu_domain not in (None, "identity")]
    if len(held) < 2 or environment.get("NCCL_P2P_DISABLE") == "1":
        return
    domains = ", ".join(sorted({str(g.iommu_domain) for g in held}))
    yield Draft(
        message=f"An IOMMU translates what {len(held)} GPUs send each other (domain {domains}): "
        "direct copies between them may be slow, or hang.",
        evidence=(fact_evidence(machine, "gpus", f"{len(held)} in IOMMU domains {domains}"),),
        fixes=FIXES,
        severity="note",
    )
