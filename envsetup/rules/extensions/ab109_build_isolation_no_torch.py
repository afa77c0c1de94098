"""## What it means

pip and uv build packages in an environment of their own, where torch isn't.

## How it looks

```text
ModuleNotFoundError: No module named 'torch' (while building flash-attn)
```

## Why it happens

The package's setup.py imports torch without declaring it.

## How envsetup knows

The error text.

## How to fix

- `pip install --no-build-isolation PKG` (safe)
- uv: `no-build-isolation-package` under [tool.uv] (safe)

## When to ignore

Where a wheel exists.

## Links

- <https://docs.astral.sh/uv/concepts/projects/config/>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import BUILDING

FIXES = (
    Fix(text="`pip install --no-build-isolation PKG`"),
    Fix(text="uv: `no-build-isolation-package` under [tool.uv]"),
)

text_rule(
    __name__,
    undecidable=BUILDING,
    code="AB109",
    slug="build-isolation-no-torch",
    title="An isolated build can't see torch",
    severity="warning",
    symptoms=(
        Symptom(
            pattern=r"(?:Getting requirements to build wheel|Preparing metadata|subprocess-exited-with-error|get_requires_for_build_wheel|build_meta|build backend|setup\.py|pip-build-env|build-env).{0,500}No module named '?torch(?![\w.])"
        ),
        Symptom(
            pattern=r"No module named '?torch(?![\w.]).{0,400}(?:subprocess-exited-with-error|Getting requirements to build|build_wheel|no-build-isolation|failed to build)"
        ),
        Symptom(
            pattern=r"Getting requirements to build wheel.{0,500}No module named '?(?:packaging|wheel|psutil|ninja|setuptools|pkg_resources)",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Failed building wheel for (?:flash[-_]attn|deepspeed|apex|mamba|causal|xformers|gptq|auto[-_]gptq|pytorch3d|torch[-_])",
            confidence="low",
        ),
    ),
    suppresses=("PY110",),
    fixes=FIXES,
)
