"""`install-plan --apply`: asked first, undone where it fails, and never begun where it can't be done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from envsetup.cli import root
from envsetup.doctor import ask_or_raise
from envsetup.host import LocalHost
from envsetup.installer.apply import Prove, carry_out_plan
from envsetup.installer.distributions import installed
from envsetup.installer.forecast import ApplyError, Forecast, forecast, obstacle
from envsetup.installer.journal import Environment, Journal
from envsetup.installer.lock import Lock
from envsetup.installer.resolve import Wanted
from envsetup.installer.rollback import put_back
from envsetup.installer.running import Meter
from envsetup.installer.way_back import way_back
from envsetup.model import Applied, Command, Known, Machine, Plan, Python, Source, value_of
from envsetup.probes.snapshot import take_snapshot
from tests.setup.offered import Silence, host, wheel

OLD, NEW = "0.3.0+cpu", "0.4.0+cpu"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with pip and the old torch; slow to make, so that tests take copies."""
    folder = tmp_path_factory.mktemp("apply") / "env"
    venv.create(folder, with_pip=True)
    old = wheel(tmp_path_factory.mktemp("old"), OLD)
    subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "--no-index", "--quiet", str(old)],
        check=True,
        env=host().env(),
    )
    (packages(folder) / f"torch-{OLD}.dist-info" / "direct_url.json").unlink()
    return folder


def packages(folder: Path) -> Path:
    return next(folder.glob("lib/*/site-packages"))


@pytest.fixture
def environment(prepared: Path) -> Iterator[Path]:
    """The environment as it was prepared. Virtual environments can't be moved, their contents can."""
    kept = prepared.parent / "kept"
    if not kept.exists():
        shutil.copytree(prepared, kept, symlinks=True)
    yield prepared
    shutil.rmtree(prepared)
    shutil.copytree(kept, prepared, symlinks=True)


def machine_of(folder: Path) -> Machine:
    return take_snapshot(host(), ask_or_raise(str(folder / "bin" / "python")))


