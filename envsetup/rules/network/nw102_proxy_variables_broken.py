"""## What it means

Some programs use the proxy, others don't.

## How it looks

```text
ProxyError: Cannot connect to proxy
```

## Why it happens

Upper and lower case are set differently, or the scheme is missing.

## How envsetup knows

Both spellings of a proxy variable are there and differ.

## How to fix

- Set both spellings to one value, with http:// in front (safe)

## When to ignore

Without a proxy.

## Links

- <https://pip.pypa.io/en/stable/user_guide/>
"""

from __future__ import annotations

from collections.abc import Iterator

from envsetup.model import (
    Fix,
    Machine,
)
from envsetup.rules import Draft, Symptom, fact_evidence, rule
from envsetup.rules.undecidable import SETTINGS

FIXES = (Fix(text="Set both spellings to one value, with http:// in front"),)


@rule(
    code="NW102",
    slug="proxy-variables-broken",
    title="The proxy settings contradict each other",
    severity="warning",
    unseen=SETTINGS,
    symptoms=(
        Symptom(pattern="Cannot connect to proxy"),
        Symptom(pattern="ProxyError"),
        Symptom(pattern="Missing dependencies for SOCKS support"),
        Symptom(pattern="check_hostname requires server_hostname"),
        Symptom(pattern="Proxy URL had unsupported scheme|ProxySchemeUnknown"),
        Symptom(pattern="WRONG_VERSION_NUMBER"),
        Symptom(pattern="407 Proxy Authentication Required"),
    ),
    suppresses=("NW104",),
    fixes=FIXES,
)
def judge(environment: dict[str, str], machine: Machine) -> Iterator[Draft]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        upper, lower = environment.get(name), environment.get(name.lower())
        if upper and lower and upper.rstrip("/") != lower.rstrip("/"):
            yield Draft(
                message=f"{name} and {name.lower()} differ.",
                subject=name,
                evidence=(fact_evidence(machine, "environment", name),),
                fixes=FIXES,
            )
