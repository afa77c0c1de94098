"""## What it means

cuDNN loads its parts when they are needed; one is missing or of another version.

## How it looks

```text
Could not load library libcudnn_ops_infer.so.8. Error: libcudnn_ops_infer.so.8: cannot open shared object file
Unable to load any of {libcudnn_cnn.so.9.1.0, ...}
```

## Why it happens

cuDNN 8 and 9 side by side (another framework wants the other one), or only its main library was copied.

## How envsetup knows

Libraries of the installed nvidia-cudnn package that are missing, or shorter than its RECORD says; else the error text.

## How to fix

- Install the cuDNN major that the asking package was built for, in an environment of its own (safe)
- Reinstall torch's own nvidia-cudnn package (safe)

## When to ignore

Never where a model needs it.

## Links

- <https://github.com/SYSTRAN/faster-whisper/issues/516>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, Package
from envsetup.rules import Draft, Symptom, rule
from envsetup.rules.shared.nvidia_libraries import damaged
from envsetup.rules.undecidable import OTHERS


@rule(
    code="CU105",
    slug="cudnn-sublibrary-missing",
    title="cuDNN's parts are missing or do not match the main one",
    severity="error",
    unseen=OTHERS,
    symptoms=(
        Symptom(pattern=r"Could not load library libcudnn_\w{1,40}"),
        Symptom(pattern=r"Unable to load any of \{libcudnn"),
        Symptom(
            pattern=r"libcudnn_(?:ops|cnn|adv|graph|engines)\w{0,40}\.so[.\d]{0,8}: (?:cannot open|undefined symbol)"
        ),
        Symptom(pattern=r"cudnn_ops64_9\.dll|cudnn_cnn64_9\.dll|cudnn_ops_infer64_8\.dll"),
        Symptom(
            pattern=r"libcudnn(?:-\w{1,12})?\.so[.\d]{0,8}: cannot open shared object file",
            confidence="medium",
        ),
        Symptom(pattern=r"CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED"),
        Symptom(pattern=r"Cannot load symbol cudnn"),
        Symptom(pattern=r"zlibwapi\.dll", confidence="medium"),
        Symptom(pattern=r"Could not (?:locate|load library) cudnn\w{1,20}\.dll"),
        Symptom(pattern=r"Library (?:lib)?cudnn\S{1,24} is not found"),
        Symptom(
            pattern=r"libcudnn\w{0,20}\.so[.\d]{0,8} (?:=> |is )?not found|sure (?:lib)?cudnn\S{1,30} is in your library path"
        ),
        Symptom(
            pattern=r"(?:open|load) CUDA library libcudnn|Unable to load cuDNN", confidence="medium"
        ),
        Symptom(pattern=r"cuDNN failed to initialize", confidence="medium"),
        Symptom(
            pattern=r"unable to find an engine to execute this computation|No execution plans support the graph|CUDNN_STATUS_(?:EXECUTION_FAILED|INTERNAL_ERROR|MAPPING_ERROR)",
            confidence="low",
        ),
    ),
    excludes=("Error: /usr/local/cuda",),
    ask="`pip list | grep cudnn`: which major is installed, which does the failing package want?",
    fixes=(
        Fix(
            text="Install the cuDNN major that the asking package was built for, in an environment of its own"
        ),
        Fix(text="Reinstall torch's own nvidia-cudnn package"),
    ),
)
def judge(packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    yield from damaged(packages, machine, cudnn=True)
