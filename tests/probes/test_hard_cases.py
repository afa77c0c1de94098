"""What misleads a probe: devices that are no GPUs, limits far from the root, answers that break off."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from envsetup.host import (
    LocalHost,
    RecordedHost,
    RecordingHost,
    displays,
    questions,
    run_program,
    system_calls,
)
from envsetup.host.questions import KERNEL_LOG, NVML, SIZE, KernelLog
from envsetup.host.system_calls import answer
from envsetup.model import Absent, Gpu, Known, Python, Unreadable, value_of
from envsetup.probes import (
    cpu,
    environment,
    gpus,
    limits,
    memory,
    packages,
    programs,
    snapshot,
    torch_,
)
from envsetup.testing import SOURCE, known, value

Put = Callable[[str, str], None]
RAW: dict[str, object] = {"executable": "python", "version": "3.12.1", "site_packages": ["/none"]}


class Machine(LocalHost):
    """A made-up machine: its files below a root, its calls as given."""

    def __init__(self, root: Path, **answers: object) -> None:
        super().__init__(str(root), environ={"PATH": ""})
        self.os_name = "linux"
        self.answers = answers

    def call(self, name: str) -> Known[str] | Absent | Unreadable:
        if name in self.answers:
            return known(json.dumps(self.answers[name]))
        return Absent()


UNAME = {"system": "Linux", "release": "6.1.0", "machine": "x86_64"}


def display(put: Put, address: str, vendor: str, device: str, kind: str = "0x030000") -> None:
    for name, text in (("vendor", vendor), ("device", device), ("class", kind)):
        put(f"/sys/bus/pci/devices/{address}/{name}", text + "\n")


def interpreter(folder: Path) -> Known[Python]:
    python = Python(executable="python", version="3.12.1", site_packages=(str(folder),))
    return known(python)


def test_an_intel_npu_is_no_gpu_and_an_instinct_is(root: Path, put: Put) -> None:
    display(put, "0000:00:0b.0", "0x8086", "0x7d1d", "0x120000")
    display(put, "0000:41:00.0", "0x1002", "0x74a1", "0x120000")
    assert [g.pci_id for g in value(gpus.probe(Machine(root))["gpus"])] == ["1002:74a1"]


# -- Windows -------------------------------------------------------------------------------------

WINDOWS_IDS = [
    r"PCI\VEN_10DE&DEV_2684&SUBSYS_16F31043&REV_A1\4&1FC990D7&0&0008",
    r"PCI\VEN_8086&DEV_56A0&SUBSYS_10208086&REV_08\6&2B8E6E0&0&00080008",
    r"ROOT\BASICDISPLAY\0000",
]


def windows(root: Path, **answers: object) -> Machine:
    host = Machine(root, uname={**UNAME, "machine": "AMD64"}, **answers)
    host.os_name = "windows"
    return host


def test_windows_names_gpus_that_no_driver_speaks_for(root: Path) -> None:
    found = value(gpus.probe(windows(root, displays=WINDOWS_IDS))["gpus"])
    assert [(g.vendor, g.pci_id) for g in found] == [
        ("intel", "8086:56a0"),
        ("nvidia", "10de:2684"),
    ]


def test_windows_counts_a_gpu_of_nvml_once(root: Path) -> None:
    row = {"index": 0, "name": "RTX 4090", "pci_id": "10de:2684", "pci_address": "00000000:01:00.0"}
    told = {"nvml": {"driver": "581.15", "gpus": [row, {**row, "pci_address": "00000000:02:00.0"}]}}
    host = windows(root, displays=[*WINDOWS_IDS, WINDOWS_IDS[0]], nvml=told)
    found = value(gpus.probe(host)["gpus"])
    assert [g.vendor for g in found] == ["intel", "nvidia", "nvidia"]


def test_windows_that_tells_no_displays_is_not_without_gpus(root: Path) -> None:
    assert isinstance(gpus.probe(windows(root))["gpus"], Unreadable)
    assert isinstance(gpus.probe(windows(root, displays=[]))["gpus"], Absent)


def test_a_failing_nvml_is_no_missing_driver_on_windows(root: Path) -> None:
    told = {"nvml": {"error": "Unknown Error"}}
    failing = gpus.probe(windows(root, displays=WINDOWS_IDS, nvml=told))["nvidia_driver"]
    assert isinstance(value(failing).version, Unreadable)
    told = {"nvml": {"absent": "nvml.dll"}}
    missing = gpus.probe(windows(root, displays=WINDOWS_IDS, nvml=told))["nvidia_driver"]
    assert isinstance(value(missing).version, Absent)


class Manager:
    """Stands in for cfgmgr32: writes what it knows into the caller's buffer."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.text = "\0".join(WINDOWS_IDS) + "\0\0"

    def CM_Get_Device_ID_List_SizeW(self, size: Any, group: str, flags: int) -> int:
        assert (group, flags) == (displays.DISPLAY_CLASS, 0x300)
        size._obj.value = len(self.text)
        return self.code

    def CM_Get_Device_ID_ListW(self, group: str, ids: Any, size: Any, flags: int) -> int:
        ids[: size.value] = self.text
        return self.code


