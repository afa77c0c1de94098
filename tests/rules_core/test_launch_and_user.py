"""Rules about how processes meet, who runs them, and where packages and caches lie: each fault, and nearly it."""

from __future__ import annotations

from typing import Any

import pytest

from envsetup.model import Absent, Container, Filesystem, Launch, Python
from envsetup.testing import python
from tests.rules_core.test_other_rules import HUB, codes, env, place

PYTORCH = "https://download.pytorch.org/whl/cu130"


def launch(variables: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    fields = {"host_name": "own", "master": "own", "port_taken": False, "interactive": True}
    return {"launch": Launch(**{**fields, **more}), **env(**(variables or {}))}


def venv_python(prefix: str = "/env", **more: Any) -> Python:
    return python(executable=f"{prefix}/bin/python", prefix=prefix, **more)


def active(pip: str, environment: str = "/env", **more: Any) -> dict[str, Any]:
    facts = {"programs": {"pip": pip, "gcc": "/usr/bin/gcc"}, "python": venv_python()}
    return {**facts, **env(VIRTUAL_ENV=environment), **more}


def indexes(**settings: str) -> dict[str, Any]:
    told = {f"{k.split('_')[0]} {'-'.join(k.split('_')[1:])}": v for k, v in settings.items()}
    return {"index_settings": told}


def open_folders(kind: str, *folders: str, **more: Any) -> dict[str, Any]:
    lies = (Filesystem(role="environment", path="/env", kind=kind, writable=True),)
    return {"python": venv_python(open_folders=folders), "storage": lies, **more}


TWO = {"RANK": "0", "WORLD_SIZE": "2"}
UNWRITABLE = {"storage": place("model-cache", writable=False)}
COMPILED = {"storage": place("compile-cache", writable=False)}
PAIRS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("DS103", launch(host_name="loopback"), launch(host_name="own")),
    ("DS103", launch(host_name="nowhere"), launch(host_name="nowhere", master="loopback")),
    (
        "DS103",
        launch(host_name="nowhere"),
        launch({"GLOO_SOCKET_IFNAME": "eth0"}, host_name="nowhere"),
    ),
    ("DS105", launch(port_taken=True), launch(port_taken=True, launcher="torchrun")),
    ("DS105", launch(port_taken=True), launch(port_taken=True, master="elsewhere")),
    ("DS105", launch(port_taken=True), launch({"RANK": "1"}, port_taken=True)),
    (
        "DS106",
        launch(master="elsewhere", master_is_ipv6=True, has_ipv6=False),
        launch(master="elsewhere", master_is_ipv6=True, has_ipv6=True),
    ),
    ("DS112", launch(TWO), launch(TWO, launcher="srun")),
    ("DS112", launch(TWO), launch(TWO, interactive=False)),
    ("DS112", launch(TWO), launch({**TWO, "SLURM_JOB_ID": "7"})),
    ("PY110", active("/usr/bin/pip"), active("/env/bin/pip")),
    ("PY110", active("/usr/bin/pip"), active("/usr/bin/pip", environment="/other")),
    ("NW107", indexes(pip_index_url=PYTORCH), indexes(pip_extra_index_url=PYTORCH)),
    (
        "NW107",
        indexes(uv_default_index=PYTORCH),
        indexes(uv_default_index=PYTORCH, uv_index="another"),
    ),
    ("SC103", open_folders("ext4", "/env/bin"), open_folders("drvfs", "/env/bin")),
    (
        "SC103",
        open_folders("ext4", "/env/bin"),
        open_folders("ext4", "/env/bin", container=Container(runtime="docker")),
    ),
    ("SC105", {"python": venv_python(as_root=True)}, {"python": venv_python(as_root=False)}),
    (
        "SC105",
        {"python": venv_python(as_root=True)},
        {"python": venv_python(as_root=True), "container": Container(runtime="docker")},
    ),
    ("ST102", {**HUB, **UNWRITABLE}, UNWRITABLE),
    ("ST102", {**HUB, **UNWRITABLE}, {**HUB, **UNWRITABLE, **env(HF_HUB_OFFLINE="1")}),
    ("TC105", COMPILED, {"storage": place("compile-cache", writable=True)}),
    ("TC105", COMPILED, {**COMPILED, "packages": HUB["packages"]}),
]


@pytest.mark.parametrize(("code", "with_fault", "nearly"), PAIRS, ids=[p[0] for p in PAIRS])
def test_the_fault_is_found_and_its_like_is_not(
    code: str, with_fault: dict[str, Any], nearly: dict[str, Any]
) -> None:
    assert code in codes(with_fault)
    assert code not in codes(nearly)


def test_one_process_alone_says_nothing_of_launching() -> None:
    assert codes({"launch": Absent(), **env(MASTER_PORT="29500")}) == set()
