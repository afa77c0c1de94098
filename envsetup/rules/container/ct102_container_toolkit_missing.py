"""## What it means

Docker was asked for a GPU and doesn't know how to give one.

## How it looks

```text
docker: Error response from daemon: could not select device driver "" with capabilities: [[gpu]].
unknown or invalid runtime name: nvidia
```

## Why it happens

The toolkit is missing on the host, wasn't registered with the container engine, or Docker is a
snap or runs in a virtual machine of its own.

## How envsetup knows

Only the engine's own words tell; the host can't be seen from inside.

## How to fix

- Install nvidia-container-toolkit on the host (root)
- `sudo nvidia-ctk runtime configure --runtime=docker`, then `sudo systemctl restart docker`
  (root)
- Podman: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml` (root)
- Replace Docker's snap by the docker-ce package (root)

## When to ignore

Where no GPU is meant to be in the container.

## Links

- <https://github.com/NVIDIA/nvidia-container-toolkit/issues/854>
- <https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/>
"""

from __future__ import annotations

from envsetup.model import (
    Fix,
)
from envsetup.rules import Symptom, text_rule
from envsetup.rules.undecidable import OUTSIDE

FIXES = (
    Fix(text="Install nvidia-container-toolkit on the host", safety="root"),
    Fix(
        text=(
            "`sudo nvidia-ctk runtime configure --runtime=docker`, then `sudo systemctl "
            "restart docker`"
        ),
        safety="root",
    ),
    Fix(text="Podman: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`", safety="root"),
    Fix(text="Replace Docker's snap by the docker-ce package", safety="root"),
)

text_rule(
    __name__,
    undecidable=OUTSIDE,
    code="CT102",
    slug="container-toolkit-missing",
    title="NVIDIA Container Toolkit not installed or not configured",
    severity="error",
    platforms=("linux",),
    symptoms=(
        Symptom(pattern=r"could not select device driver"),
        Symptom(pattern="(?:invalid runtime name: |unknown runtime specified )nvidia"),
        Symptom(pattern=r"unresolvable CDI devices nvidia\.com/gpu"),
        Symptom(
            pattern=r"nvidia-container-runtime.{0,60}(?:executable file not found|no such file)"
            r"|nvidia-container-(?:cli|toolkit)\W{0,4}executable file not found"
        ),
        Symptom(pattern=r"stat nvidia\.com/gpu=\w{1,20}: no such file"),
        Symptom(
            pattern=r"RuntimeClass \W{0,2}nvidia\W{0,2} not found|no runtime for \W{0,2}nvidia\W{0,2} is configured"
        ),
        Symptom(pattern=r"'nvidia' is not a docker command|unknown flag: --gpus"),
        Symptom(pattern=r"nvidia_driver_\S{1,20}: VolumeDriver"),
        Symptom(pattern=r"custom device nvidia\.com/gpu|nvidia\.com/gpu=\S{1,20} unresolvable"),
        Symptom(
            pattern=r"\('devices' was unexpected\)|Insufficient nvidia\.com/gpu|unavailable for nvidia\.com/gpu",
            confidence="medium",
        ),
        Symptom(pattern=r"nvidia-container-runtime-hook\W{0,4}(?:executable file )?not found"),
        Symptom(
            pattern=r"setting up CDI devices|failed to inject (?:CDI )?devices", confidence="medium"
        ),
        Symptom(pattern=r"set the docker default runtime to .?nvidia"),
        Symptom(pattern=r"Unable to locate package nvidia-(?:container|docker)"),
    ),
    ask=(
        "Does `nvidia-ctk --version` work on the host, and does `docker info` list the "
        "nvidia runtime?"
    ),
    fixes=FIXES,
)
