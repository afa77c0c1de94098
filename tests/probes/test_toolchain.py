"""Compilers and assemblers: what a made-up toolkit, and programs that answer as theirs do, tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from envsetup.host import Completed
from envsetup.model import Absent, Known, Package
from envsetup.probes import programs, triton
from envsetup.testing import known, value
from tests.probes.test_made_up_machines import Machine, Put

CONFIG = """
#if defined(__GNUC__)
#if __GNUC__ > 13
#error -- unsupported GNU version! gcc versions later than 13 are not supported!
"""


class Equipped(Machine):
    """A made-up machine whose programs answer as given, by their file's name."""

    def __init__(self, root: Path, told: dict[str, str]) -> None:
        super().__init__(root)
        self.told = told
        self.ran: list[str] = []

    def which(self, program: str) -> str | None:
        return f"/usr/local/cuda/bin/{program}" if program in self.told else None

    def run(self, argv: Sequence[str], timeout_s: float, *_: object, **__: object) -> Completed:
        self.ran.append(argv[0])
        said = self.told.get(Path(argv[0]).name, "")
        return Completed(argv=tuple(argv), returncode=0, stdout=said, stderr="", duration_s=0.0)


def test_the_newest_gcc_by_the_toolkits_own_header(root: Path, put: Put) -> None:
    put("/usr/local/cuda/include/crt/host_config.h", CONFIG)
    nvcc = "Cuda compilation tools, release 12.9, V12.9.86"
    facts = programs.probe(Equipped(root, {"nvcc": nvcc, "gcc": "14\n"}))
    assert value(facts["cuda_toolkit"]) == "12.9"
    assert (value(facts["gcc_version"]), value(facts["gcc_newest_for_cuda"])) == (14, 13)


def test_without_a_toolkit_no_compiler_is_asked(root: Path) -> None:
    host = Equipped(root, {"gcc": "14\n"})
    facts = programs.probe(host)
    assert isinstance(facts["gcc_version"], Absent)
    assert host.ran == []


def installed() -> Known[tuple[Package, ...]]:
    package = Package(name="triton", version="3.6.0", location="/site")
    return known((package,))


def test_tritons_assemblers_where_there_is_a_gpu(root: Path, put: Put) -> None:
    for name in triton.NAMES:
        put(f"/site/{triton.FOLDER}/{name}", "")
    told = {"ptxas": "release 12.8, V12.8.93", "ptxas-blackwell": "release 13.0, V13.0.1"}
    host = Equipped(root, told)
    assert isinstance(triton.read(host, installed()), Absent)
    assert host.ran == []
    put("/dev/nvidiactl", "")
    assert value(triton.read(host, installed())) == {"ptxas": "12.8", "ptxas-blackwell": "13.0"}