def test_windows_list_of_devices_is_taken_apart() -> None:
    assert displays._listed(Manager()) == WINDOWS_IDS
    with pytest.raises(OSError, match="0x1f"):
        displays._listed(Manager(0x1F))


def test_level_zero_lies_elsewhere_on_windows_and_on_arch(root: Path, put: Put) -> None:
    put("/usr/lib/libze_loader.so.1", "")
    assert isinstance(programs.probe(Machine(root))["level_zero"], Known)
    tried = programs.probe(windows(root))["level_zero"]
    assert isinstance(tried, Absent)
    assert [s.ref.endswith("ze_loader.dll") for s in tried.tried] == [True]


# -- limits of the cgroup ------------------------------------------------------------------------


def test_a_limit_far_below_the_root_holds(root: Path, put: Put) -> None:
    put("/proc/self/cgroup", "0::/slurm/job_1/step_0\n")
    put("/sys/fs/cgroup/slurm/job_1/memory.max", "1048576\n")
    put("/sys/fs/cgroup/slurm/job_1/step_0/memory.max", "max\n")
    put("/sys/fs/cgroup/slurm/cpu.max", "400000 100000\n")
    put("/sys/fs/cgroup/slurm/job_1/cpu.max", "200000 100000\n")
    put("/sys/fs/cgroup/slurm/pids.max", "512\n")
    host = Machine(root, limits={"nofile": 1024})
    assert value(memory.probe(host)["memory"]).cgroup_limit_bytes == 1048576
    assert cpu.cpu_quota(host) == 2.0
    assert value(limits.probe(host)["limits"])["pids"] == 512


def test_version_1_limits_by_controller(root: Path, put: Put) -> None:
    put("/proc/self/cgroup", "9:cpu,cpuacct:/job\n5:memory:/job\n0::/\n")
    put("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2097152\n")
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "150000\n")
    put("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n")
    assert value(memory.probe(Machine(root))["memory"]).cgroup_limit_bytes == 2097152
    assert cpu.cpu_quota(Machine(root)) == 1.5


def test_all_cores_of_a_large_machine_count(root: Path, put: Put) -> None:
    flags = " ".join(f"flag{i}" for i in range(250))
    put(
        "/proc/cpuinfo",
        "".join(
            f"processor : {i}\nmodel name : Large\nphysical id : {i // 96}\ncore id : {i % 96}\n"
            f"flags : {flags} avx2\n\n"
            for i in range(192)
        ),
    )
    told = value(cpu.probe(Machine(root, cores={"logical": 192}))["cpu"])
    assert (told.physical_cores, told.sockets) == (192, 2)


# -- answers that break off ----------------------------------------------------------------------


