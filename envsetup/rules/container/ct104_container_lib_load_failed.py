"""## What it means

The toolkit is there, but the host's driver libraries are not where it looks.

## How it looks

```text
nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open shared object file
```

## Why it happens

No driver on the host, a stale linker cache, Docker in a virtual machine or snap, or a wrong
`ldconfig` entry in the toolkit's configuration.

## How envsetup knows

Only the engine's own words tell.

## How to fix

- On the host see that nvidia-smi works; if not, install the driver (root)
- `sudo ldconfig` on the host (root)
- Debian: `ldconfig = "@/sbin/ldconfig"` in /etc/nvidia-container-runtime/config.toml (root)

## When to ignore

Where the toolkit isn't used.

## Links

- <https://github.com/NVIDIA/libnvidia-container/issues/231>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import OUTSIDE

FIXES = (
    Fix(text="On the host see that nvidia-smi works; if not, install the driver", safety="root"),
    Fix(text="`sudo ldconfig` on the host", safety="root"),
    Fix(
        text=(
            'Debian: `ldconfig = "@/sbin/ldconfig"` in /etc/nvidia-container-runtime/config.toml'
        ),
        safety="root",
    ),
)

text_rule(
    __name__,
    undecidable=OUTSIDE,
    code="CT104",
    slug="container-lib-load-failed",
    title="nvidia-container-cli can't find the driver's library",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"nvidia-container-cli(?:\.real)?: initialization error"),
        Symptom(pattern=r"load library failed: libnvidia-ml\.so"),
        Symptom(
            pattern="nvidia-container-cli: (?:ldcache|mount|container|detection|device) error",
            confidence="medium",
        ),
        Symptom(pattern=r"error (?:executing|running) (?:prestart )?hook", confidence="low"),
    ),
    suppresses=("CT102", "DR101"),
    fixes=FIXES,
)
