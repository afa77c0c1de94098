"""Real nvidia-ml-py code against a stand-in library, in the child that a run would abandon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from envsetup.host import system_calls
from envsetup.host.system_calls import answer
from envsetup.model import Known


def ask(monkeypatch: pytest.MonkeyPatch, library: Path, mode: str) -> dict[str, Any]:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(library))
    monkeypatch.setenv("FAKE_NVML", mode)
    fact = answer("nvml")
    assert isinstance(fact, Known), fact
    told = json.loads(fact.value)["nvml"]
    assert isinstance(told, dict)
    return told


def test_two_gpus_with_all_that_they_tell(monkeypatch: pytest.MonkeyPatch, nvml: Path) -> None:
    told = ask(monkeypatch, nvml, "healthy")
    assert (told["driver"], told["cuda"]) == ("580.95.05", "13.0")
    first, second = told["gpus"]
    assert (first["compute_capability"], second["compute_capability"]) == ("9.0", "6.1")
    assert (first["pci_id"], first["pci_address"]) == ("10de:2330", "00000000:01:00.0")
    assert first["memory_total_bytes"] == 80 << 30
    assert (first["mig"], second["mig"]) == (False, None)


def test_mig_counts_its_instances(monkeypatch: pytest.MonkeyPatch, nvml: Path) -> None:
    first = ask(monkeypatch, nvml, "mig")["gpus"][0]
    assert (first["mig"], first["mig_instances"]) == (True, 2)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("mismatch", "version mismatch"),
        ("not-loaded", "Driver Not Loaded"),
        ("crash", "signal 11"),
    ],
)
def test_what_fails_says_so_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, nvml: Path, mode: str, words: str
) -> None:
    assert words in ask(monkeypatch, nvml, mode)["error"]


def test_a_hang_is_left_behind(monkeypatch: pytest.MonkeyPatch, nvml: Path) -> None:
    monkeypatch.setattr(system_calls, "NVML_LIMIT_S", 0.7)
    told = ask(monkeypatch, nvml, "hang")
    assert told["hung"] is True
    assert "did not answer" in told["error"]


def test_who_uses_a_gpu_is_counted(monkeypatch: pytest.MonkeyPatch, nvml: Path) -> None:
    monkeypatch.setenv("FAKE_NVML_PIDS", "4000001,4000002")
    monkeypatch.setenv("FAKE_NVML_BUSY", "97")
    first = ask(monkeypatch, nvml, "healthy")["gpus"][0]

    assert (first["compute_processes"], first["utilization_percent"]) == (2, 97)
    assert "4000001" not in json.dumps(first)


@pytest.mark.parametrize(
    ("devices", "limit_s"),
    [
        ([], 6.0),
        ([("0x10de", "0x030200")], 6.0),
        ([("0x10de", "0x030000"), ("0x8086", "0x030000")], 6.0),
        ([("0x10de", "0x030000"), ("0x10de", "0x040300")], 6.0),
        ([("0x10de", "0x030200")] * 8, 30.0),
    ],
)
def test_several_gpus_get_longer_to_answer(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    devices: list[tuple[str, str]],
    limit_s: float,
) -> None:
    for number, (vendor, kind) in enumerate(devices):
        folder = tmp_path / f"0000:{number:02x}:00.0"
        folder.mkdir()
        (folder / "vendor").write_text(vendor + "\n")
        (folder / "class").write_text(kind + "\n")
    monkeypatch.setattr(system_calls, "PCI", tmp_path)

    assert system_calls.nvml_limit_s() == limit_s


def test_a_gpu_that_fell_off_the_bus_is_named(monkeypatch: pytest.MonkeyPatch, nvml: Path) -> None:
    gpus = ask(monkeypatch, nvml, "lost")["gpus"]
    assert gpus[0]["name"] == "NVIDIA H100 80GB HBM3"
    assert "lost" in gpus[1]["error"].lower()
