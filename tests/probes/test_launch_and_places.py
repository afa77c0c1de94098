"""How processes would meet, where pip and uv look, where caches lie: on made-up trees, and on this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from envsetup.host import name_lookup
from envsetup.host.questions import Whereabouts
from envsetup.model import Absent, Whereto
from envsetup.probes import index_settings, launch, storage
from envsetup.testing import value
from tests.probes.test_made_up_machines import Machine, Put

PYTORCH = "https://download.pytorch.org/whl/cu130"
UNKNOWN = Absent()


class Told(Machine):
    """A made-up machine with variables of its own."""

    def __init__(self, root: Path, environ: dict[str, str], **answers: object) -> None:
        super().__init__(root, **answers)
        self._environ = environ


def test_a_shell_without_the_variables_is_not_looked_at(root: Path) -> None:
    assert isinstance(launch.probe(Told(root, {"MASTER_PORT": "1"}))["launch"], Absent)


def test_the_launcher_is_found_above(root: Path, put: Put) -> None:
    put("/proc/self/status", "Name:\tpython\nPPid:\t41\n")
    put("/proc/41/status", "Name:\tpt_main\nPPid:\t40\n")
    put("/proc/41/cmdline", "/env/bin/python\0/env/bin/torchrun\0train.py\0")
    put("/proc/net/if_inet6", "fe80000000000000 02 40 20 80 eth0\n")
    told = value(launch.probe(Told(root, {"RANK": "0"}))["launch"])
    assert (told.launcher, told.has_ipv6) == ("torchrun", False)


def test_a_plain_shell_is_no_launcher(root: Path, put: Put) -> None:
    put("/proc/self/status", "Name:\tpython\nPPid:\t41\n")
    put("/proc/41/status", "Name:\tbash\nPPid:\t0\n")
    assert value(launch.probe(Told(root, {"WORLD_SIZE": "2"}))["launch"]).launcher is None


@pytest.mark.parametrize(
    ("name", "whereto"), [("localhost", "loopback"), ("no-such-name.invalid", "nowhere")]
)
def test_names_lead_somewhere(name: str, whereto: Whereto) -> None:
    assert name_lookup.leads_to(name) == Whereabouts(whereto=whereto)


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_is_taken_or_free(listening: int) -> None:
    assert name_lookup.port_taken(str(listening)) is True
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    assert name_lookup.port_taken(str(number)) is False
    assert name_lookup.port_taken("80") is None


@pytest.mark.skipif(
    shutil.which("unshare") is None, reason="no unshare, to give a name of one's own"
)
def test_a_machine_whose_own_name_leads_nowhere() -> None:
    ask = "from envsetup.host import name_lookup; print(name_lookup.own_name_leads_to().whereto)"
    script = (
        f'echo no-such-host-name > /proc/sys/kernel/hostname && exec {sys.executable} -c "{ask}"'
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--uts", "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode and "unshare" in done.stderr + done.stdout or "hostname" in done.stderr:
        pytest.skip(f"no namespace for names: {done.stderr.strip()}")
    assert done.stdout.strip() == "nowhere", done.stderr


def test_the_later_file_and_then_the_variable_count(root: Path, put: Put) -> None:
    put("/etc/pip.conf", "[global]\nindex-url = https://user:secret@mirror.example.org/simple\n")
    put("/h/.config/pip/pip.conf", f"[global]\nindex-url = {PYTORCH}\n")
    put("/h/.config/uv/uv.toml", '[pip]\nextra-index-url = ["https://mirror.example.org"]\n')
    host = Told(root, {"UV_DEFAULT_INDEX": PYTORCH}, places={"home": "/h"})
    told = value(index_settings.read(host, UNKNOWN))
    assert told == {
        "pip index-url": PYTORCH,
        "uv extra-index-url": "another",
        "uv default-index": PYTORCH,
    }


def test_no_settings_are_absent(root: Path) -> None:
    assert isinstance(index_settings.read(Told(root, {}), UNKNOWN), Absent)


def test_caches_by_their_variables_and_defaults(root: Path, put: Put) -> None:
    put("/h/.triton/keep", "")
    put("/proc/self/mounts", "/dev/a / ext4 rw 0 0\n/dev/b /h nfs4 rw,noexec 0 0\n")
    environ = {"HF_HOME": "/models"}
    places = {"home": "/h", "tmp": "/tmp"}
    host = Told(root, environ, places=places, disk={"free": 5, "total": 9, "writable": False})
    found = {(p.role, p.path): p for p in value(storage.read(host, UNKNOWN))}
    compiled = found["compile-cache", "/h/.triton/cache"]
    assert (compiled.kind, compiled.options, compiled.writable) == ("nfs4", ("noexec",), False)
    assert found["model-cache", "/models"].kind == "ext4"
    assert ("model-cache", "/h/.cache/torch") in found


def test_without_a_home_no_cache_is_made_up(root: Path) -> None:
    found = value(storage.read(Told(root, {}), UNKNOWN))
    assert {p.role for p in found} == {"shm"}
