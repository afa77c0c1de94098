"""## What it means

PyTorch's index holds torch and little else; other packages aren't found there.

## How it looks

```text
No matching distribution found for setuptools
403 Client Error: Forbidden for url: https://download.pytorch.org/whl/
```

## Why it happens

`--index-url` replaces the default index for everything in the command.

## How envsetup knows

The settings of pip (pip.conf, PIP_INDEX_URL) and uv (uv.toml, UV_DEFAULT_INDEX) name PyTorch's index, and no other.

## How to fix

- pip: install torch in a command of its own with --index-url, the rest without (safe)
- uv: an explicit index that only torch's sources use (safe)

## When to ignore

Where only torch is installed.

## Links

- <https://docs.astral.sh/uv/guides/integration/pytorch/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (
    Fix(text=("pip: install torch in a command of its own with --index-url, the rest without")),
    Fix(text="uv: an explicit index that only torch's sources use"),
)

PYTORCH = "download.pytorch.org"
MAIN = (" index-url", " default-index")


@rule(
    code="NW107",
    slug="torch-index-used-as-only-index",
    title="PyTorch's index is used as the only index",
    severity="error",
    unseen=SETTINGS,
    symptoms=(
        Symptom(
            pattern=r"No matching distribution found for (?:setuptools|wheel|hatchling|ninja|packaging|cuda-bindings|flit|poetry)\S*"
        ),
        Symptom(
            pattern="could not be queried due to a lack of valid authentication credentials.{0,40}"
        ),
        Symptom(
            pattern=r"satisfies the requirement (?!torch)[\w.-]{1,60}[^\n]{0,120}\(from torch\)"
        ),
        Symptom(pattern=r"403 Client Error: Forbidden for url: https://download\.pytorch\.org"),
        Symptom(
            pattern=r"download\.pytorch\.org/whl\S*.{0,300}No matching distribution found for (?!torch)",
            confidence="medium",
        ),
        Symptom(
            pattern=r"was not found in the package registry.{0,300}download\.pytorch\.org/whl|download\.pytorch\.org/whl.{0,300}was not found in the package registry"
        ),
        Symptom(
            pattern="(?<!torch )(?<!torchvision )(?<!torchaudio )was not found in the package registry",
            confidence="medium",
        ),
        Symptom(
            pattern=r"was found on https://download\.pytorch\.org/whl\S{0,40}, but not at the requested version"
        ),
        Symptom(
            pattern=r"Distribution .?(?!torch)[\w.-]{1,60}==\S{1,40} @ registry\+https://download\.pytorch\.org.{0,80}can't be installed"
        ),
    ),
    suppresses=("NW104", "PY101"),
    fixes=FIXES,
)
def judge(index_settings: dict[str, str], machine: Machine) -> Iterator[Draft]:
    for tool in ("pip", "uv"):
        named = {k: v for k, v in index_settings.items() if k.startswith(f"{tool} ")}
        main = next((v for k, v in named.items() if k.endswith(MAIN)), "")
        words = [word for told in named.values() for word in told.split()]
        if PYTORCH in main and all(PYTORCH in word for word in words):
            yield Draft(
                message=f"{tool} is set to take every package from PyTorch's index alone ({main}), "
                "which holds few others.",
                subject=tool,
                evidence=(fact_evidence(machine, "index_settings", f"{tool}: {main}"),),
                fixes=FIXES,
                severity="warning",
            )
