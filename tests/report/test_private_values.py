"""Planted names and credentials, in every variable that is read and every form of an address.

By default neither is told in any format; with `--full` and in a recording no credential is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from envsetup.host import LocalHost
from envsetup.model import Known, Machine, Package, RdmaPort, Report, Source
from envsetup.probes import environment
from envsetup.probes.index_settings import told_text
from envsetup.probes.kept_of_files import kept
from envsetup.report import FORMATS, render
from envsetup.report.addresses import addresses_cleaned
from envsetup.report.redact import credentials_out, in_full, redact, redact_machine
from envsetup.report.variables import Wires, told_variables

from .conftest import made_up

HERE = Source(kind="env", ref="environment")
HOST = "zqnexus.zqcorp.example"
CREDENTIALS = ("zqpass", "zqtok", "zqsig", "zqseg")
ADDRESSES = [
    f"https://zquser:zqpass@{HOST}/simple",
    f"https://zquser:zqp/zqpass@{HOST}/simple",
    f"https://zqtok12345@{HOST}/simple",
    f"https://{HOST}/t/zqtok-12345/chan",
    f"https://{HOST}/api/pypi/private-zqseg-abcdef/simple",
    f"https://{HOST}/zqseg9f8A7b6C5d4E3f2G1h0/simple",
    f"https://{HOST}/simple?sig=zqsig&X-Amz-Signature=zqsig2",
    f"https://{HOST}/simple#access_token=zqtok",
    f"git+https://zqtok:x-oauth@{HOST}/zqteam/torch.git@main",
    f"git+ssh://git@{HOST}/zqteam/torch.git",
    f"ssh://git:zqpass@{HOST}:2222/zqteam/torch.git",
    f"http://zquser:zqpass@{HOST}:3128",
    f"socks5h://zquser:zqpass@{HOST}:1080",
    f"s3://{HOST}/wheels/zqseg",
    f"HTTPS://zquser:zqpass@{HOST.upper()}/simple",
]
OPEN = [
    "https://conda.anaconda.org/t/zqtok-123-abc/chan",
    "https://zquser:zqpass@github.com/acme/torch.git",
    "https://github.com/acme/torch.git?access_token=zqtok",
    "http://zquser:zqpass@127.0.0.1:8931/t/zqtok/whl",
    "https://zqtok@huggingface.co/acme/model",
    "https://download.pytorch.org/t/zqtok1/whl?token=zqtok",
]
"""Hosts that may be told; what else stands in the address may not."""
VARIABLES = sorted(
    {
        *environment.NAMES,
        *(f"{prefix}{end}" for prefix in environment.PREFIXES for end in ("ANYTHING", "URL", "HOST")),
        "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_PROXY",
        "CONDA_CHANNELS", "CONDA_CHANNEL_ALIAS", "CONDA_DEFAULT_ENV", "CONDA_PROMPT_MODIFIER", "NCCL_SOCKET_IFNAME",
        "GLOO_SOCKET_IFNAME", "UCX_NET_DEVICES", "NCCL_IB_HCA", "NCCL_COMM_ID", "NCCL_NET_PLUGIN",
    }
)  # fmt: skip
WORDS = ("zqcluster", "zq-acme-net0", HOST, "zqnode17", f"{HOST}:29500", "10.77.66.55")


def machine_with(variables: dict[str, str], **facts: object) -> Machine:
    told = environment.probe(LocalHost(environ=variables))
    return replace(made_up("").machine, **told, **facts)


def report_with(machine: Machine, message: str) -> Report:
    return replace(made_up(message), machine=machine)


@pytest.mark.parametrize("address", [*ADDRESSES, *OPEN])
def test_an_address_in_any_variable_gives_no_credential(address: str) -> None:
    machine = machine_with(dict.fromkeys(VARIABLES, address))
    report = report_with(machine, f"ERROR: Could not fetch URL {address}: 404")

    for shown in (
        *(render(redact(report), form, verbose=True) for form in FORMATS),
        render(redact(replace(report, full=True)), "json"),
        str(redact_machine(machine, full=True)),
    ):
        assert [trace for trace in (*CREDENTIALS, "x-oauth") if trace in shown.lower()] == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_by_default_no_host_of_an_address_either(address: str) -> None:
    report = report_with(
        machine_with(dict.fromkeys(VARIABLES, address)), f"see {address}, at {HOST}"
    )

    for form in FORMATS:
        shown = render(redact(report), form, verbose=True).lower()
        assert "zqnexus" not in shown
        assert "zqcorp" not in shown


@pytest.mark.parametrize("value", [HOST, f"{HOST}:29500"])
def test_a_host_in_any_variable_is_in_no_format(value: str) -> None:
    for name in VARIABLES:
        report = report_with(machine_with({name: value}), f"{name}={value} names nothing: {HOST}")
        assert "zqnexus" not in str(redact(report)), name


@pytest.mark.parametrize("value", WORDS)
@pytest.mark.parametrize(
    "name",
    ["MASTER_ADDR", "NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "UCX_NET_DEVICES", "NCCL_COMM_ID",
     "CONDA_CHANNELS", "PIP_TRUSTED_HOST", "HTTPS_PROXY", "no_proxy", "KUBERNETES_SERVICE_HOST"],
)  # fmt: skip
def test_names_of_hosts_interfaces_and_indexes_are_told_as_what_they_are(
    name: str, value: str
) -> None:
    machine = machine_with({name: value})
    report = report_with(machine, f"{name}={value} names nothing here")

    told = redact(report).machine.environment
    assert isinstance(told, Known)
    assert value not in told.value[name]
    assert value not in str(redact(report))
    assert value not in render(redact(report), "json")


def test_the_own_host_name_is_nowhere() -> None:
    report = redact(
        made_up("on zqbox-7 and zqbox-7.zqcorp.example"), (), ("zqbox-7.zqcorp.example",)
    )
    assert "zqbox" not in render(report, "json")
    assert "zqcorp" not in render(report, "json")


@pytest.mark.parametrize("host", ["h100", "mi300x", "cuda12", "torch", "localhost", "vm"])
def test_a_host_that_is_called_like_a_fact_leaves_the_facts(host: str) -> None:
    assert f"on {host} now" in render(redact(made_up(f"on {host} now"), (), (host,)), "json")


def test_packages_keep_no_origin() -> None:
    packages = [
        Package(name="torch", version="2.0", url=url, requires=(f"x @ {url}",)) for url in ADDRESSES
    ]
    machine = machine_with({}, packages=Known(value=tuple(packages), source=HERE))

    shown = str(redact_machine(machine))
    assert "zq" not in shown.lower()
    full = str(redact_machine(machine, full=True)).lower()
    assert HOST in full
    assert [trace for trace in CREDENTIALS if trace in full] == []


@pytest.mark.parametrize(
    "text",
    [
        "machine zq.example login me password zqpass",
        "pip install --token zqtok1 x",
        "twine --client-password 'zqpass' upload",
        "//zquser:zqpass@host/simple",
        "Authorization: Basic enFwYXNzOnpxcGFzcw==",
    ],
)
def test_other_forms_of_credentials(text: str) -> None:
    for shown in (credentials_out(text), in_full(text)):
        assert [t for t in (*CREDENTIALS, "enFwYXNz") if t in shown] == []


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"MASTER_ADDR": "127.0.0.1"}, {"MASTER_ADDR": "127.0.0.1"}),
        ({"NCCL_SOCKET_IFNAME": "^docker0,lo"}, {"NCCL_SOCKET_IFNAME": "^docker0,lo"}),
        ({"NCCL_SOCKET_IFNAME": "=acme0"}, {"NCCL_SOCKET_IFNAME": "=given-1"}),
        ({"NCCL_SOCKET_IFNAME": "acme"}, {"NCCL_SOCKET_IFNAME": "given-1"}),
        ({"NCCL_SOCKET_IFNAME": "other0"}, {"NCCL_SOCKET_IFNAME": "another"}),
        ({"NCCL_IB_HCA": "=mlx5_0:1,mlx5_1"}, {"NCCL_IB_HCA": "=mlx5_0:1,mlx5_1"}),
        ({"PIP_EXTRA_INDEX_URL": "https://download.pytorch.org/whl/cu126 https://a.example/s"},
         {"PIP_EXTRA_INDEX_URL": "https://download.pytorch.org/whl/cu126 another"}),
        ({"PIP_INDEX_URL": "https://a.example/download.pytorch.org/whl"}, {"PIP_INDEX_URL": "another"}),
        ({"PIP_NO_INDEX": "1"}, {"PIP_NO_INDEX": "1"}),
        ({"CONDA_CHANNELS": "conda-forge,acme"}, {"CONDA_CHANNELS": "conda-forge another"}),
        ({"HTTP_PROXY": "http://a", "http_proxy": "http://a/"}, {"HTTP_PROXY": "set", "http_proxy": "set"}),
        ({"HTTP_PROXY": "http://a", "http_proxy": "http://b"}, {"HTTP_PROXY": "set", "http_proxy": "another"}),
        ({"HTTPS_PROXY": "http://localhost:1"}, {"HTTPS_PROXY": "loopback"}),
        ({"PYTORCH_ALLOC_CONF": "expandable_segment:True"}, {"PYTORCH_ALLOC_CONF": "expandable_segment:True"}),
        ({"TORCH_LOGS": "+torch._dynamo,inductor"}, {"TORCH_LOGS": "+torch._dynamo,inductor"}),
        ({"LD_LIBRARY_PATH": ":/opt/rocm/lib"}, {"LD_LIBRARY_PATH": ":/opt/rocm/lib"}),
        ({"LD_PRELOAD": "libjemalloc.so.2"}, {"LD_PRELOAD": "libjemalloc.so.2"}),
        ({"NCCL_DEBUG": "TRACE", "NCCL_ALGO": "Ring"}, {"NCCL_DEBUG": "TRACE", "NCCL_ALGO": "Ring"}),
        ({"LANG": "en_US.UTF-8"}, {"LANG": "en_US.UTF-8"}),
        ({"CONDA_DEFAULT_ENV": "acme-secret"}, {"CONDA_DEFAULT_ENV": "set"}),
        ({"CUDA_VISIBLE_DEVICES": "0,9"}, {"CUDA_VISIBLE_DEVICES": "0,9"}),
    ],
)  # fmt: skip
def test_what_variables_mean(variables: dict[str, str], told: dict[str, str]) -> None:
    wires = Wires.of(("lo", "eth0", "acme0"))

    assert told_variables(variables, wires) == told
    assert told_variables(told, wires) == told


@pytest.mark.parametrize(
    "address",
    [
        "https://download.pytorch.org/whl/cu126",
        "https://github.com/pytorch/pytorch/blob/c52b7381d2f3a4b5c6d7e8f90a1b2c3d4e5f6a7b/setup.py#L10",
        "https://docs.nvidia.com/deploy/cuda-compatibility/index.html#minor-version-compatibility",
        "http://127.0.0.1:29500",
        "https://nvd.nist.gov/vuln/detail/CVE-2025-32434",
        "file:///opt/wheels",
    ],
)
def test_addresses_of_nobody_stay(address: str) -> None:
    for kept_part in ("path", "host", "kind"):
        assert addresses_cleaned(f"see {address}.", kept_part) == f"see {address}."


def test_every_address_in_the_rules_and_the_knowledge_stays() -> None:
    from envsetup.rules.registry import all_rules

    for one in all_rules():
        texts = [
            *(f.text for f in one.fixes),
            *(" ".join(f.argv or ()) for f in one.fixes),
            one.ask,
        ]
        for text in texts:
            assert addresses_cleaned(text, "kind") == text, one.code


# -- saved reports are judged as the machine was --------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "variables", "interfaces"),
    [
        ("DS102", {"NCCL_SOCKET_IFNAME": "zqnet0"}, ("lo", "eth0")),
        ("DS102", {"NCCL_SOCKET_IFNAME": "zqnet0"}, ("lo", "zqnet0")),
        ("DS102", {"NCCL_SOCKET_IFNAME": "zqnet"}, ("lo", "zqnet0", "zqnet1")),
        ("DS102", {"GLOO_SOCKET_IFNAME": "zqnet1"}, ("lo", "zqnet0")),
        ("DS102", {"NCCL_SOCKET_IFNAME": "^zqnet0"}, ("zqnet0",)),
        ("NW102", {"HTTP_PROXY": "http://zqa:1", "http_proxy": "http://zqb:1"}, ("lo",)),
        ("NW102", {"HTTP_PROXY": "http://zqa:1", "http_proxy": "http://zqa:1/"}, ("lo",)),
        ("SC106", {"PIP_TRUSTED_HOST": HOST}, ("lo",)),
        ("CT109", {"MASTER_ADDR": HOST}, ("lo",)),
        ("DS109", {"NCCL_IB_HCA": "zqib0"}, ("lo",)),
    ],
)
def test_a_rule_says_the_same_of_what_was_saved(
    code: str, variables: dict[str, str], interfaces: tuple[str, ...]
) -> None:
    from envsetup.knowledge import load
    from envsetup.rules.engine import judge_one
    from envsetup.rules.registry import find_rule

    one = find_rule(code)
    assert one is not None
    ports = (RdmaPort(device="zqib1", port=1, active=True, openable=True),)
    machine = machine_with(
        {"WORLD_SIZE": "2", **variables},
        interfaces=Known(value=interfaces, source=HERE),
        rdma_ports=Known(value=ports, source=HERE),
        limits=Known(value={"memlock_bytes": 65536}, source=HERE),
    )

    def said(of: Machine) -> list[tuple[str, str | None]]:
        found, _ = judge_one(one, of, load())
        return [(f.severity, f.subject) for f in found]

    assert said(redact_machine(machine)) == said(machine)


# -- files and recordings ---------------------------------------------------------------------------------


def test_a_recording_keeps_of_files_what_probes_read() -> None:
    conf = f"[global]\nindex-url = https://u:zqpass@{HOST}/s\ntrusted-host = {HOST}\n# ask zqann\n"
    assert told_text(conf) == "index-url = another"
    assert kept("/home/a/.config/pip/pip.conf", conf) == "index-url = another"
    mounts = f"{HOST}:/export/zq /home nfs4 rw,noexec,addr=10.7.7.7,username=zqann 0 0\n"
    assert kept("/proc/self/mounts", mounts) == "*** /home nfs4 noexec 0 0"
    line = "/usr/bin/python\0/opt/bin/torchrun\0--rdzv-endpoint=zq:1\0--password\0zqpass"
    assert kept("/proc/41/cmdline", line) == "***\0torchrun\0***"
    assert kept("/etc/os-release", "NAME=x") == "NAME=x"


@pytest.fixture
def planted(tmp_path: Path) -> dict[str, str]:
    """A user's variables and files, full of names and credentials."""
    home = tmp_path / "home" / "zqann"
    (home / ".config" / "pip").mkdir(parents=True)
    (home / ".config" / "uv").mkdir()
    (home / ".config" / "pip" / "pip.conf").write_text(
        f"[global]\nindex-url = https://zquser:zqpass@{HOST}/t/zqtok/simple\ntrusted-host = {HOST}\n"
    )
    (home / ".config" / "uv" / "uv.toml").write_text(
        f'index-url = "https://zquser:zqpass@{HOST}/simple"\n'
    )
    (home / ".netrc").write_text(f"machine {HOST} login zquser password zqpass\n")
    own = {
        k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "CONDA_", "VIRTUAL_ENV"))
    }
    return {
        **own, "HOME": str(home), "USER": "zqann", "HOSTNAME": "zqbox-12",
        "MASTER_ADDR": HOST, "MASTER_PORT": "29500", "RANK": "0", "WORLD_SIZE": "2",
        "NCCL_SOCKET_IFNAME": "zqnet0", "HTTPS_PROXY": f"http://zquser:zqpass@{HOST}:3128",
        "NO_PROXY": f"zqintra,{HOST}", "PIP_INDEX_URL": ADDRESSES[0], "PIP_EXTRA_INDEX_URL": ADDRESSES[4],
        "PIP_TRUSTED_HOST": HOST, "CONDA_CHANNELS": ADDRESSES[3], "CONDA_PROMPT_MODIFIER": "(zqproject) ",
    }  # fmt: skip