def test_the_look_at_nvml_runs_no_code_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pynvml.py").write_text("open('ran', 'w')\n")
    monkeypatch.chdir(tmp_path)
    answer("nvml")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("code", "driver", "failed", "libcuda"),
    [
        ("print('{\"nvml\": {\"driver\": \"580.1\"}}', flush=True); import os; os.abort()", "580.1", False, None),
        ("print('a shim says hello'); print('{\"nvml\": {\"driver\": \"1\"}, \"libcuda\": {\"version\": \"13.0\"}}')",
         "1", False, "13.0"),
        ("print('garbage')", None, True, None),
        ("print('{\"libcuda\": {\"version\": \"13.0\"}}')", None, True, "13.0"),
    ],
)  # fmt: skip
def test_what_nvml_told_stands(
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    driver: str | None,
    failed: bool,
    libcuda: str | None,
) -> None:
    monkeypatch.setattr(
        system_calls,
        "run_program",
        lambda _, limit: run_program((sys.executable, "-c", code), limit),
    )
    told = value_of(LocalHost().ask(NVML))
    assert told is not None
    assert (told.nvml.driver, bool(told.nvml.error), told.libcuda.version) == (
        driver,
        failed,
        libcuda,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"nvml": 3}',
        '{"nvml": {"gpus": [{"index": "none"}]}}',
        "[" * 100_000,
    ],
)
def test_an_answer_of_another_shape_is_unreadable_and_says_where(
    root: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    host = Machine(root)
    monkeypatch.setattr(host, "call", lambda _: Known(value=text, source=SOURCE))
    fact = host.ask(NVML)
    assert isinstance(fact, Unreadable)
    assert fact.error.startswith("the answer to nvml can't be read: ")
    assert "index" in fact.error or "index" not in text
    assert not isinstance(gpus.probe(host)["gpus"], Known)


def test_a_question_about_a_path_does_not_repeat_it_in_its_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Machine(root)
    monkeypatch.setattr(host, "call", lambda _: Known(value='"much"', source=SOURCE))
    fact = host.ask(SIZE.about("/home/someone/file"))
    assert isinstance(fact, Unreadable)
    assert "someone" not in fact.error


def test_every_question_has_an_answer() -> None:
    names = {q.name for q in vars(questions).values() if isinstance(q, questions.Question)}
    assert names == set(system_calls.ANSWERS)


def test_an_nvml_that_could_not_be_asked_is_not_absent(
    root: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("/sys/module/nvidia/version", "580.95.05\n")
    host = Machine(root)
    monkeypatch.setattr(host, "call", lambda _: Unreadable(error="refused", source=SOURCE))
    driver = value(gpus.probe(host)["nvidia_driver"])
    assert isinstance(driver.nvml, Unreadable)


def test_an_endless_nvidia_smi_is_not_called_slow(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Machine(root, nvml={"nvml": {"error": "Unknown Error"}})
    endless = (sys.executable, "-c", "while True: print('x' * 65536)")
    monkeypatch.setattr(host, "which", lambda n: "/nvidia-smi" if n == "nvidia-smi" else None)
    monkeypatch.setattr(
        host, "run", lambda _, limit: run_program(endless, limit, output_limit_bytes=1 << 17)
    )
    driver = value(gpus.probe(host)["nvidia_driver"])
    assert isinstance(driver.nvidia_smi, Unreadable)
    assert "without end" in driver.nvidia_smi.error


# -- probes that fail ----------------------------------------------------------------------------


def test_a_probe_that_fails_says_so_in_all_it_owes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> dict[str, object]:
        raise ZeroDivisionError("boom")

    monkeypatch.setitem(snapshot.PROBES, "gpus", broken)
    machine = snapshot.take_snapshot(Machine(root, uname=UNAME), known(RAW))
    for fact in (machine.gpus, machine.nvidia_driver, machine.device_access, machine.kernel_log):
        assert isinstance(fact, Unreadable)
        assert "boom" in fact.error
    assert isinstance(machine.python, Known)
    assert isinstance(machine.torch, Absent)


def test_a_probe_that_hangs_says_so_in_all_it_owes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(snapshot, "LIMIT_S", 0.3)
    monkeypatch.setattr(torch_, "read", lambda *_: released.wait(30))
    machine = snapshot.take_snapshot(Machine(root, uname=UNAME), known(RAW))
    released.set()
    for fact in (machine.packages, machine.torch):
        assert isinstance(fact, Unreadable)
        assert "did not answer" in fact.error
    assert isinstance(machine.storage, Known)


def test_every_fact_but_the_runtime_is_asked_for(root: Path) -> None:
    machine = snapshot.take_snapshot(Machine(root, uname=UNAME), known(RAW))
    unasked = [
        n
        for n in machine.__struct_fields__
        if getattr(getattr(machine, n), "error", "") == "not looked at"
    ]
    assert unasked == ["torch_runtime"]


def test_a_path_with_a_nul_is_unreadable() -> None:
    host = LocalHost()
    assert all(isinstance(ask("a\0b"), Unreadable) for ask in (host.read, host.list, host.realpath))


# -- the target ----------------------------------------------------------------------------------


def editable(folder: Path) -> None:
    info = folder / "torch-2.9.0a0+gitabc.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: torch\nVersion: 2.9.0a0+gitabc\n\n")
    (info / "direct_url.json").write_text('{"dir_info": {"editable": true}, "url": "file:///src"}')


def test_torch_of_an_editable_source_tree_is_not_broken(tmp_path: Path) -> None:
    site, source = tmp_path / "site", tmp_path / "src" / "torch"
    site.mkdir()
    source.mkdir(parents=True)
    editable(site)
    found = packages.read(LocalHost(), interpreter(site))
    assert isinstance(torch_.read(LocalHost(), interpreter(site), found), Unreadable)
    (source / "version.py").write_text("__version__ = '2.9.0a0+gitabc'\ncuda = '12.8'\n")
    finder = f"MAPPING: dict[str, str] = {{'torch': '{source}', 'torchgen': '/elsewhere'}}\n"
    (site / "__editable___torch_2_9_0a0_gitabc_finder.py").write_text(finder)
    torch = value(torch_.read(LocalHost(), interpreter(site), found))
    assert (torch.build, torch.location, torch.broken_files) == ("cu128", str(source), ())


def test_a_password_with_an_at_sign_is_taken_out_whole() -> None:
    assert environment.clean("https://me:p@ss@example.org/simple") == "https://example.org/simple"


# -- recordings ----------------------------------------------------------------------------------


def test_serial_numbers_stay_out_and_variables_of_the_list_come_back(
    root: Path, put: Put, tmp_path: Path
) -> None:
    put("/proc/cpuinfo", "Features : asimd\nSerial\t\t: 100000001234abcd\nModel : Board\n")
    recording = RecordingHost(Machine(root))
    recording.read("/proc/cpuinfo")
    recording.keep_environment({"CUDA_VISIBLE_DEVICES": "1"})
    recording.save(str(tmp_path / "rec"), str, lambda _, text: text)
    assert "1234abcd" not in (tmp_path / "rec" / "answers.json").read_text()
    assert RecordedHost(str(tmp_path / "rec")).env() == {"CUDA_VISIBLE_DEVICES": "1"}


def test_of_the_kernel_log_only_lines_about_gpus_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "print('usb 1-1: SerialNumber: SECRET1'); print('NVRM: Xid 79, fell off the bus')"
    monkeypatch.setattr(
        system_calls,
        "run_program",
        lambda _, limit: run_program((sys.executable, "-c", code), limit),
    )
    assert value_of(LocalHost().ask(KERNEL_LOG)) == KernelLog(
        lines=("NVRM: Xid 79, fell off the bus",)
    )


def test_a_gpu_is_one_gpu_by_address_whatever_the_case() -> None:
    told = Gpu(vendor="nvidia", index=0, source=SOURCE, pci_address="00000000:0A:00.0")
    bus = Gpu(vendor="nvidia", index=0, source=SOURCE, pci_address="0000:0a:00.0", pci_id="10de:1")
    (one,) = gpus.merge((told,), (bus,))
    assert one.pci_id == "10de:1"
