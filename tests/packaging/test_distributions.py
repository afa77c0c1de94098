"""Wheel, source distribution and editable install: each must give `envsetup.checks`, and never `checks`."""

from __future__ import annotations

import email.message
import email.parser
import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["setuptools"]["packages"]
FOLDERS = {"envsetup": ROOT / "envsetup", "envsetup.checks": ROOT / "checks"}

pytestmark = pytest.mark.slow


def test_the_package_list_equals_the_folders() -> None:
    """A subpackage that the list forgets works in the editable install and is missing from the wheel."""
    found = {"envsetup.checks"}
    for marker in (ROOT / "envsetup").rglob("__init__.py"):
        found.add(".".join(marker.parent.relative_to(ROOT).parts))

    assert set(PACKAGES) == found
    assert sorted(PACKAGES) == PACKAGES
    nested = [p.parent.name for p in (ROOT / "checks").rglob("*.py") if p.parent.name != "checks"]
    assert not set(nested) - {"__pycache__"}


def test_every_folder_with_python_in_it_is_a_package() -> None:
    bare = {
        path.parent.relative_to(ROOT).as_posix()
        for path in (ROOT / "envsetup").rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    }

    assert not bare


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree as git would give it, so that no build litters the real one."""
    folder = tmp_path_factory.mktemp("clone") / "envsetup-clone"
    leave = shutil.ignore_patterns(
        ".git", ".venv*", "*.egg-info", "__pycache__", "build", "dist", ".*_cache", "_build"
    )
    shutil.copytree(ROOT, folder, ignore=leave)
    return folder


def run(*argv: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, f"{argv}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


BACKEND = """
import os, sys
import setuptools.build_meta as backend
what, folder = sys.argv[1:]
print("BUILT " + getattr(backend, "build_" + what)(folder))
"""


def build(what: str, tree: Path, folder: Path) -> Path:
    """Builds by the hooks of PEP 517 with the setuptools at hand: no isolation, so no network."""
    folder.mkdir(parents=True, exist_ok=True)
    said = run(sys.executable, "-c", BACKEND, what, str(folder), cwd=tree)
    shutil.rmtree(tree / "build", ignore_errors=True)
    return folder / said.rsplit("BUILT ", 1)[1].strip()


@pytest.fixture(scope="session")
def wheel(clone: Path) -> Path:
    return build("wheel", clone, clone.parent / "direct")


@pytest.fixture(scope="session")
def sdist(clone: Path) -> Path:
    return build("sdist", clone, clone.parent / "sdist")


@pytest.fixture(scope="session")
def unpacked(sdist: Path) -> Path:
    folder = sdist.parent / "unpacked"
    with tarfile.open(sdist) as archive:
        if sys.version_info >= (3, 12):
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)
    (inner,) = folder.iterdir()
    return inner


@pytest.fixture(scope="session")
def wheel_of_sdist(unpacked: Path) -> Path:
    return build("wheel", unpacked, unpacked.parent.parent / "from-sdist")


@pytest.fixture(scope="session")
def editable(clone: Path) -> Path:
    return build("editable", clone, clone.parent / "editable")


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def expected_files() -> set[str]:
    """What a wheel must hold, from the tree: every module, the data, and the marker of typing."""
    wanted = set()
    for package, folder in FOLDERS.items():
        for path in folder.rglob("*"):
            inside = path.relative_to(folder)
            if path.is_file() and "__pycache__" not in inside.parts and path.suffix != ".pyc":
                wanted.add("/".join([*package.split("."), *inside.parts]))
    return wanted


def test_the_wheel_holds_what_the_tree_holds(wheel: Path) -> None:
    inside = {name for name in files_of(wheel) if ".dist-info/" not in name}

    assert inside == expected_files()
    assert "envsetup/py.typed" in inside
    assert any(name.startswith("envsetup/knowledge/") and name.endswith(".json") for name in inside)


def test_the_source_distribution_gives_the_same_wheel(wheel: Path, wheel_of_sdist: Path) -> None:
    assert files_of(wheel) == files_of(wheel_of_sdist)


def test_the_source_distribution_holds_its_own_tests_and_docs(unpacked: Path) -> None:
    for path in (".ci/run", "start.py", "tests/conftest.py", "docs/conf.py", "LICENSE"):
        assert (unpacked / path).is_file(), path
    skip = ("__pycache__", ".pyc")
    tests = {p.relative_to(ROOT) for p in (ROOT / "tests").rglob("*") if p.is_file()}
    wanted = {p for p in tests if not str(p).endswith(skip) and "__pycache__" not in p.parts}
    lost = {str(p) for p in wanted if not (unpacked / p).is_file()}
    assert not lost


def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return email.parser.Parser().parsestr(archive.read(name).decode("utf-8"))


def test_the_metadata_says_what_was_promised(wheel: Path) -> None:
    about = metadata(wheel)
    runtime = [r for r in about.get_all("Requires-Dist", []) if "extra ==" not in r]

    assert about["Requires-Python"] == ">=3.10"
    assert not any(r.startswith("torch") for r in runtime)
    assert not any("<" in r.split(";")[0] for r in runtime), "no caps on dependencies"


@pytest.fixture(scope="session", params=["wheel", "wheel_of_sdist", "editable"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with that one distribution; its dependencies are lent by a .pth file."""
    artifact: Path = request.getfixturevalue(request.param)
    home = tmp_path_factory.mktemp(request.param) / "venv"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", str(artifact), cwd=home)
    lend_dependencies(python, home)
    return python


