"""The walls of the house: who imports whom, who touches the world, and how big things may get."""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]

ORDER = {
    "version": 0,
    "model": 0,
    "cache_folder": 0,
    "interrupts": 0,
    "sanitize": 0,
    "host": 1,
    "probes": 2,
    "knowledge": 3,
    "plan": 4,
    "rules": 4,
    "errors": 5,
    "testing": 5,
    "target": 6,
    "doctor": 7,
    "installer": 8,
    "report": 9,
    "api": 10,
    "cli": 11,
}
"""Each part may import what stands lower; parts of one height know nothing of each other."""

DOORS = ("host", "target", "installer", "cli")
"""The parts that touch the world; of `knowledge` only what reads its data or refreshes its cache does."""
KNOWLEDGE_DOORS = ("envsetup/knowledge/load.py", "envsetup/knowledge/refresh.py")

BANNED_MODULES = {
    "subprocess",
    "platform",
    "pynvml",
    "psutil",
    "cpuinfo",
    "socket",
    "urllib.request",
}
BANNED_CALLS = {"open", "print", "input", "os.getenv", "os.system", "os.popen"}
BANNED_NAMES = {"os.environ", "os.environb"}

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 400
MEDIAN_FUNCTION_LINES = 10

CHECKS_MAY_IMPORT = {"torch", "numpy"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sources("envsetup")
}
"""Every file of the package by its dotted name; a folder's is that of its `__init__.py`."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), name(path))


def part_of(path: Path) -> str:
    """The part of the house a file belongs to; empty for the package's own front door."""
    parts = path.relative_to(ROOT / "envsetup").with_suffix("").parts
    return "" if parts[0] in ("__init__", "__main__") else parts[0]


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every module named by an import statement, wherever it stands, with its line.

    Imports inside functions and under TYPE_CHECKING count, relative ones are resolved. What is taken
    from a package counts as the module of that name, or as the package itself where there is none.
    """
    package = list(path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inside = f"{module}.{alias.name}"
                yield (inside if inside in MODULES else module), node.lineno


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def test_every_part_has_its_place() -> None:
    parts = {part_of(path) for path in sources("envsetup")} - {""}

    assert parts <= set(ORDER), f"give these a place in ORDER: {sorted(parts - set(ORDER))}"


def test_imports_point_to_the_left() -> None:
    wrong = []
    for path in sources("envsetup"):
        here = part_of(path)
        for module, line in imported(path):
            there = module.split(".")[1] if module.startswith("envsetup.") else ""
            if here and there in ORDER and there != here and ORDER[there] >= ORDER[here]:
                wrong.append(f"{name(path)}:{line} ({here}) imports {module}")

    assert not wrong, "\n".join(wrong)


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = {
        module: {target for target, _ in imported(path) if target in MODULES} - {module}
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"in a circle: {' -> '.join(error.args[1])}") from error


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("from envsetup.rules import registry", "envsetup.rules.registry"),
        ("from envsetup.rules import Draft", "envsetup.rules"),
        ("from . import registry", "envsetup.rules.registry"),
        ("from ..model import Fix", "envsetup.model"),
        ("def look():\n    import envsetup.doctor.findings", "envsetup.doctor.findings"),
        ("if TYPE_CHECKING:\n    from envsetup import knowledge", "envsetup.knowledge"),
    ],
)
def test_no_import_is_overlooked(line: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = ROOT / "envsetup" / "rules" / "made_up.py"
    monkeypatch.setattr(f"{__name__}.tree", lambda _: ast.parse(line))

    assert [target for target, _ in imported(here)] == [module]


def test_the_host_never_imports_the_checks() -> None:
    wrong = [
        f"{name(path)}:{line}"
        for path in sources("envsetup")
        for module, line in imported(path)
        if module.split(".")[0] == "checks" or module.startswith("envsetup.checks")
    ]

    assert not wrong, "\n".join(wrong)


def test_checks_need_the_standard_library_and_torch_alone() -> None:
    own = {path.stem for path in sources("checks")}
    wrong = []
    for path in sources("checks"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                tops = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                tops = {(node.module or "").split(".")[0]}
            else:
                continue
            foreign = tops - set(sys.stdlib_module_names) - CHECKS_MAY_IMPORT - own
            wrong += [f"{name(path)}:{node.lineno} imports {top}" for top in sorted(foreign)]

    assert not wrong, "\n".join(wrong)


def test_no_check_is_named_like_a_module_it_would_hide() -> None:
    taken = set(sys.stdlib_module_names) | {"torch", "numpy", "sympy", "typing_extensions"}

    assert not {path.stem for path in sources("checks")} & taken


def may_touch_the_world(path: Path) -> bool:
    return part_of(path) in DOORS or name(path) in KNOWLEDGE_DOORS


def touches(path: Path) -> Iterator[str]:
    for module, line in imported(path):
        if module in BANNED_MODULES or module.split(".")[0] in BANNED_MODULES:
            yield f"{name(path)}:{line} imports {module}"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and dotted(node.func) in BANNED_CALLS:
            yield f"{name(path)}:{node.lineno} calls {dotted(node.func)}"
        if isinstance(node, ast.Attribute) and dotted(node) in BANNED_NAMES:
            yield f"{name(path)}:{node.lineno} reads {dotted(node)}"


def test_only_the_doors_touch_the_world() -> None:
    wrong = [
        line
        for path in sources("envsetup")
        if not may_touch_the_world(path)
        for line in touches(path)
    ]

    assert not wrong, "\n".join(sorted(set(wrong)))


STARTS_PROGRAMS = "envsetup/host/programs.py"
STARTERS = {
    *(f"subprocess.{name}" for name in ("Popen", "run", "call", "check_call", "check_output")),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "os.system", "os.popen"),
    *("os.fork", "os.forkpty", "os.posix_spawn", "os.posix_spawnp", "os.startfile", "pty.spawn"),
    *("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"),
}


def starters(path: Path) -> Iterator[str]:
    """Calls that start a process, whatever name they were imported by."""
    nodes = list(ast.walk(tree(path)))
    whole = {
        alias.asname: alias.name
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname
    }
    single = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in nodes:
        if isinstance(node, ast.Call):
            first, dot, rest = dotted(node.func).partition(".")
            called = (single | whole).get(first, first) + dot + rest
            if called in STARTERS or called.startswith(("os.exec", "os.spawn", "multiprocessing.")):
                yield f"{name(path)}:{node.lineno} calls {called}"


def test_one_file_starts_programs() -> None:
    """`spawn` ends them whatever happens. The checks are programs of their own, in the target."""
    found = [line for path in sources("envsetup") for line in starters(path)]

    assert [line.split(":")[0] for line in found] == [STARTS_PROGRAMS], "\n".join(found)


class Function(NamedTuple):
    where: str
    lines: int


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(f"{name(path)}:{node.lineno} {node.name}", lines)


def test_functions_fit_on_a_screen() -> None:
    found = [one for path in sources("envsetup", "checks") for one in functions(path)]

    too_long = [
        f"{one.where}: {one.lines} lines" for one in found if one.lines > MAX_FUNCTION_LINES
    ]
    assert not too_long, "\n".join(too_long)
    assert statistics.median(one.lines for one in found) <= MEDIAN_FUNCTION_LINES


def test_files_stay_readable() -> None:
    lines = {
        name(path): len(path.read_text("utf-8").splitlines())
        for path in [*sources("envsetup", "checks", "benchmarks"), ROOT / "start.py"]
    }
    # The model is one long list of records, and is read as a dictionary is.
    lines.pop("envsetup/model.py")

    assert not {path: count for path, count in lines.items() if count > MAX_FILE_LINES}


def loaded_by(*arguments: str) -> set[str]:
    """Modules in the process after a command of envsetup ran."""
    program = (
        "import sys\n"
        "from envsetup.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    sys.stderr.write('\\nLOADED ' + ' '.join(sys.modules))\n"
    )
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=env,
        cwd=ROOT,
    )
    listing = done.stderr.rsplit("LOADED ", 1)
    assert done.returncode == 0 and len(listing) == 2, done.stderr
    return set(listing[1].split())


HEAVY = {"psutil", "pynvml", "cpuinfo", "rich", "jinja2", "asyncio", "multiprocessing"}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_start_imports_click_and_little_else(option: str) -> None:
    assert not loaded_by(option) & (HEAVY | {"msgspec", "packaging", "json"})


def test_a_plan_from_flags_imports_nothing_heavy() -> None:
    flags = ("install-plan", "--os", "linux", "--gpu", "none", "--format", "json", "--offline")

    assert not loaded_by(*flags) & (HEAVY | {"envsetup.host.local", "envsetup.host.programs"})
