"""## What it means

A file or folder of one's own carries the name of a module, and is imported in its place.

## How it looks

```text
AttributeError: module 'torch' has no attribute 'zeros'
AttributeError: partially initialized module 'torch' has no attribute 'Tensor' (most likely due to a circular import)
(consider renaming '.../random.py' since it has the same name as the standard library module named 'random')
```

## Why it happens

The folder of the script stands first on Python's path, so torch.py, random.py or a folder torch/ in it comes before the installed module.

## How envsetup knows

A module or package named torch without PyTorch's version.py, in a folder that Python searches before the one with the installed torch. What lies beside the program that fails, only its error text tells.

## How to fix

- See what would be imported: `python -c 'import importlib.util as u; print(u.find_spec("torch").origin)'`, in the folder where it fails (safe)
- Rename that file or folder, and delete its __pycache__ (deletes)
- Or start Python with -P, which leaves the script's folder off the path (safe)

## When to ignore

In a source checkout of PyTorch that is built in place.

## Links

- <https://docs.python.org/3/using/cmdline.html#cmdoption-P>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import Fix, Machine, TorchInstall
from envsetup.rules import Draft, Symptom, fact_evidence, rule

FIXES = (
    Fix(
        text="See what would be imported: `python -c 'import importlib.util as u; print(u.find_spec(\"torch\").origin)'`, in the folder where it fails"
    ),
    Fix(text="Rename that file or folder, and delete its __pycache__", safety="deletes"),
    Fix(text="Or start Python with -P, which leaves the script's folder off the path"),
)

_STANDARD = (
    "abc|ast|bisect|calendar|code|concurrent|contextlib|copy|csv|dataclasses|dis|email|enum"
    "|functools|glob|heapq|http|inspect|io|itertools|json|logging|math|numbers|operator|parser"
    "|platform|profile|queue|random|re|resource|secrets|select|shutil|signal|site|socket|statistics"
    "|string|tempfile|test|threading|token|tokenize|traceback|types|typing|warnings"
)
"""Modules of the standard library that torch and what it needs import."""


@rule(
    code="PY105",
    slug="module-shadowed",
    title="A local file hides torch (torch.py, random.py, ...)",
    severity="error",
    unseen="files that hide other modules aren't looked for",
    symptoms=(
        Symptom(
            pattern=r"partially initialized module '(?:torch|numpy|triton)' (?:from \S{1,200} )?has no attribute"
        ),
        Symptom(
            pattern=r"module 'torch' has no attribute '(?:__version__|version|zeros|ones|tensor|Tensor|randn?|nn|cuda|device|no_grad|float32|from_numpy|load|save|manual_seed|empty|arange)\b'",
            confidence="medium",
        ),
        Symptom(
            pattern=r"since it has the same name as the (?:standard library|third-party) module named"
        ),
        Symptom(
            pattern=r"if it has the same name as a (?:third-party )?(?:library|module) you intended to import"
        ),
        Symptom(pattern=r"'torch' \(unknown location\)"),
        Symptom(pattern=r"No module named '?[\w.]{1,80}'?; '\w{1,40}' is not a package"),
        Symptom(pattern=r"has no attribute '\w{1,60}' \(consider renaming"),
        Symptom(pattern="loaded the .{0,2}torch/_C.{0,2} folder"),
        Symptom(
            pattern=r"cannot import name '\w{1,60}' from partially initialized module '(?:torch|numpy)\b"
        ),
        Symptom(pattern=rf"partially initialized module '(?:{_STANDARD})' has no attribute"),
        Symptom(
            pattern=r"cannot import name '\w{1,60}' from '(?:"
            + _STANDARD
            + r")' \((?!\S{0,300}[\\/]lib[\\/](?:python[\d.]{1,5}[\\/])?\w{1,60}\.py)\S{1,300}\.py\)",
            confidence="medium",
        ),
    ),
    ask="`python -c 'import importlib.util as u; print(u.find_spec(\"torch\").origin)'`: is it in site-packages?",
    suppresses=("PY113",),
    fixes=FIXES,
)
def judge(torch: TorchInstall, machine: Machine) -> Iterator[Draft]:
    if torch.hidden_by is None:
        return
    yield Draft(
        message=f"{torch.hidden_by} hides torch {torch.version}: Python finds it first.",
        subject=torch.hidden_by,
        evidence=(fact_evidence(machine, "torch", f"behind {torch.hidden_by}"),),
        fixes=FIXES[1:],
    )
