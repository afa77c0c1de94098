"""What the knowledge must hold whatever is added to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from envsetup.cli.knowledge import command
from envsetup.knowledge import KnowledgeError, covers, cuda_of, load, version_key

KNOWLEDGE = load()
BUILDS = [
    (release.version, name, platform)
    for release in KNOWLEDGE.releases
    for platform, row in release.platforms.items()
    for name in row.builds
]


def test_releases_run_from_1_13_to_2_15_newest_first() -> None:
    versions = [r.version for r in KNOWLEDGE.releases]
    assert versions == sorted(versions, key=version_key, reverse=True)
    assert {"1.13.0", "2.15.0"} <= set(versions)
    assert len(versions) == len(set(versions))


@pytest.mark.parametrize("one", BUILDS, ids=lambda b: "-".join(b))
def test_every_build_can_be_judged(one: tuple[str, str, str]) -> None:
    version, name, platform = one
    build = KNOWLEDGE.build(version, name, platform)
    assert build is not None
    assert build.status in ("certain", "published", "announced", "inferred")
    cuda = cuda_of(name)
    if cuda:
        floor = KNOWLEDGE.driver_floor(f"{cuda[0]}.{cuda[1]}", platform.split("_")[0])
        assert floor is not None
        assert build.arch_list
    if name.startswith("rocm"):
        assert KNOWLEDGE.rocm_build(name) is not None
    if platform.startswith("linux"):
        assert build.libc


def test_every_release_has_its_pythons_and_a_default_that_is_certain() -> None:
    for release in KNOWLEDGE.releases:
        for row in release.platforms.values():
            assert row.python
            if row.default:
                assert row.builds[row.default].status == "certain"


def test_which_kernels_run_where() -> None:
    assert covers("8.9", ("8.0",))
    assert not covers("8.0", ("8.6",))
    assert not covers("9.0", ("8.9",))
    assert covers("12.1", ("12.0",))
    assert covers("9.0", ("9.0a",))
    assert not covers("12.1", ("12.0a",))
    assert covers("12.1", ("12.0f",))
    assert covers("12.0", ("7.5",), ("9.0",))
    assert not covers("8.7", ("8.0",), (), "cu130")
    assert covers("8.7", ("8.0",), (), "cu132")


def test_drivers() -> None:
    assert KNOWLEDGE.driver_cuda("550.54.15", "linux") == "12.4"
    assert KNOWLEDGE.driver_cuda("581.15", "windows") == "13.0"
    branch = KNOWLEDGE.last_branch("6.1")
    assert branch and branch.branch == "580"
    assert KNOWLEDGE.last_branch("8.9") is None
    assert KNOWLEDGE.first_driver("12.0", "linux") == "570.26"


def test_a_pci_id_tells_the_architecture() -> None:
    ids = ("10de:2684", "1002:744c", "8086:56A0")
    nvidia, amd, intel = (KNOWLEDGE.chip(pci_id) for pci_id in ids)
    assert nvidia and nvidia.compute_capability == "8.9"
    assert amd and amd.gfx == "gfx1100"
    assert intel and intel.xpu
    assert KNOWLEDGE.chip("8086:3e92") is None


@pytest.mark.parametrize(
    ("pci_id", "computes"),
    [
        ("10de:2882", "8.9"),  # GeForce RTX 4060
        ("10de:2335", "9.0"),  # H200
        ("10de:2901", "10.0"),  # B200
        ("10de:3182", "10.3"),  # B300
        ("10de:2b00", "11.0"),  # Jetson AGX Thor
        ("10de:2b85", "12.0"),  # GeForce RTX 5090
        ("10de:2e12", "12.1"),  # GB10
        ("10de:1024", "3.5"),  # Tesla K40c
        ("1002:74a1", "gfx942"),  # Instinct MI300X
        ("1002:75a0", "gfx950"),  # Instinct MI350X
        ("1002:7550", "gfx1201"),  # Radeon RX 9070
        ("1002:7590", "gfx1200"),  # Radeon RX 9060 XT
        ("1002:1586", "gfx1151"),  # Strix Halo
        ("1002:150e", "gfx1150"),  # Strix
    ],
)
def test_a_card_without_a_driver_is_known_by_its_number(pci_id: str, computes: str) -> None:
    chip = KNOWLEDGE.chip(pci_id)
    assert chip is not None
    assert computes in (chip.compute_capability, chip.gfx)


@pytest.mark.parametrize(
    "pci_id", ["10de:22ba", "10de:1af1", "10de:1ad6", "1002:7314", "1002:1478", "8086:4905"]
)
def test_sound_bridges_and_switches_on_a_card_are_no_gpu(pci_id: str) -> None:
    assert KNOWLEDGE.chip(pci_id) is None


def test_names_tell_the_capability() -> None:
    assert KNOWLEDGE.compute_capability("NVIDIA GeForce RTX 5090") == "12.0"
    assert KNOWLEDGE.compute_capability("Quadro RTX 6000") == "7.5"
    assert KNOWLEDGE.compute_capability("NVIDIA RTX 6000 Ada Generation") == "8.9"
    assert KNOWLEDGE.compute_capability("something else") is None


def test_broken_data_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "rocm.json").write_text('{"as_of": "x", "builds": 5}')
    with pytest.raises(KnowledgeError, match=r"rocm\.json"):
        load(str(tmp_path))
    with pytest.raises(KnowledgeError, match="no such folder"):
        load(str(tmp_path / "nowhere"))


def test_show() -> None:
    result = CliRunner().invoke(command, ["show", "2.14.1", "--format", "json"])
    document = json.loads(result.stdout)
    assert document["as_of"] == KNOWLEDGE.as_of
    assert {"torch", "build", "platform", "status", "source", "checked_on"} <= set(
        document["rows"][0]
    )
    assert "cu126" in CliRunner().invoke(command, ["show"]).stdout
    assert CliRunner().invoke(command, ["show", "9.9"]).exit_code == 2
