"""## What it means

The compiled part of flash-attn asks for symbols that this torch doesn't have.

## How it looks

```text
ImportError: flash_attn_2_cuda….so: undefined symbol: _ZN3c105ErrorC2ENS_14SourceLocationE…
```

## Why it happens

Its wheels fit one torch minor, one CUDA major, one C++ ABI and one Python.

## How envsetup knows

The symbols of torch's namespaces that its libraries leave undefined (ELF `.dynsym`), looked up in those that torch's
libraries define (`.gnu.hash`), nothing being loaded. On Linux.

## How to fix

- Install the wheel whose name matches torch, CUDA, ABI and Python (safe)
- Or build it: `pip install flash-attn --no-build-isolation --no-cache-dir --force-reinstall
  --no-deps` (safe)
- Or do without: `attn_implementation="sdpa"` (safe)

## When to ignore

Where it isn't used.

## Links

- <https://github.com/Dao-AILab/flash-attention/issues/975>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Extension, Fix, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.shared.compiled_extensions import FLASH_ATTENTION, built_for_another
from envsetup.rules.undecidable import PART

FIXES = (
    Fix(text="Install the wheel whose name matches torch, CUDA, ABI and Python"),
    Fix(
        text=(
            "Or build it: `pip install flash-attn --no-build-isolation --no-cache-dir "
            "--force-reinstall --no-deps`"
        )
    ),
    Fix(text='Or do without: `attn_implementation="sdpa"`'),
)


@rule(
    code="AB103",
    slug="flash-attn-abi-mismatch",
    title="flash-attn was built for another torch",
    severity="error",
    unseen=PART,
    platforms=("linux", "windows"),
    symptoms=(
        Symptom(
            pattern=r"flash_attn\w*.{0,200}undefined symbol|undefined symbol.{0,120}flash_attn"
        ),
        Symptom(pattern=r"flash_attn\w*\.(?:cpython|cp3)\S*.{0,60}DLL load failed"),
        Symptom(pattern="DLL load failed while importing flash_attn"),
        Symptom(pattern="undefined symbol:? ?_ZN3c10", confidence="medium"),
        Symptom(
            pattern=r"packages that were not found in your environment: flash_attn",
            confidence="medium",
        ),
    ),
    suppresses=("AB104",),
    fixes=FIXES,
)
def judge(
    extensions: tuple[Extension, ...], torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    mine = (one for one in extensions if one.package.startswith(FLASH_ATTENTION))
    yield from built_for_another(mine, torch, machine, FIXES)
