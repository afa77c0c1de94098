"""## What it means

A package's library asks this torch for symbols or files that it doesn't have.

## How it looks

```text
ImportError: undefined symbol: _ZN2at4_ops…
ImportError: libtorch_cuda_cu.so: cannot open shared object file
```

## Why it happens

torch's C++ interface changes with every minor release; the package wasn't rebuilt.

## How envsetup knows

The symbols of torch's namespaces that the libraries of packages known to have such leave undefined (ELF `.dynsym`), looked up in those that torch's
libraries define (`.gnu.hash`), nothing being loaded. On Linux.

## How to fix

- Install the package's release for this torch (safe)
- Or rebuild it: `pip install --force-reinstall --no-deps --no-build-isolation --no-binary PKG
  PKG` (safe)

## When to ignore

Where the package isn't used.

## Links

- <https://github.com/pytorch/pytorch/wiki>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Extension, Fix, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.shared.compiled_extensions import FLASH_ATTENTION, built_for_another
from envsetup.rules.undecidable import OTHERS

FIXES = (
    Fix(text="Install the package's release for this torch"),
    Fix(
        text=(
            "Or rebuild it: `pip install --force-reinstall --no-deps --no-build-isolation "
            "--no-binary PKG PKG`"
        )
    ),
)


@rule(
    code="AB104",
    slug="extension-abi-mismatch",
    title="A compiled extension was built for another torch",
    severity="error",
    unseen=OTHERS,
    symptoms=(
        Symptom(
            pattern="undefined symbol:? ?_ZN(?:K?[23](?:at|c10)|5torch|K?3c10)", confidence="medium"
        ),
        Symptom(pattern=r"libtorch_cuda_cu\.so"),
        Symptom(pattern=r"libc10\w*\.so: cannot open shared object"),
        Symptom(pattern=r"undefined symbol:? ?\w*(?:torch|c10)\w*", confidence="medium"),
        Symptom(pattern="undefined symbol:? ?_Z", confidence="low"),
        Symptom(pattern=r"libtorch\w*\.so\S*: cannot open shared object", confidence="medium"),
        Symptom(pattern=r"(?<![\w.-])(?!lib)[\w.-]{1,80}\.so: undefined symbol:? ?_ZN"),
        Symptom(pattern=r"Symbol not found: _{1,2}ZN\w{0,3}(?:3c10|2at|5torch)"),
        Symptom(
            pattern=r"DLL load failed(?: while importing)? (?:_C\w{0,20}|\w{1,40}_(?:cuda|cpu|ext)): The specified procedure",
            confidence="medium",
        ),
        Symptom(
            pattern=r"No module named '(?!torch\._C')[\w.]{1,60}\._(?:C|ext)'|No module named '?\w{1,40}_cuda\b",
            confidence="medium",
        ),
        Symptom(
            pattern=r"cannot import name '(?:_C|\w{1,40}_cuda)' from (?:partially initialized module )?'(?!torch')",
            confidence="medium",
        ),
        Symptom(pattern=r"NameError: name '_C' is not defined", confidence="medium"),
        Symptom(pattern=r"Library not loaded: \S{0,80}lib(?:torch|c10)"),
        Symptom(
            pattern=r"DLL load failed(?: while importing)? (?:_C\w{0,20}|_ext|amp_C|\w{1,40}_(?:cuda|cpu|ext)): ",
            confidence="medium",
        ),
        Symptom(pattern=r"Cannot find DGL C\+\+"),
        Symptom(
            pattern=r"No module named '?(?:fused_\w{1,30}|cpu_adam|amp_C|syncbn|exllamav?2?_ext)\b",
            confidence="medium",
        ),
        Symptom(pattern=r"\b_ZNK?(?:2at|3c10|5torch)\w{4,200}", confidence="low"),
        Symptom(pattern=r"needs to work with PyTorch \d\S{0,12} but PyTorch \S{1,30} is found"),
        Symptom(
            pattern="procedure entry point.{1,200}@(?:torch|c10|at)@.{1,200}could not be located",
            confidence="medium",
        ),
        Symptom(pattern=r"undefined symbol:? ?TH[CPNS]\w{3,60}", confidence="medium"),
        Symptom(pattern=r"\b_(?:C|ext)\b.{0,120}undefined symbol:? ?_ZN"),
        Symptom(pattern=r"undefined symbol:? ?__cudaRegister\w{3,60}", confidence="medium"),
    ),
    excludes=("torchvision::nms", r"libcu\w+\.so\S*: undefined symbol"),
    fixes=FIXES,
)
def judge(
    extensions: tuple[Extension, ...], torch: TorchInstall, machine: Machine
) -> Iterator[Draft]:
    mine = (one for one in extensions if not one.package.startswith(FLASH_ATTENTION))
    yield from built_for_another(mine, torch, machine, FIXES)
