"""## What it means

Something between you and the index presents its own certificate.

## How it looks

```text
SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self signed certificate in certificate chain
```

## Why it happens

A company's proxy inspects TLS, or the interpreter has no certificates.

## How envsetup knows

The error text.

## How to fix

- pip: `pip config set global.cert <company.pem>`, or pip 24.2 and later, which use the system's
  store (safe)
- uv: `UV_SYSTEM_CERTS=1` (safe)
- Hugging Face: `export REQUESTS_CA_BUNDLE=<company.pem>` (safe)

## When to ignore

Where the server's certificate really has expired.

## Links

- <https://pip.pypa.io/en/stable/topics/https-certificates/>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import NETWORK

FIXES = (
    Fix(
        text=(
            "pip: `pip config set global.cert <company.pem>`, or pip 24.2 and later, which "
            "use the system's store"
        )
    ),
    Fix(text="uv: `UV_SYSTEM_CERTS=1`"),
    Fix(text="Hugging Face: `export REQUESTS_CA_BUNDLE=<company.pem>`"),
)

text_rule(
    __name__,
    undecidable=NETWORK,
    code="NW101",
    slug="tls-interception",
    title="The server's certificate isn't trusted",
    severity="error",
    symptoms=(
        Symptom(pattern="CERTIFICATE_VERIFY_FAILED"),
        Symptom(pattern="self.signed certificate in certificate chain", confidence="medium"),
        Symptom(pattern="unable to get local issuer certificate", confidence="medium"),
        Symptom(pattern="invalid peer certificate: UnknownIssuer"),
        Symptom(pattern="CondaSSLError|SSL error.{0,40}certificate verification"),
        Symptom(pattern="problem confirming the ssl certificate", confidence="medium"),
        Symptom(pattern="EOF occurred in violation of protocol", confidence="medium"),
        Symptom(pattern=r"\bSSL ?(?:ZeroReturn|EOF)?Error\b|\bSSL error\b", confidence="low"),
    ),
    excludes=(
        r"(?:\bgit (?:clone|fetch|pull|push) (?!--filter)|Cloning into '\S{1,200}).{0,300}certificate",
    ),
    suppresses=("NW104", "PY101"),
    fixes=FIXES,
)
