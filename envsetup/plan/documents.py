"""A plan as a file that other tools read: requirements, Dockerfile, environment.yml, uv's settings."""

from __future__ import annotations

import json

from envsetup.knowledge import is_heavy_rocm, version_key
from envsetup.model import Plan
from envsetup.plan.quoting import posix


def index_option(plan: Plan) -> tuple[str, str] | None:
    """The option and address by which the commands name the index; None for the default one."""
    for command in plan.commands:
        for option in ("--index-url", "--find-links"):
            if option in command.argv[:-1]:
                return option, command.argv[command.argv.index(option) + 1]
    return None


def shell_lines(plan: Plan) -> str:
    """The bare commands, a line each; empty on a refusal, so that a shell runs nothing."""
    return "".join(posix(c.argv, c.env) + "\n" for c in plan.commands)


def requirements_file(plan: Plan) -> str:
    if not plan.requirements:
        return ""
    option = index_option(plan)
    head = f"{option[0]} {option[1]}\n" if option else ""
    return head + "".join(f"{line}\n" for line in plan.requirements)


def dockerfile(plan: Plan) -> str:
    """A fragment for an image that has a Python; pip keeps no cache in it."""
    lines = []
    for command in plan.commands:
        argv = list(command.argv)
        if argv[1:4] == ["-m", "pip", "install"]:
            argv.insert(4, "--no-cache-dir")
        lines.append(f"RUN {posix(argv, command.env)}\n")
    return "".join(lines)


def environment_yml(plan: Plan) -> str:
    """For conda: conda-forge's packages where the plan is conda's, else pip's section."""
    if not plan.commands:
        return ""
    head = "name: torch\nchannels:\n  - conda-forge\n  - nodefaults\ndependencies:\n"
    python = f"python={plan.python}" if plan.python else "python"
    if plan.installer in ("conda", "pixi"):
        words = plan.commands[0].argv[2:]
        packages = [w for w in words if not w.startswith("-") and w != "conda-forge"]
        return head + f"  - {python}\n" + "".join(f"  - {name}\n" for name in packages)
    option = index_option(plan)
    lines = [f"{option[0]} {option[1]}"] if option else []
    pip = "".join(f"      - {json.dumps(line)}\n" for line in [*lines, *plan.requirements])
    return head + f"  - {python}\n  - pip\n  - pip:\n" + pip


def uv_toml(plan: Plan) -> str:
    """The part of pyproject.toml that ties torch, and nothing else, to its index."""
    if not plan.requirements:
        return ""
    triton = _own_triton(plan)
    listed = (*plan.requirements, *triton)
    pins = "".join(f"  {json.dumps(line)},\n" for line in listed)
    text = f"# under [project]:\n# dependencies = [\n{_commented(pins)}# ]\n"
    option = index_option(plan)
    if option is None:
        return text
    name = f"pytorch-{plan.build or 'cpu'}"
    names = [line.split("==")[0] for line in plan.requirements if line.startswith("torch")]
    names += triton
    sources = "".join(f"{n} = {{ index = {json.dumps(name)} }}\n" for n in names)
    flat = 'format = "flat"\n' if option[0] == "--find-links" else ""
    index = f"[[tool.uv.index]]\nname = {json.dumps(name)}\nurl = {json.dumps(option[1])}\n{flat}"
    # The packages of each GPU that the heavy ROCm builds ask for lie on that index alone.
    only = "" if is_heavy_rocm(plan.build or "") else "explicit = true\n"
    return f"{text}\n{index}{only}\n[tool.uv.sources]\n{sources}"


def _own_triton(plan: Plan) -> tuple[str, ...]:
    """What ROCm and XPU builds of torch ask for that only their index has.

    uv looks there only for what a project names itself (uv's guide to PyTorch). The names are those of
    the wheels' metadata: pytorch-triton-* up to torch 2.9, triton-* from 2.10 on.
    """
    kind = (plan.build or "").rstrip("0123456789.")
    if kind not in ("rocm", "xpu"):
        return ()
    old = plan.torch_version is not None and version_key(plan.torch_version) < (2, 10)
    return (f"pytorch-triton-{kind}" if old else f"triton-{kind}",)


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())
