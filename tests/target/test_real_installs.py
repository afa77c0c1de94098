"""envsetup installed as people install tools, run beside a `.venv` with torch: that `.venv` is meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the fake torch is laid out for POSIX"),
]
KINDS = ("pipx", "uvx", "uv tool", ".venv-tool")
"""uvx before uv tool: what is installed is run by uvx, too."""
ENTRY = "[console_scripts]\nenvsetup = envsetup.cli:main\n"


def call(*argv: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def plain(home: Path, **more: str) -> dict[str, str]:
    """The variables of a new user: no environment is active, and nothing of ours is in a cache."""
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(home), "UV_OFFLINE": "1", "UV_NO_CONFIG": "1"}
    return {**kept, "UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never", **more}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel that is this envsetup: it adds where the tests' own lies, and its command."""
    folder = tmp_path_factory.mktemp("wheels")
    files = {
        "envsetup_here.pth": f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n",
        "envsetup_here-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: envsetup-here\nVersion: 1\n",
        "envsetup_here-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "envsetup_here-1.dist-info/entry_points.txt": ENTRY,
    }
    record = "".join(f"{name},,\n" for name in files) + "envsetup_here-1.dist-info/RECORD,,\n"
    with zipfile.ZipFile(folder / "envsetup_here-1-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, "envsetup_here-1.dist-info/RECORD": record}.items():
            wheel.writestr(name, text)
    return folder


@pytest.fixture(scope="module")
def uv() -> str:
    from uv import find_uv_bin

    return os.fspath(find_uv_bin())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module", params=KINDS)
def tool(request: pytest.FixtureRequest, wheels: Path, uv: str, home: Path) -> tuple[str, ...]:
    """The words that start envsetup, installed in one of the ways."""
    place = ("--offline", "--no-index", "--find-links", str(wheels))
    env = plain(home)
    if request.param == "uv tool":
        done = call(uv, "tool", "install", *place, "envsetup-here", cwd=home, env=env)
        assert done.returncode == 0, done.stderr
        return (str(home / ".local" / "bin" / "envsetup"),)
    if request.param == "uvx":
        return (uv, "tool", "run", *place, "--from", "envsetup-here", "envsetup")
    folder = home / (
        ".local/pipx/venvs/envsetup" if request.param == "pipx" else "clone/.venv-tool"
    )
    assert call(uv, "venv", str(folder), cwd=home, env=env).returncode == 0
    into = ("--python", str(folder), *place, "envsetup-here")
    done = call(uv, "pip", "install", *into, cwd=home, env=env)
    assert done.returncode == 0, done.stderr
    if request.param == "pipx":
        (folder / "pipx_metadata.json").write_text("{}", "utf-8")
    return (str(folder / "bin" / "envsetup"),)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, uv: str, home: Path) -> Path:
    """A project with a `.venv` that holds a torch by its files."""
    folder = tmp_path_factory.mktemp("project")
    assert call(uv, "venv", str(folder / ".venv"), cwd=folder, env=plain(home)).returncode == 0
    (site,) = (folder / ".venv").glob("lib/python*/site-packages")
    texts = {
        "torch/__init__.py": "from torch.version import __version__\n",
        "torch/version.py": "__version__ = '2.13.0+cpu'\ncuda = None\nhip = None\n",
        "torch-2.13.0+cpu.dist-info/METADATA": "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0+cpu\n",
        "torch-2.13.0+cpu.dist-info/INSTALLER": "pip\n",
    }
    for name, text in texts.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text, "utf-8")
    (folder / "src").mkdir()
    return folder


def active(tool: tuple[str, ...]) -> dict[str, str]:
    """The tool's own environment activated, as README once said: variable and PATH."""
    script = Path(tool[0]).resolve()
    return {"VIRTUAL_ENV": str(script.parents[1]), "PATH": f"{script.parent}:/usr/bin:/bin"}


@pytest.mark.parametrize("activated", [False, True])
@pytest.mark.parametrize("where", [".", "src"])
def test_the_venv_beside_is_meant(
    tool: tuple[str, ...], project: Path, home: Path, activated: bool, where: str
) -> None:
    env = plain(home, **(active(tool) if activated and len(tool) == 1 else {}))
    python = str(project / ".venv" / "bin" / "python")
    told = ".venv/bin/python" if where == "." else python

    def ask(*words: str) -> Any:
        done = call(*tool, *words, "--format", "json", cwd=project / where, env=env)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    report = ask("doctor", "--level", "quick")
    assert report["target"]["path"] == told
    assert report["target"]["chosen_by"] == ".venv"
    assert report["summary"]["torch"] == "2.13.0+cpu"

    plan = ask("install-plan", "torch==2.13.0")
    assert (plan["action"], plan["target"]["path"]) == ("keep", told)
    rehearsed = ask("install-plan", "torch==2.13.0", "--apply", "--dry-run")
    assert rehearsed["action"] == "keep"

    other = ask("install-plan", "torch==2.12.0")
    assert other["commands"][0]["argv"][:3] == [told, "-m", "pip"]
    shell = call(*tool, "install-plan", "torch==2.12.0", cwd=project / where, env=env)
    assert shell.stdout.startswith(f"{told} -m pip install ")
    assert str(home) not in shell.stdout


def test_with_nothing_beside_nothing_of_the_tool_s_is_meant(
    tool: tuple[str, ...], tmp_path: Path, home: Path
) -> None:
    env = plain(home, **(active(tool) if len(tool) == 1 else {}))
    # uv's starters need these two programs; there must be no Python.
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("dirname", "realpath"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    own = os.path.dirname(env.get("VIRTUAL_ENV", "/nowhere") + "/bin/x")
    env["PATH"] = f"{own}{os.pathsep}{programs}"

    doctor = call(*tool, "doctor", cwd=tmp_path, env=env)
    plan = call(*tool, "install-plan", "--format", "json", cwd=tmp_path, env=env)
    apply = call(*tool, "install-plan", "--apply", cwd=tmp_path, env=env)

    assert doctor.returncode == apply.returncode == 4, doctor.stderr + apply.stderr
    assert "--python" in doctor.stderr
    assert plan.returncode == 0, plan.stderr
    told = json.loads(plan.stdout)
    assert told["commands"] == [{"argv": ["envsetup", "setup"], "env": {}}]
    assert any(one.startswith("Python ") for one in told["assumed"])
    assert told["target"]["path"] is None


def test_a_printed_command_runs_as_printed(
    tool: tuple[str, ...], project: Path, home: Path
) -> None:
    """From a shell that doesn't find envsetup on its PATH, too."""
    done = call(*tool, "doctor", "--level", "quick", cwd=project, env=plain(home))
    (line,) = [one.strip() for one in done.stdout.splitlines() if " doctor --python " in one]
    command = line.partition("device: ")[2] or line

    again = call("/bin/sh", "-c", f"{command} --level quick", cwd=project, env=plain(home))

    assert again.returncode == 0, (command, again.stderr)
    assert "torch 2.13.0+cpu" in again.stdout
