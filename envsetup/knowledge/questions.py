"""The questions that can be put to the knowledge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from envsetup.knowledge.arch import capability, covers, cuda_of
from envsetup.knowledge.conda import conda_releases
from envsetup.knowledge.gpu_names import GpuNames
from envsetup.knowledge.records import (
    ArchRow,
    ArchRows,
    Branch,
    Build,
    Chip,
    CondaForge,
    DriverFloor,
    Drivers,
    GpuRows,
    Release,
    Releases,
    Rocm,
    RocmBuild,
    version_key,
)
from envsetup.model import KnowledgeStamp


class Knowledge:
    """All rows, read once; every question is a method. Versions are torch's without the build."""

    def __init__(
        self,
        *,
        releases: Releases,
        archs: ArchRows,
        drivers: Drivers,
        gpus: GpuRows,
        rocm: Rocm,
        chips: Callable[[], Mapping[str, Chip]],
        sha256: str,
        conda: Callable[[], CondaForge],
        mirror: str | None = None,
        upstream: Releases | None = None,
        trouble: str = "",
    ) -> None:
        """`upstream`: the releases without what the mirror alone lists; `trouble`: what could not be used."""
        self.sources = releases.sources
        self.as_of = releases.as_of
        self.sha256 = sha256
        self.mirror = mirror
        self.trouble = trouble
        self._upstream = {r.version: r for r in upstream.releases} if upstream is not None else None
        self.releases = releases.releases
        self.drivers = drivers
        self.gpus = gpus.rows
        self.rocm = rocm
        self._archs = archs.rows
        self._chips = chips
        self._conda = conda

    def stamp(self) -> KnowledgeStamp:
        return KnowledgeStamp(as_of=self.as_of, sha256=self.sha256, mirror=self.mirror)

    def is_from_mirror_alone(self, version: str, build: str, platform: str) -> bool:
        """Whether only the mirror lists this build: upstream has never named it."""
        if self._upstream is None:
            return False
        release = self._upstream.get(version.split("+")[0])
        row = release.platforms.get(platform) if release is not None else None
        return row is None or build not in row.builds

    @cached_property
    def conda_forge(self) -> Knowledge:
        """The same questions, answered of conda-forge's packages instead of wheels."""
        rows = self._conda()
        releases = Releases(
            as_of=rows.as_of,
            sources=rows.sources,
            releases=(rows.release, *conda_releases(rows, self.releases)),
        )
        return Knowledge(
            releases=releases,
            archs=ArchRows(as_of=rows.as_of, rows=rows.rows),
            drivers=self.drivers,
            gpus=GpuRows(as_of=rows.as_of, rows=self.gpus),
            rocm=self.rocm,
            chips=self._chips,
            sha256=self.sha256,
            conda=self._conda,
        )

    @cached_property
    def _by_version(self) -> dict[str, Release]:
        return {r.version: r for r in self.releases}

    @cached_property
    def _age(self) -> dict[str, int]:
        """Position of each release, the newest first."""
        return {r.version: i for i, r in enumerate(self.releases)}

    def release(self, version: str) -> Release | None:
        return self._by_version.get(version.split("+")[0])

    def build(self, torch_version: str, build: str, platform: str) -> Build | None:
        """The row of one build with its architecture list, where it is known."""
        release = self.release(torch_version)
        row = release.platforms.get(platform) if release else None
        found = row.builds.get(build) if row else None
        if found is None or cuda_of(build) is None:
            return found
        arch = self.arch_row(torch_version, build, platform)
        if arch is None:
            return found
        return Build(
            status=found.status,
            libc=found.libc,
            arch_list=arch.sm,
            ptx=arch.ptx,
            arch_status=arch.status,
            source=arch.source if isinstance(arch.source, str) else arch.basis,
        )

    def arch_row(self, torch_version: str, build: str, platform: str) -> ArchRow | None:
        age = self._age.get(torch_version.split("+")[0])
        if age is None:
            return None
        for row in self._archs:
            if (row.build, row.platform) != (build, platform) or torch_version in row.not_in:
                continue
            last = 0 if row.last is None else self._age.get(row.last)
            first = self._age.get(row.first)
            if last is not None and first is not None and last <= age <= first:
                return row
        return None

    def driver_floor(self, cuda: str, os: str) -> DriverFloor | None:
        """The oldest driver that runs CUDA `13.2` by minor-version compatibility; os: linux, windows."""
        major = cuda.split(".")[0]
        row = next((f for f in self.drivers.families if f.cuda == major), None)
        if row is None:
            return None
        version = row.windows if os == "windows" else row.linux
        return DriverFloor(version=version, source=self.drivers.minor_version_source[0])

    def driver_cuda(self, driver: str, os: str) -> str | None:
        """The newest CUDA `12.4` that a driver serves by itself; None where it is older than the table.

        Windows rows end with CUDA 12.9; from branch 580 on the branch number decides on both systems.
        """
        key = version_key(driver)
        for row in self.drivers.toolkits:
            floor = row.windows if os == "windows" else row.linux
            if floor is None and os == "windows" and row.linux:
                floor = row.linux.split(".")[0]
            if floor is not None and version_key(floor) <= key:
                return row.cuda
        return None

    def last_branch(self, compute_capability: str) -> Branch | None:
        """The last driver branch that still serves the GPU; None where its support goes on."""
        wanted = capability(compute_capability)
        ending = [b for b in self.drivers.branches if b.last_for_capability]
        fitting = [b for b in ending if wanted <= capability(b.last_for_capability or "0.0")]
        return min(fitting, key=lambda b: int(b.branch), default=None)

    def first_driver(self, compute_capability: str, os: str) -> str | None:
        """The first driver that knows GPUs of this major compute capability, where one is on record."""
        major = compute_capability.split(".")[0]
        for row in self.drivers.first_driver:
            if row.capability.split(".")[0] == major:
                return row.windows if os == "windows" else row.linux
        return None

    @cached_property
    def gpu_names(self) -> GpuNames:
        """What names of GPUs tell."""
        return GpuNames(self.gpus, self.rocm.names, self.rocm.integrated, self._chips)

    def compute_capability(self, name: str) -> str | None:
        """By the name that a driver gives an NVIDIA GPU; None where no row knows it for sure."""
        return self.gpu_names.compute_capability(name)

    def chip(self, pci_id: str) -> Chip | None:
        """By `vendor:device` in hexadecimal, such as 10de:2684."""
        return self._chips().get(pci_id.lower())

    def is_xpu(self, pci_id: str | None) -> bool:
        """Whether PyTorch's XPU builds compute on this Intel device: not every display does."""
        chip = self.chip(pci_id or "")
        return chip is not None and chip.xpu

    def companion(self, torch_version: str, package: str) -> str | None:
        """The release of torchvision or torchaudio that was made for a torch release."""
        release = self.release(torch_version)
        if release is None:
            return None
        return release.torchvision if package == "torchvision" else release.torchaudio

    def companion_pairs(self, package: str) -> dict[str, str]:
        """torch version to companion version, newest first."""
        pairs = ((r.version, self.companion(r.version, package)) for r in self.releases)
        return {torch: companion for torch, companion in pairs if companion}

    def rocm_build(self, build: str) -> RocmBuild | None:
        wanted = build.removeprefix("rocm")
        return next((b for b in self.rocm.builds if b.rocm == wanted), None)

    def gfx_builds(self, gfx: str) -> tuple[str, ...]:
        """The ROCm builds whose kernels serve a gfx, newest first."""
        return tuple(
            f"rocm{b.rocm}" for b in self.rocm.builds if gfx in b.gfx and gfx not in b.unusable
        )

    def covers(self, compute_capability: str, build: Build, name: str) -> bool:
        """Whether a CUDA build holds kernels for a GPU; PTX is not counted."""
        return covers(compute_capability, build.arch_list or (), (), name)