def lend_dependencies(python: Path, home: Path) -> None:
    """Makes click and its kin importable by links, without what else stands beside them.

    A .pth to our whole site-packages would lend this very project as well.
    """
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(str(python), "-c", ask, cwd=home).strip())
    ours = Path(run(sys.executable, "-c", ask, cwd=home).strip())
    for lent in ("click", "msgspec", "packaging", "psutil", "platformdirs", "colorama", "tomli"):
        if (ours / lent).is_dir() and not (site / lent).exists():
            shutil.copytree(ours / lent, site / lent)


LOOK = """
import importlib.resources, importlib.util, json, sys
import envsetup
folder = importlib.resources.files("envsetup.checks")
knowledge = importlib.resources.files("envsetup.knowledge")
print(json.dumps({
    "version": envsetup.__version__,
    "spec": importlib.util.find_spec("envsetup.checks") is not None,
    "bare": importlib.util.find_spec("checks") is not None,
    "checks": sorted(p.name for p in folder.iterdir() if p.name.endswith(".py")),
    "data": sorted(p.name for p in knowledge.iterdir() if p.name.endswith(".json")),
}))
"""


def test_each_way_of_installing_works_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    seen = json.loads(run(str(installed), "-I", "-c", LOOK, cwd=tmp_path, env=environment))

    assert seen["spec"] and not seen["bare"]
    assert seen["checks"] == sorted(path.name for path in (ROOT / "checks").glob("*.py"))
    assert seen["data"]
    program = installed.parent / ("envsetup.exe" if os.name == "nt" else "envsetup")
    for argv in ([str(program)], [str(installed), "-m", "envsetup"]):
        assert seen["version"] in run(*argv, "--version", cwd=tmp_path, env=environment)


def test_a_checks_package_of_the_user_is_not_in_the_way(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "__init__.py").write_text("WHOSE = 'the user'\n")
    program = (
        "import checks, importlib.resources as r; print(checks.WHOSE, r.files('envsetup.checks'))"
    )

    said = run(str(installed), "-c", program, cwd=tmp_path)

    assert said.startswith("the user") and str(tmp_path) not in said


def test_dependencies_are_the_agreed_ones() -> None:
    names = {r.split(";")[0].split(">")[0].strip() for r in PROJECT["project"]["dependencies"]}

    assert names == {
        "click",
        "jinja2",
        "markdown-it-py",
        "msgspec",
        "nvidia-ml-py",
        "packaging",
        "platformdirs",
        "psutil",
        "py-cpuinfo",
        "pyelftools",
        "rich",
        "tomli",
    }
