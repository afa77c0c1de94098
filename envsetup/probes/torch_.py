"""torch as its files tell it: nothing is imported, nothing is mapped."""

from __future__ import annotations

import ast
import re

from msgspec.structs import replace

from envsetup.host import Host
from envsetup.host.questions import ARCH_LIST, EXECUTABLE
from envsetup.model import (
    UNASKED,
    Absent,
    Fact,
    Known,
    Package,
    Python,
    TorchInstall,
    Unreadable,
    value_of,
)
from envsetup.probes.readers import file_source
from envsetup.probes.recorded import damaged

LIBRARIES = ("torch/lib/", "torch/_C", "torch/bin/")
"""Below these a file that is missing or cut short breaks the import."""
FINDER = re.compile(r"__editable___torch_.*_finder\.py")
MAPPED = re.compile(r"""['"]torch['"]: *['"]([^'"]+)['"]""")
"""The line of setuptools' finder that maps the package to its folder."""


def read(
    host: Host, python: Fact[Python], packages: Fact[tuple[Package, ...]]
) -> Fact[TorchInstall]:
    """The installation that `import torch` would find first."""
    if not isinstance(python, Known):
        return python
    tried = []
    hidden_by: str | None = None
    for folder in _folders(python.value):
        path = f"{folder}/torch/version.py"
        fact = host.read(path)
        tried.append(file_source(path))
        if isinstance(fact, Unreadable):
            return fact
        if isinstance(fact, Known):
            return _behind(hidden_by, _installed(host, folder, fact.value, packages))
        package = _metadata(packages.value, folder) if isinstance(packages, Known) else None
        if package is not None:
            return (
                _editable(host, folder, package) if package.editable else _gutted(folder, package)
            )
        hidden_by = hidden_by or _namesake(host, folder)
    return Absent(tried=tuple(tried))


def _namesake(host: Host, folder: str) -> str | None:
    """A module or package named torch that isn't PyTorch: it has no version.py."""
    paths = (f"{folder}/torch/__init__.py", f"{folder}/torch.py")
    return next((path for path in paths if isinstance(host.read(path, 1), Known)), None)


def _behind(hidden_by: str | None, fact: Fact[TorchInstall]) -> Fact[TorchInstall]:
    if hidden_by is None or not isinstance(fact, Known):
        return fact
    return replace(fact, value=replace(fact.value, hidden_by=hidden_by))


def _folders(python: Python) -> tuple[str, ...]:
    user = (python.user_site,) if python.user_site_enabled and python.user_site else ()
    return tuple(dict.fromkeys((*python.sys_path, *user, *python.site_packages)))


def _metadata(packages: tuple[Package, ...], folder: str) -> Package | None:
    mine = (p for p in packages if p.name == "torch" and p.location == folder)
    return next(mine, None)


def _editable(host: Host, folder: str, package: Package) -> Fact[TorchInstall]:
    """torch built from source and installed to be edited: a finder names where it lies."""
    names = host.list(folder)
    finders = [n for n in names.value if FINDER.fullmatch(n)] if isinstance(names, Known) else []
    for name in finders:
        fact = host.read(f"{folder}/{name}")
        found = MAPPED.search(fact.value) if isinstance(fact, Known) else None
        text = host.read(f"{found.group(1)}/version.py") if found else None
        if found and isinstance(text, Known):
            return _installed(host, found.group(1).rpartition("/")[0], text.value, Absent())
    told = f"torch {package.version} is installed in editable mode, and where is not told"
    return Unreadable(error=told, source=file_source(f"{folder}/{package.metadata}"))


def _gutted(folder: str, package: Package) -> Fact[TorchInstall]:
    """Metadata without the package: a broken uninstall."""
    return Known(
        value=TorchInstall(
            version=package.version,
            location=f"{folder}/torch",
            metadata_version=package.version,
            broken_files=("torch/version.py is missing although torch is recorded as installed",),
        ),
        source=file_source(f"{folder}/{package.metadata}"),
    )


def _installed(
    host: Host, folder: str, text: str, packages: Fact[tuple[Package, ...]]
) -> Fact[TorchInstall]:
    source = file_source(f"{folder}/torch/version.py")
    told = literals(text)
    version = told.get("__version__")
    package = _metadata(packages.value, folder) if isinstance(packages, Known) else None
    if not isinstance(version, str):
        return Unreadable(error="torch/version.py names no version", source=source)
    cuda, hip, xpu = (_text(told.get(k)) for k in ("cuda", "hip", "xpu"))
    listed = package.metadata if package else None
    broken = damaged(host, folder, listed, _is_library) if listed else ()
    return Known(
        value=TorchInstall(
            version=version,
            build=build_of(version, cuda, hip, xpu),
            cuda=cuda,
            hip=hip,
            xpu=xpu,
            git_version=_text(told.get("git_version")),
            debug=bool(told.get("debug")),
            arch_list=_arch_list(host, folder, version, cuda, hip),
            location=f"{folder}/torch",
            metadata_version=package.version if package else None,
            shm_manager=value_of(
                host.ask(EXECUTABLE.about(f"{folder}/torch/bin/torch_shm_manager"))
            ),
            broken_files=broken,
        ),
        source=source,
    )


def _is_library(path: str) -> bool:
    return path.startswith(LIBRARIES)


PUBLISHED = re.compile(r"\d+\.\d+\.\d+\+(?:cpu|cu\d+|rocm[\d.]+|xpu)")
"""Versions as the official wheels carry them: their architectures stand in the knowledge."""
GPU_LIBRARIES = ("libtorch_cuda.so", "libtorch_hip.so", "torch_cuda.dll")


def _arch_list(
    host: Host, folder: str, version: str, cuda: str | None, hip: str | None
) -> Fact[tuple[str, ...]]:
    """What an unofficial build's library holds kernels for; an official one needs no reading."""
    if (cuda or hip) is None or PUBLISHED.fullmatch(version):
        return UNASKED
    tried = []
    for name in GPU_LIBRARIES:
        path = f"{folder}/torch/lib/{name}"
        fact = host.ask(ARCH_LIST.about(path))
        tried.append(file_source(path))
        if isinstance(fact, Known):
            return Known(value=fact.value, source=file_source(path))
        if isinstance(fact, Unreadable):
            return fact
    return Absent(tried=tuple(tried))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def literals(text: str) -> dict[str, object]:
    """Names that a module assigns literals to; empty where it doesn't parse."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, object] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
            found[target.id] = value.value
    return found


def build_of(version: str, cuda: str | None, hip: str | None, xpu: str | None) -> str | None:
    """The index name of a build: by its local version, else by what it was built with."""
    local = version.partition("+")[2]
    if local.startswith(("cu", "rocm", "cpu", "xpu")):
        return local.split(".")[0] if local.startswith(("cu", "cpu", "xpu")) else local
    if hip:
        return f"rocm{'.'.join(hip.split('.')[:2])}"
    if cuda:
        return f"cu{''.join(cuda.split('.')[:2])}"
    if xpu:
        return "xpu"
    return "cpu"
