"""What a release consists of: an SBOM in CycloneDX's form, and the licences, of all that envsetup installs.

    .venv-tool/bin/python tools/sbom.py dist

writes `dist/envsetup.cdx.json` and `dist/LICENCES.md`. They describe an environment that holds exactly
what requirements/tool.txt names, made for this purpose and removed again, on this Python and system.
cyclonedx-py, from requirements/release.txt, looks at it from outside.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SBOM, LICENCES = "envsetup.cdx.json", "LICENCES.md"


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("give the folder to write to, such as dist")
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="envsetup-sbom-") as folder:
        described = environment(Path(folder) / "described", "tool", itself=True)
        describing = environment(Path(folder) / "describing", "release", itself=False)
        write_sbom(describing, described, out / SBOM)
    text = licences(json.loads((out / SBOM).read_text("utf-8")))
    (out / LICENCES).write_text(text, "utf-8")


def environment(home: Path, lock: str, *, itself: bool) -> Path:
    """The interpreter of a new environment with what the lock names, and with this clone where wanted."""
    venv.create(home, with_pip=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-input"]
    subprocess.run(
        [*pip, "--require-hashes", "-r", str(ROOT / "requirements" / f"{lock}.txt")], check=True
    )
    if itself:
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", str(ROOT)], check=True)
    # What venv brought along is no part of what envsetup installs.
    subprocess.run([str(python), "-m", "pip", "uninstall", "--quiet", "--yes", "pip"], check=itself)
    return python


def write_sbom(describing: Path, described: Path, out: Path) -> None:
    argv = [str(describing), "-m", "cyclonedx_py", "environment", str(described)]
    argv += ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"]
    argv += ["--output-reproducible", "--output-format", "JSON", "--output-file", str(out)]
    subprocess.run(argv, check=True)


def licences(sbom: dict[str, Any]) -> str:
    """A table of the components, each with the licence that its own metadata states."""
    rows = sorted(
        f"| {one['name']} | {one.get('version', '')} | {stated(one)} |"
        for one in sbom["components"]
    )
    head = [
        "# Licences of what envsetup installs",
        "",
        "| package | version | licence |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


def stated(component: dict[str, Any]) -> str:
    found = []
    for one in component.get("licenses", ()):
        licence = one.get("license", {})
        found.append(one.get("expression") or licence.get("id") or licence.get("name", ""))
    named = list(dict.fromkeys(text.splitlines()[0] for text in found if text))
    return ", ".join(named) or "not stated"


if __name__ == "__main__":
    main()
