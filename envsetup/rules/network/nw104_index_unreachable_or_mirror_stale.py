"""## What it means

pip or uv get no answer, or a mirror lacks what was asked for.

## How it looks

```text
WARNING: Retrying (Retry(total=4, …)) after connection broken by ConnectTimeoutError
```

## Why it happens

No network, a firewall, or a mirror that is behind.

## How envsetup knows

The error text.

## How to fix

- `pip config debug` shows where the index is set; unset a wrong one (safe)
- Name PyTorch's index explicitly (safe)

## When to ignore

Without network on purpose.

## Links

- <https://github.com/astral-sh/uv/issues/15446>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import NETWORK

FIXES = (
    Fix(text="`pip config debug` shows where the index is set; unset a wrong one"),
    Fix(text="Name PyTorch's index explicitly"),
)

text_rule(
    __name__,
    undecidable=NETWORK,
    code="NW104",
    slug="index-unreachable-or-mirror-stale",
    title="The package index can't be reached",
    severity="warning",
    symptoms=(
        Symptom(pattern="after connection broken by"),
        Symptom(
            pattern="Name or service not known|Temporary failure in name resolution|getaddrinfo failed",
            confidence="medium",
        ),
        Symptom(pattern="neither a file nor a directory", confidence="medium"),
        Symptom(pattern="Read timed out", confidence="medium"),
        Symptom(pattern="dns error: failed to lookup"),
        Symptom(pattern="HTTP 000 CONNECTION FAILED"),
        Symptom(pattern=r"HTTP error 40[34] while getting https?://\S{0,200}(?:torch|whl)"),
        Symptom(
            pattern="Failed to fetch: .{0,200}(?:error sending request|operation timed out|tcp connect error)"
        ),
        Symptom(
            pattern=r"Connection timed out while downloading|pypi\S{0,40}.{0,40}Max retries exceeded|download\.pytorch\.org.{0,40}Max retries exceeded"
        ),
        Symptom(
            pattern=r"Connection reset by peer.{0,80}\bpip|\bpip.{0,80}Connection reset by peer",
            confidence="medium",
        ),
        Symptom(pattern="Network is unreachable", confidence="medium"),
        Symptom(
            pattern=r"DO NOT MATCH THE HASHES FROM|\bHash mismatch for .?torch", confidence="medium"
        ),
        Symptom(pattern="read operation timed out", confidence="medium"),
        Symptom(
            pattern=r"Connection to (?!huggingface)\S{1,80} timed out\. \(connect timeout",
            confidence="medium",
        ),
        Symptom(
            pattern="urlopen error.{0,40}(?:timed out|Connection (?:refused|reset))",
            confidence="medium",
        ),
        Symptom(
            pattern="BadZipFile: Bad CRC-32|does not match the expected (?:md5|sha256) hash",
            confidence="medium",
        ),
        Symptom(
            pattern=r"Download error \(\d{1,3}\)|Operation too slow\. Less than",
            confidence="medium",
        ),
    ),
    fixes=FIXES,
)
