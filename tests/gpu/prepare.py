"""Brings envsetup and what it needs as wheels, for a GPU machine without a network.

    python tests/gpu/prepare.py FOLDER [--python-version 3.12]

There: python -m pip install --no-index --find-links FOLDER envsetup
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python-version", default="3.12")
    given = parser.parse_args(arguments)
    pip = [sys.executable, "-m", "pip"]
    folder = str(given.folder)
    built = subprocess.call([*pip, "wheel", "--quiet", "--no-deps", "-w", folder, str(ROOT)])
    if built:
        return built
    wheel = next(given.folder.glob("envsetup-*.whl"))
    target = ["--python-version", given.python_version, "--only-binary", ":all:"]
    platforms = [word for one in PLATFORMS for word in ("--platform", one)]
    return subprocess.call(
        [*pip, "download", "--quiet", "-d", folder, *target, *platforms, str(wheel)]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
