"""`--project` reads what people write, judged for the machine that is planned for, and says what it left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plan.conftest import Answer, Invoke


def project(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_toml", ".toml").replace(
            "_txt", ".txt"
        ).replace("_yml", ".yml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


GPU = "--gpu nvidia:8.9 --driver 595.45"
PEP_621 = "[project]\nname = 'x'\nversion = '1'\ndependencies = ['torch==2.10.0', 'requests']\n"
POETRY = "[tool.poetry.dependencies]\npython = '^3.11'\ntorch = '{}'\n"

BOUND = [
    ({"pyproject_toml": PEP_621}, "2.10.0"),
    ({"requirements_txt": "torch==2.9.1 # pinned\nrequests\n"}, "2.9.1"),
    ({"requirements_txt": "-r base.txt\n", "base_txt": "torch==2.9.0\n"}, "2.9.0"),
    ({"requirements_txt": "-r reqs/base.txt\n", "reqs__base_txt": "-r deep.txt\n", "reqs__deep_txt": "torch==2.8.0\n"}, "2.8.0"),
    ({"requirements_txt": "torch\n-c pins.txt\n", "pins_txt": "torch==2.8.0\n"}, "2.8.0"),
    ({"requirements_txt": "-r requirements.txt\ntorch==2.8.0\n"}, "2.8.0"),
    ({"requirements_txt": "torch==2.8.0 \\\n  --hash=sha256:00\n"}, "2.8.0"),
    ({"pyproject_toml": POETRY.format("2.5.1")}, "2.5.1"),
    ({"pyproject_toml": POETRY.format("~2.7.0")}, "2.7.1"),
    ({"pyproject_toml": POETRY.format("^2.7")}, "2.15.0"),
    ({"pyproject_toml": POETRY.format(">=2.6,<2.9")}, "2.8.0"),
    ({"pyproject_toml": POETRY.format("*")}, "2.15.0"),
    ({"pyproject_toml": "[tool.poetry.dependencies]\ntorch = {version = '2.6.0', extras = ['x']}\n"}, "2.6.0"),
    ({"pyproject_toml": "[tool.poetry.group.ml.dependencies]\ntorch = '2.6.0'\n"}, "2.6.0"),
    # the default group of uv is `dev`
    ({"pyproject_toml": "[dependency-groups]\ndev = [{include-group = 'ml'}]\nml = ['torch==2.7.1']\n"}, "2.7.1"),
    ({"pyproject_toml": "[dependency-groups]\nml = ['torch==2.7.1']\n[tool.uv]\ndefault-groups = ['ml']\n"}, "2.7.1"),
    ({"environment_yml": "name: x\nchannels:\n  - pytorch\ndependencies:\n  - python=3.11\n  - pytorch=2.5\n"}, "2.5.1"),
    ({"environment_yml": "dependencies:\n- conda-forge::pytorch-gpu>=2.5,<2.7\n"}, "2.6.0"),
    ({"environment_yml": "dependencies:\n  - pip\n  - pip:\n    - torch==2.8.0\n"}, "2.8.0"),
    ({"environment_yml": "dependencies:\n  - pytorch==2.3.1=py3.11_cuda12.1\n"}, "2.3.1"),
    ({"pixi_toml": "[dependencies]\npython = '3.12.*'\npytorch = '>=2.5,<2.8'\n"}, "2.7.1"),
    ({"pixi_toml": "[pypi-dependencies]\ntorch = {version = '==2.9.1', index = 'x'}\n"}, "2.9.1"),
    ({"pyproject_toml": "[tool.pixi.dependencies]\npytorch = '2.6.*'\n"}, "2.6.0"),
    ({"pixi_toml": "[target.linux-64.dependencies]\npytorch = '2.6.*'\n[target.win-64.dependencies]\npytorch = '2.7.*'\n"}, "2.6.0"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "version"), BOUND)
def test_a_bound_is_read_wherever_people_write_it(
    plan: Answer, tmp_path: Path, files: dict[str, str], version: str
) -> None:
    answer = plan(f"--os linux {GPU} --project {project(tmp_path, **files)}")
    assert answer["torch_version"] == version
    assert "project-no-bound" not in [w["code"] for w in answer["warnings"]]


# as ACE-Step-1.5 writes it
MARKED = """
torch==2.7.1+cu128; sys_platform == 'win32'
torch==2.10.0+cu128; sys_platform == 'linux' and platform_machine == 'x86_64'
torch==2.10.0+cu130; sys_platform == 'linux' and platform_machine == 'aarch64'
torch>=2.9.1; sys_platform == 'darwin'
"""


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ("--os linux --gpu nvidia:8.9 --driver 580.95", "torch==2.10.0+cu128"),
        ("--os windows --gpu nvidia:8.9 --driver 581.15", "torch==2.7.1+cu128"),
        ("--os linux --arch aarch64 --gpu nvidia:9.0 --driver 580.95", "torch==2.10.0+cu130"),
        ("--os macos --arch arm64 --macos-version 15.2 --gpu apple", "torch==2.15.0"),
    ],
)
@pytest.mark.parametrize("where", ["requirements", "pyproject"])
def test_markers_are_judged_for_the_planned_machine(
    plan: Answer, tmp_path: Path, machine: str, expected: str, where: str
) -> None:
    if where == "requirements":
        project(tmp_path, requirements_txt=MARKED)
    else:
        lines = ",\n".join(f'"{line}"' for line in MARKED.split("\n") if line)
        project(tmp_path, pyproject_toml=f"[project]\ndependencies = [{lines}]\n")
    assert plan(f"{machine} --project {tmp_path}")["requirements"] == [expected]


def test_markers_on_python_are_judged_for_the_planned_one(plan: Answer, tmp_path: Path) -> None:
    text = "torch==2.6.0; python_version < '3.12'\ntorch==2.9.1; python_version >= '3.12'\n"
    project(tmp_path, requirements_txt=text)
    line = f"--os linux --gpu none --project {tmp_path}"
    assert plan(f"{line} --python-version 3.11")["torch_version"] == "2.6.0"
    assert plan(f"{line} --python-version 3.13")["torch_version"] == "2.9.1"
    assert "Python 3.14" in plan(line)["assumed"]


def test_the_python_of_a_project_is_chosen_within_its_bounds(plan: Answer, tmp_path: Path) -> None:
    project(
        tmp_path,
        pyproject_toml="[project]\nrequires-python = '>=3.10,<3.13'\ndependencies = ['torch']\n",
    )
    answer = plan(f"--os linux --gpu none --project {tmp_path}")
    assert "Python 3.12" in answer["assumed"]
    assert answer["torch_version"] == "2.15.0"


EXTRAS = """[project]
dependencies = []
[project.optional-dependencies]
cpu = ['torch==2.8.0']
cuda = ['torch==2.9.1']
docs = ['sphinx']
[dependency-groups]
train = ['torch==2.7.1']
"""


def test_torch_in_extras_that_differ_is_asked_about(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(f"--os linux --gpu none --project {project(tmp_path, pyproject_toml=EXTRAS)}")
    assert result.exit_code == 2
    for word in ("--extra cpu", "--extra cuda", "--group train"):
        assert word in result.output
    assert "--extra docs" not in result.output


@pytest.mark.parametrize(
    ("option", "version"),
    [("--extra cpu", "2.8.0"), ("--extra cuda", "2.9.1"), ("--group train", "2.7.1")],
)
def test_what_was_chosen_binds_and_the_rest_is_named(
    plan: Answer, tmp_path: Path, option: str, version: str
) -> None:
    folder = project(tmp_path, pyproject_toml=EXTRAS)
    answer = plan(f"--os linux --gpu none --project {folder} {option}")
    assert answer["torch_version"] == version
    told = " ".join(w["text"] for w in answer["warnings"] if w["code"] == "project-left-out")
    assert option not in told
    assert told.count("takes it") == 2


def test_extras_that_agree_are_one_answer(plan: Answer, tmp_path: Path) -> None:
    text = "[project.optional-dependencies]\na = ['torch==2.8.0']\nb = ['torch>=2.8,<2.9']\n"
    answer = plan(f"--os linux --gpu none --project {project(tmp_path, pyproject_toml=text)}")
    assert answer["torch_version"] == "2.8.0"


def test_an_extra_of_poetry_counts_where_it_is_asked_for(plan: Answer, tmp_path: Path) -> None:
    text = (
        "[tool.poetry.dependencies]\ntorch = {version = '2.6.0', optional = true}\n"
        "[tool.poetry.extras]\nml = ['torch']\n"
    )
    folder = project(tmp_path, pyproject_toml=text)
    assert plan(f"--os linux --gpu none --project {folder} --extra ml")["torch_version"] == "2.6.0"


WRONG = [
    ("--extra nope", "there is no --extra nope"),
    ("--group nope", "there is no --group nope"),
]


@pytest.mark.parametrize(("option", "words"), WRONG)
def test_an_extra_that_is_not_there_is_a_usage_error(
    invoke: Invoke, tmp_path: Path, option: str, words: str
) -> None:
    folder = project(tmp_path, pyproject_toml=EXTRAS)
    result = invoke(f"--os linux --project {folder} {option}")
    assert result.exit_code == 2
    assert words in result.output
    assert "--extra cpu" in result.output


@pytest.mark.parametrize("option", ["--extra ml", "--group dev"])
def test_an_extra_of_no_project_is_a_usage_error(invoke: Invoke, option: str) -> None:
    result = invoke(f"--os linux {option}")
    assert result.exit_code == 2
    assert "--project" in result.output


LEFT_OUT = [
    ({"requirements_txt": "--extra-index-url https://x.example/whl\ntorch==2.8.0\n"}, "--extra-index-url"),
    ({"requirements_txt": "torch @ https://x.example/torch.whl\n"}, "https://x.example/torch.whl"),
    ({"requirements_txt": "-r gone.txt\ntorch\n"}, "gone.txt"),
    ({"pyproject_toml": PEP_621 + "[tool.uv.sources]\ntorch = [{index = 'pytorch-cu128'}]\n"}, "pytorch-cu128"),
    ({"pyproject_toml": POETRY.format("^2.0 || ^1.13")}, "||"),
    ({"setup.py": "from setuptools import setup\n"}, "setup.py"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "words"), LEFT_OUT)
def test_what_is_left_out_is_said(
    plan: Answer, tmp_path: Path, files: dict[str, str], words: str
) -> None:
    answer = plan(f"--os linux --gpu none --project {project(tmp_path, **files)}")
    told = [w["text"] for w in answer["warnings"] if w["code"] == "project-left-out"]
    assert any(words in text for text in told)


def test_a_folder_without_a_bound_says_where_it_looked(plan: Answer, tmp_path: Path) -> None:
    for files in ({}, {"requirements_txt": "requests\n"}):
        warned = plan(f"--os linux --project {project(tmp_path, **files)}")["warnings"]
        mine = [w["text"] for w in warned if w["code"] == "project-no-bound"]
        assert len(mine) == 1
        assert all(name.replace("_txt", ".txt") in mine[0] for name in files)


@pytest.mark.parametrize(
    "text",
    [
        "[dependency-groups]\na = [{include-group = 'b'}]\nb = [{include-group = 'a'}]\n",
        "[project]\noptional-dependencies = 3\n",
        "[project]\ndependencies = 'torch'\n",
        "not toml at all =\n",
    ],
)
def test_what_is_no_project_file_is_a_usage_error(
    invoke: Invoke, tmp_path: Path, text: str
) -> None:
    result = invoke(f"--os linux --project {project(tmp_path, pyproject_toml=text)}")
    assert result.exit_code == 2
    assert "pyproject.toml" in result.output
