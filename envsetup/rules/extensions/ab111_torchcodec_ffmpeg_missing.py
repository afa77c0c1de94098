"""## What it means

Reading audio and video goes through TorchCodec, which needs FFmpeg's shared libraries.

## How it looks

```text
RuntimeError: Could not load libtorchcodec.
ImportError: TorchCodec is required for load_with_torchcodec.
```

## Why it happens

torchaudio 2.9 gave up its own readers; TorchCodec isn't a dependency.

## How envsetup knows

torchaudio 2.9 or later without torchcodec.

## How to fix

- `pip install torchcodec` in the version that fits torch (safe)
- FFmpeg 4 to 8: `sudo apt install ffmpeg` (root)
- Or `conda install -c conda-forge ffmpeg` (safe)

## When to ignore

Without media files.

## Links

- <https://github.com/meta-pytorch/torchcodec>
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from envsetup.model import (
    Evidence,
    Fix,
    Machine,
    Package,
)
from envsetup.rules import Draft, Symptom, rule

FIXES = (
    Fix(text="`pip install torchcodec` in the version that fits torch"),
    Fix(text="FFmpeg 4 to 8: `sudo apt install ffmpeg`", safety="root"),
    Fix(text="Or `conda install -c conda-forge ffmpeg`"),
)


@rule(
    code="AB111",
    slug="torchcodec-ffmpeg-missing",
    title="FFmpeg or TorchCodec is missing",
    severity="warning",
    unseen="whether FFmpeg is there isn't read",
    symptoms=(
        Symptom(pattern="Could not load libtorchcodec"),
        Symptom(pattern="TorchCodec is required"),
        Symptom(
            pattern=r"libav(?:util|codec|format)\.(?:so|dll)\S*.{0,60}(?:cannot open|not found)"
        ),
        Symptom(pattern="No module named '?torchcodec"),
        Symptom(pattern=r"Couldn't find appropriate backend to handle uri"),
        Symptom(pattern=r"libtorchcodec_core\d"),
        Symptom(
            pattern=r"FFmpeg (?:libraries|extension) (?:is|are) not available|Failed to load FFmpeg"
        ),
        Symptom(pattern=r"please install 'torchcodec'"),
        Symptom(
            pattern=r"\brequires FFmpeg\b|No such file or directory: '?ffmpeg\b",
            confidence="medium",
        ),
        Symptom(pattern=r"torchcodec is not installed correctly"),
    ),
    fixes=FIXES,
)
def judge(packages: tuple[Package, ...], machine: Machine) -> Iterator[Draft]:
    audio = next((p for p in packages if p.name == "torchaudio"), None)
    found = re.match(r"(\d+)\.(\d+)", audio.version) if audio else None
    if audio is None or found is None or (int(found[1]), int(found[2])) < (2, 9):
        return
    source = machine.packages.source  # type: ignore[union-attr] # known, since it was given
    if source.kind == "text" or any(p.name == "torchcodec" for p in packages):
        return
    yield Draft(
        message=f"torchaudio {audio.version} reads files through TorchCodec, which isn't installed.",
        subject="torchcodec",
        evidence=(Evidence(fact="packages", value=audio.version, source=source),),
        fixes=FIXES,
        severity="note",
    )
