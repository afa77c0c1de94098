"""torch is the one that was installed: module, version file, metadata and wheel tags tell the same story.

What it proves: the imported module's version equals the one in its own `version.py` and in the metadata of the
distribution that it came from; its extension module was built for this interpreter; the wheel's tags name this
Python, ABI (free-threaded or not) and processor; no native library is shorter than RECORD says.

How: `importlib.metadata`, the distribution whose folder holds the imported package. All comparisons are exact,
but a metadata version without a local part (2.13.0) accepts any local part of the module (2.13.0+cu130), as
wheels of the default index have it. Without metadata (a source tree) only module and version file are compared.
Conda rewrites files on purpose: sizes are compared for pip installs only, and one that grew is no fault: patching a
library path into it makes it longer. `doctor` looks at the same sizes before it lets anything be loaded.

A failure means that two installations are mixed (pip over conda, an interrupted upgrade, a folder named torch
in the path) or that a download or disk cut a file. Remove torch completely and install it again.
"""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.metadata
import os
import platform
import re
import sys
import sysconfig
from typing import Any

ID = "import"
SUMMARY = "versions, wheel tags and file sizes of the imported torch agree"
DEVICES = "cpu"
REQUIRES = ()
LEVEL = "standard"
TIMEOUT_S = 30.0

NATIVE = (".so", ".dylib", ".dll", ".pyd")


def run(torch: Any, device: str) -> dict[str, Any]:
    # The folder's real path, not the file's: installers may link single files to a cache of theirs.
    folder = os.path.realpath(os.path.dirname(torch.__file__))
    version = str(torch.__version__)
    written = _version_file(os.path.join(folder, "version.py"))
    _equal("torch.__version__ and version.py", version, written)
    _equal("torch.__version__ and torch.version", version, str(torch.version.__version__))
    found: dict[str, Any] = {"version": version, "extension": _extension(torch)}
    found["source"] = str(getattr(torch.version, "git_version", None) or "not told")
    found["cpu_capability"] = _instructions(torch)
    distribution = _distribution(folder)
    if distribution is None:
        found["metadata"] = "none found beside the module"
        return found
    found["metadata"] = _metadata_version(distribution, version)
    found["tags"] = _tags(distribution)
    found["files_compared"] = _sizes(distribution)
    return found


def _equal(what: str, one: str, other: str) -> None:
    if one != other:
        raise AssertionError(f"{what} differ: {one} and {other}")


def _version_file(path: str) -> str:
    """The literal that version.py assigns to __version__, read without running it."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__version__":
            return str(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    raise AssertionError(f"{path} assigns no __version__")


def _instructions(torch: Any) -> str:
    """The instruction set that torch's CPU kernels were chosen for, such as AVX2."""
    match = re.search(r"CPU capability usage: (.+)", torch.__config__.show())
    return match.group(1) if match else "not told"


def _extension(torch: Any) -> str:
    """The extension module must carry a suffix that this interpreter loads."""
    name = os.path.basename(torch._C.__file__)
    if not name.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES)):
        raise AssertionError(
            f"{name} is no extension for this Python: {importlib.machinery.EXTENSION_SUFFIXES}"
        )
    return str(name)


def _distribution(folder: str) -> Any:
    """The installed distribution whose torch folder is the imported one."""
    for distribution in importlib.metadata.distributions(name="torch"):
        if os.path.realpath(str(distribution.locate_file("torch"))) == folder:
            return distribution
    return None


def _metadata_version(distribution: Any, version: str) -> str:
    told = str(distribution.version)
    same = version if "+" in told else version.split("+")[0]
    _equal("metadata and module version", told, same)
    return told


def _tags(distribution: Any) -> str:
    """One of the wheel's tags must fit this interpreter; every part of it is compared."""
    lines = (distribution.read_text("WHEEL") or "").splitlines()
    tags = [line.split(":", 1)[1].strip() for line in lines if line.startswith("Tag:")]
    if tags and not any(_fits(*tag.split("-")[-3:]) for tag in tags):
        raise AssertionError(
            f"wheel tags {', '.join(tags)} don't fit Python {platform.python_version()}{_abi_suffix()} "
            f"on {sysconfig.get_platform()}"
        )
    return ", ".join(tags) or "no WHEEL file"


def _abi_suffix() -> str:
    return "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""


def _fits(python: str, abi: str, system: str) -> bool:
    """Whether one wheel tag fits; a stable-ABI or pure wheel needs no exact Python."""
    mine = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    python_fits = mine in python.split(".") or abi == "abi3" or python.startswith("py3")
    abi_fits = abi in (mine + _abi_suffix(), mine + "m", "abi3", "none")
    return python_fits and abi_fits and _machine_fits(system)


def _machine_fits(system: str) -> bool:
    machine = platform.machine().lower()
    if system == "any" or system.endswith("universal2"):
        return True
    same = {"amd64": "x86_64", "arm64": "aarch64"}
    wanted = same.get(machine, machine)
    return any(same.get(part, part) == wanted for part in _machines(system))


def _machines(system: str) -> list[str]:
    """The processors that a platform tag may name, such as x86_64 of manylinux_2_28_x86_64."""
    known = ("x86_64", "amd64", "aarch64", "arm64", "i686", "win32", "ppc64le", "s390x", "riscv64")
    return [name for tag in system.split(".") for name in known if tag.endswith(name)]


def _sizes(distribution: Any) -> int:
    """How many native libraries have at least the size that RECORD names; a shorter one was cut."""
    if (distribution.read_text("INSTALLER") or "").strip() == "conda":
        return 0
    compared = 0
    for line in (distribution.read_text("RECORD") or "").splitlines():
        path, _, rest = line.partition(",")
        if not (path.startswith("torch/") and path.endswith(NATIVE)):
            continue
        size = rest.rpartition(",")[2]
        if size.isdigit():
            actual = os.path.getsize(str(distribution.locate_file(path)))
            if actual < int(size):
                raise AssertionError(f"{path} has {actual} bytes, RECORD says {size}: it was cut")
            compared += 1
    return compared