def run(environ: dict[str, str], folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "envsetup", *words]
    return subprocess.run(
        argv, env=environ, cwd=folder, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    "words",
    [
        ("doctor", "--level", "quick", "--format", "json"),
        ("doctor", "--level", "quick", "--format", "markdown"),
        ("doctor", "--level", "quick", "-v"),
        ("probe", "--format", "json"),
        ("explain", "--error", "NCCL WARN Bootstrap : no socket interface found", "--format", "json"),
        ("install-plan", "--format", "json", "--python", "home/zqann/no-such-python"),
        ("probe", "--format", "json", "--python", "home/zqann/no-such-python"),
        ("checks", "run", "matmul", "--format", "json", "--python", "home/zqann/no-such-python"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_commands_tell_nothing_of_it(
    planted: dict[str, str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = run(planted, tmp_path, *words, *(["--offline"] if words[0] != "checks" else []))

    assert done.stdout, done.stderr
    assert "zq" not in done.stdout.lower()


def test_neither_does_a_recording_and_full_holds_no_credential(
    planted: dict[str, str], tmp_path: Path
) -> None:
    done = run(
        planted, tmp_path, "probe", "--full", "--record", "rec", "--offline", "--format", "json"
    )

    recorded = (tmp_path / "rec" / "answers.json").read_text()
    assert "zq" not in recorded.lower()
    assert HOST in done.stdout
    assert [trace for trace in CREDENTIALS if trace in done.stdout + done.stderr] == []
    json.loads(recorded)


def test_a_crash_may_be_passed_on(planted: dict[str, str], tmp_path: Path) -> None:
    script = (
        "import sys, click\nfrom envsetup.cli.process import run\n"
        "@click.group()\ndef root(): pass\n@root.command()\ndef fail():\n"
        f"    raise RuntimeError('no answer of {ADDRESSES[0]} for zqann in /home/zqann/x, asked {HOST}')\n"
        "sys.argv = ['envsetup', 'fail', '--format=json']\nsys.argv = ['envsetup', 'fail']\nsys.exit(run(root))\n"
    )  # fmt: skip
    argv = [sys.executable, "-c", script]
    done = subprocess.run(
        argv, env=planted, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 3
    assert "RuntimeError: no answer of https://another" in done.stderr
    assert "zq" not in done.stderr.lower()