def plan_for(folder: Path, index: str) -> Plan:
    python = str(folder / "bin" / "python")
    argv = (python, "-m", "pip", "install", f"torch=={NEW}", "--index-url", f"{index}/cpu")
    return Plan(
        action="install",
        requirements=(f"torch=={NEW}",),
        index_url=f"{index}/cpu",
        commands=(Command(argv=argv),),
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of the environment but the caches of compiled modules."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def ready(environment: Path, index: tuple[str, Path]) -> tuple[Forecast, Machine]:
    url, page = index
    wheel(page, NEW)
    machine = machine_of(environment)
    told = forecast(plan_for(environment, url), machine, host().env(), offline=False)
    return told, machine


def apply(
    told: Forecast, machine: Machine, tell: Silence | None = None, prove: Prove | None = None
) -> Applied:
    python = value_of(machine.python)
    assert python is not None
    return carry_out_plan(told, python, host().env(), tell or Silence(), Lock(None), prove)[0]


def environment_of(folder: Path) -> Environment:
    environment = Environment.of(_python(folder))
    assert environment is not None
    return environment


def test_the_forecast_says_what_would_change_what_it_weighs_and_the_way_back(
    environment: Path, index: tuple[str, Path]
) -> None:
    before = contents(environment)

    told, _ = ready(environment, index)

    (change,) = told.changes
    assert (change.name, change.before, change.after) == ("torch", OLD, NEW)
    assert told.download_bytes == (index[1] / f"torch-{NEW}-py3-none-any.whl").stat().st_size
    assert told.sizes_unknown == 0
    (back,) = told.restore
    assert f"torch=={OLD}" in back.argv
    assert back.argv[-1].endswith("/whl/cpu")
    assert contents(environment) == before


def test_what_does_not_work_is_taken_out_and_the_old_one_is_back_byte_for_byte(
    environment: Path, index: tuple[str, Path]
) -> None:
    before = contents(environment)
    told, machine = ready(environment, index)
    tell = Silence()

    with pytest.raises(ApplyError, match="import .* is back; nothing is changed") as caught:
        apply(told, machine, tell)

    assert caught.value.applied.status == "put-back"
    assert any("putting back" in step for step in tell.steps)
    assert contents(environment) == before


def test_what_works_stays_and_nothing_is_kept_beside_it(
    environment: Path, index: tuple[str, Path]
) -> None:
    told, machine = ready(environment, index)

    applied = apply(told, machine, prove=lambda *_: ())  # a torch of a few bytes passes no check

    assert applied.status == "installed"
    assert installed([str(packages(environment))])["torch"].version == NEW
    assert not environment_of(environment).place.exists()


HALF_DONE = """
import pathlib, shutil, sys
here = pathlib.Path(sys.argv[1])
shutil.rmtree(next(here.glob("torch-*.dist-info")))
(here / "torch" / "__init__.py").write_text("half")
(here / "torch" / "fresh").mkdir()
(here / "torch" / "fresh" / "part.so").write_text("new")
sys.exit("error: the line was cut")
"""


def test_an_installer_that_stops_half_way_is_undone(
    environment: Path, index: tuple[str, Path]
) -> None:
    before = contents(environment)
    told, machine = ready(environment, index)
    argv = (sys.executable, "-c", HALF_DONE, str(packages(environment)))

    with pytest.raises(ApplyError, match="the line was cut.*is back"):
        apply(replace(told, commands=(Command(argv=argv),)), machine)

    assert contents(environment) == before


@pytest.mark.parametrize("moment", ["installing", "checking"])
def test_an_interruption_puts_back(environment: Path, index: tuple[str, Path], moment: str) -> None:
    before = contents(environment)
    told, machine = ready(environment, index)

    with pytest.raises(KeyboardInterrupt):
        apply(told, machine, Silence(stop_at=moment))

    assert contents(environment) == before


def test_what_others_brought_and_what_lies_outside_is_never_taken_out(
    environment: Path, tmp_path: Path
) -> None:
    """A list of files may name what was there before, and what lies outside the environment."""
    site, scripts = packages(environment), environment / "bin"
    mine = scripts / "tool"
    mine.write_text("mine")
    outside = tmp_path / "outside"
    outside.write_text("mine")
    journal = Journal.begin(environment_of(environment), (), ["fresh"])
    for name in ("fresh", "other"):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (site / f"{name}.py").write_text("new")
        rows = [
            f"{name}.py,,",
            f"{name}-1.0.dist-info/METADATA,,",
            f"{name}-1.0.dist-info/RECORD,,",
        ]
        rows += ["../../../bin/tool,,", "../../../bin/fresh-tool,,", f"{outside},,"]
        (info / "RECORD").write_text("\n".join(rows) + "\n")
    (scripts / "fresh-tool").write_text("new")

    put_back(journal)

    assert not (site / "fresh.py").exists()
    assert not (site / "fresh-1.0.dist-info").exists()
    assert not (scripts / "fresh-tool").exists()
    assert (site / "other.py").exists()
    assert (mine.read_text(), outside.read_text()) == ("mine", "mine")


def test_an_editable_install_is_doubted_before_anything_starts(environment: Path) -> None:
    info = packages(environment) / f"torch-{OLD}.dist-info"
    (info / "direct_url.json").write_text(
        json.dumps({"url": "file:///src/torch", "dir_info": {"editable": True}})
    )
    held = installed([str(packages(environment))])["torch"]

    (back,) = way_back(Plan(action="install"), _python(environment), (held,), ["torch"])

    assert held.doubt is not None
    assert "editable" in held.doubt
    assert back.argv[-2:] == ("-e", "/src/torch")


def _python(folder: Path) -> Python:
    python = value_of(machine_of(folder).python)
    assert python is not None
    return python


def test_a_disk_that_is_certainly_too_small_stops_it_before_it_starts(
    environment: Path, index: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(environment)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=10))

    with pytest.raises(ApplyError, match=r"too small, nothing was changed.*10 bytes free"):
        ready(environment, index)

    assert contents(environment) == before


def test_a_plan_that_the_installer_can_not_follow_changes_nothing(
    environment: Path, index: tuple[str, Path]
) -> None:
    with pytest.raises(ApplyError, match=r"nothing was changed.*No matching distribution"):
        forecast(
            plan_for(environment, index[0]), machine_of(environment), host().env(), offline=False
        )


def test_an_index_that_is_not_there_is_named(environment: Path) -> None:
    plan = plan_for(environment, "http://127.0.0.1:9/whl")

    with pytest.raises(ApplyError, match=r"wheel index http://127.0.0.1:9/whl/cpu can't be used"):
        forecast(plan, machine_of(environment), {**host().env(), "PIP_RETRIES": "0"}, offline=False)


