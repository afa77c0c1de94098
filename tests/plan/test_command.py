"""install-plan as a command: bad input, formats, what a pipe gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envsetup.plan.quoting import posix, powershell
from tests.plan.conftest import Answer, Invoke

BAD = [
    ("--os linux --gpu nvidia:abc", "--gpu"),
    ("--os linux --gpu matrox:1", "--gpu"),
    ("--os linux --driver new", "--driver"),
    ("--os linux --driver-cuda twelve", "--driver-cuda"),
    ("--os linux --libc uclibc1.0", "--libc"),
    ("--os linux --python-version three", "--python-version"),
    ("--os macos --macos-version tiger", "--macos-version"),
    ("--os linux --backend gpu", "--backend"),
    ("--os linux --mirror 'not an address'", "--mirror"),
    ("--os plan9", "--os"),
    ("--os linux numpy", "numpy"),
    ("--os linux 'torch @ https://example.invalid/x.whl'", "torch @"),
    ("--os linux 'torch[extra]'", "torch[extra]"),
    ("--os linux -- --index-url", "--index-url"),
    ("--machine /nowhere/at/all.json", "/nowhere/at/all.json"),
    ("--os linux --project /nowhere/at/all", "/nowhere/at/all"),
]


@pytest.mark.parametrize(("line", "named"), BAD)
def test_bad_input_is_a_usage_error_that_names_it(invoke: Invoke, line: str, named: str) -> None:
    result = invoke(line)
    assert result.exit_code == 2
    assert named in result.output


def test_a_pipe_gets_the_bare_command(invoke: Invoke) -> None:
    result = invoke("LINUX --driver 580.95.05 --gpu nvidia:8.9 --quiet")
    assert result.stdout == (
        "python -m pip install torch==2.15.0+cu132 "
        "--index-url https://download.pytorch.org/whl/cu132\n"
    )


def test_uv_and_a_mirror(plan: Answer) -> None:
    answer = plan("LINUX --gpu none --installer uv --mirror https://mirror.invalid/whl/")
    assert answer["commands"][0]["argv"][:3] == ["uv", "pip", "install"]
    assert answer["commands"][0]["argv"][-1] == "https://mirror.invalid/whl/cpu"


def test_a_flat_mirror_is_a_listing_not_an_index(plan: Answer) -> None:
    argv = plan("LINUX --gpu none --mirror https://mirrors.aliyun.com/pytorch-wheels")["commands"][
        0
    ]["argv"]
    assert argv[-2:] == ["--find-links", "https://mirrors.aliyun.com/pytorch-wheels/cpu/"]


def test_conda_takes_conda_forge_alone(plan: Answer) -> None:
    argv = plan("LINUX --driver 550.54.15 --gpu nvidia:6.1 --installer conda")["commands"][0][
        "argv"
    ]
    assert "conda-forge" in argv
    assert "pytorch" not in argv
    assert "cuda-version=12.9" in argv


FORMATS = {
    "requirements": "torch==2.15.0+cu132",
    "dockerfile": "RUN python -m pip install --no-cache-dir torch==2.15.0+cu132",
    "environment-yml": "- pip:",
    "uv-toml": "explicit = true",
    "shell": "torch==2.15.0+cu132",
}


@pytest.mark.parametrize("form", FORMATS)
def test_formats(invoke: Invoke, form: str) -> None:
    result = invoke(f"LINUX --driver 580.95.05 --gpu nvidia:8.9 --format {form}")
    assert FORMATS[form] in result.stdout
    assert "whl/cu132" in result.stdout
    assert invoke(f"LINUX --driver 390.157 --gpu nvidia:8.9 --format {form}").stdout.strip() == ""


def test_what_was_assumed_is_listed(plan: Answer) -> None:
    answer = plan("--os linux --gpu nvidia:8.9")
    words = " ".join(answer["assumed"])
    assert all(w in words for w in ("x86_64", "Python 3.15", "glibc 2.28", "driver"))


def test_a_broken_machine_file_names_the_json_path(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "machine.json"
    file.write_text(json.dumps({"machine": {"os": {"state": "known", "value": 5}}}))
    result = invoke(f"--machine {file}")
    assert result.exit_code == 2
    assert "$.machine.os" in result.output


def test_a_saved_machine_gives_the_plan_of_its_flags(invoke: Invoke, tmp_path: Path) -> None:
    import msgspec

    from envsetup.cli.described import Flags, described
    from envsetup.model import Machine

    flags = Flags(os="linux", python_version="3.12", driver="580.95.05", gpus=("nvidia:6.1",))
    machine = described(flags, Machine())
    file = tmp_path / "machine.json"
    file.write_bytes(msgspec.json.encode({"machine": msgspec.to_builtins(machine)}))
    answer = json.loads(invoke(f"--machine {file} --format json").stdout)
    assert answer["requirements"] == ["torch==2.14.1+cu126"]
    newer = json.loads(invoke(f"--machine {file} --gpu nvidia:8.9 --format json").stdout)
    assert newer["requirements"] == ["torch==2.15.0+cu132"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('requires-python = "banana"', "requires-python"),
        ("requires-python = 3", "requires-python"),
        ('dependencies = "torch"', "dependencies"),
        ("dependencies = [3]", "dependencies"),
    ],
)
def test_a_project_with_a_wrong_field_is_refused_by_its_name(
    invoke: Invoke, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{text}\n")

    answer = invoke(f"LINUX --gpu none --project {tmp_path}")

    assert answer.exit_code == 2
    assert words in answer.output


def test_a_project_for_another_python_is_told_of(plan: Answer, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.13"\n')

    codes = [w["code"] for w in plan(f"LINUX --gpu none --project {tmp_path}")["warnings"]]
    assert "project-wants-another-python" in codes
    newer = "--os linux --python-version 3.13 --gpu none"
    codes = [w["code"] for w in plan(f"{newer} --project {tmp_path}")["warnings"]]
    assert "project-wants-another-python" not in codes


def test_bounds_of_a_project(plan: Answer, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["torch<2.12", "numpy"]\n')
    (tmp_path / "requirements.txt").write_text("--index-url https://evil.invalid\ntorch!=2.11.0\n")
    answer = plan(f"LINUX --gpu none --project {tmp_path}")
    assert answer["requirements"] == ["torch==2.10.0+cpu"]


def test_why_not_one_candidate(invoke: Invoke) -> None:
    line = "LINUX --driver 580.95.05 --gpu nvidia:6.1 --why-not 2.15.0+cu132"
    assert "no kernels" in invoke(line).output
    answer = json.loads(invoke(line + " --format json").stdout)
    assert answer["state"] == "rejected"
    assert answer["code"] == "gpu-arch-missing"


def test_broken_knowledge_is_named(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "releases.json").write_text('{"as_of": 5}')
    monkeypatch.setenv("ENVSETUP_KNOWLEDGE", str(tmp_path))
    result = invoke("LINUX --gpu none")
    assert result.exit_code == 2
    assert "$.as_of" in result.output


def test_control_characters_of_a_name_stay_out(invoke: Invoke) -> None:
    result = invoke("LINUX --driver 390.157 --gpu 'nvidia:8.9:bad\x1b[31mname'")
    assert "\x1b" not in result.output


def test_quoting() -> None:
    assert posix(["pip", "install", "numpy<2"]) == "pip install 'numpy<2'"
    assert powershell(["pip", "install", "numpy<2"]) == "pip install 'numpy<2'"
    assert powershell(["C:\\My Python\\python.exe", "-m"]) == "& 'C:\\My Python\\python.exe' -m"
    assert powershell(["x"], {"A": "it's"}) == "$env:A = 'it''s'; x"
    assert powershell(["a\u2019;calc;\u2019b"]) == "& 'a\u2019\u2019;calc;\u2019\u2019b'"
    assert posix(["x"], {"A": "a b"}) == "A='a b' x"


@pytest.mark.parametrize(
    "mirror", ["https://m/whl?token=secret", "https://m/whl#here", "m/whl", "https://a b/whl"]
)
def test_a_mirror_that_no_build_can_be_appended_to_is_refused(invoke: Invoke, mirror: str) -> None:
    done = invoke(f"LINUX --offline --mirror '{mirror}'")
    assert done.exit_code == 2
    assert "--mirror" in done.output