def described(**python: object) -> Machine:
    here = Source(kind="text", ref="test")
    paths = (sysconfig.get_path("purelib"),)
    base = Python(executable="/usr/bin/python3", version="3.12.3", site_packages=paths)
    return Machine(
        python=Known(value=replace(base, **{"pip_version": "24.0", **python}), source=here)
    )


def test_a_python_of_the_system_is_refused_but_a_virtual_environment_of_it_is_not() -> None:
    plan = Plan(action="install", commands=(Command(argv=("python",)),))

    said = obstacle(plan, described(externally_managed=True, in_venv=False))

    assert said is not None
    assert "EXTERNALLY-MANAGED" in said
    assert "-m venv .venv" in said
    assert obstacle(plan, described(externally_managed=True, in_venv=True)) is None


def test_an_environment_without_pip_is_told_what_to_do() -> None:
    said = obstacle(Plan(action="install"), described(in_venv=True, pip_version=None))

    assert said is not None
    assert "ensurepip" in said


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--os", "windows"], "--os"),
        (["--python-version", "3.12"], "--python-version"),
        (["--installer", "conda"], "--installer"),
        (["--format", "dockerfile"], "dockerfile"),
    ],
)
@pytest.mark.parametrize("doing", ["--apply", "--dry-run"])
def test_what_describes_another_machine_can_not_be_applied(
    doing: str, options: list[str], named: str
) -> None:
    done = CliRunner().invoke(root, ["install-plan", doing, *options])

    assert done.exit_code == 2
    assert named in done.output


def test_a_rehearsal_as_json_holds_the_changes_and_changes_nothing(
    environment: Path, index: tuple[str, Path]
) -> None:
    before = contents(environment)
    url, page = index
    python = str(environment / "bin" / "python")
    asked = ["install-plan", "--python", python, "--backend", "cpu", "--allow-cpu", "--mirror", url]
    first = json.loads(CliRunner().invoke(root, [*asked, "--format", "json"]).stdout)
    if first["build"] != "cpu":
        pytest.skip("this machine has no labelled CPU build")
    wheel(page, f"{first['torch_version']}+cpu")

    done = CliRunner().invoke(root, [*asked, "--dry-run", "--format", "json"])

    told = json.loads(done.stdout)["applied"]
    assert done.exit_code == 0
    assert told["status"] == "would-install"
    assert [c["name"] for c in told["changes"]] == ["torch"]
    assert contents(environment) == before


def test_progress_is_told_for_each_tenth_of_a_file() -> None:
    heard: list[str] = []

    class Ear(Silence):
        def detail(self, text: str) -> None:
            heard.append(text)

    meter = Meter(Ear())
    for line in [
        "Downloading torch.whl (1.0 GB)",
        *(f"Progress {n} of 1000" for n in range(0, 1001, 5)),
    ]:
        meter.line(line)

    assert len(heard) == 12
    assert heard[-1] == "Downloading torch.whl (1.0 GB): 100 % of 1 kB"


def test_what_is_fetched_is_counted_and_what_lies_here_is_not() -> None:
    told = Forecast(
        commands=(),
        wanted=(
            Wanted(name="a", version="1", url="https://example.org/a.whl", size_bytes=70),
            Wanted(name="b", version="1", url="file:///b.whl", size_bytes=30),
            Wanted(name="c", version="1"),
        ),
        replaced=(),
        room_bytes=0,
    )

    assert (told.download_bytes, told.least_room_bytes, told.sizes_unknown) == (70, 100, 1)


UV = shutil.which("uv") or str(Path(sys.executable).parent / "uv")


@pytest.mark.skipif(not Path(UV).exists(), reason="uv is not installed")
def test_uv_is_asked_first_too(environment: Path, index: tuple[str, Path]) -> None:
    url, page = index
    file = wheel(page, NEW)
    python = str(environment / "bin" / "python")
    argv = (
        "uv",
        "pip",
        "install",
        "--python",
        python,
        f"torch=={NEW}",
        "--index-url",
        f"{url}/cpu",
    )
    plan = Plan(action="install", installer="uv", commands=(Command(argv=argv),))

    here = dict(LocalHost().env())
    here["PATH"] = os.pathsep.join([str(Path(UV).parent), here.get("PATH", "")])

    told = forecast(plan, machine_of(environment), here, offline=False)

    (change,) = told.changes
    assert (change.before, change.after) == (OLD, NEW)
    assert told.download_bytes == file.stat().st_size
