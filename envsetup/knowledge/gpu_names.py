"""What a GPU's name tells of its architecture: as drivers, shops, hypervisors and people write it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from envsetup.knowledge.records import Chip, GpuRow
from envsetup.model import Record

NOISE = re.compile(
    r"\b(?:nvidia|geforce|tesla|grid|amd|radeon|instinct|intel|corporation|graphics|gpu|laptop|mobile|"
    r"max-q|with|design|generation|edition|series|igpu|pcie|nvl|sxm\d?|hbm\d?e?|\d{1,3} ?gb|r|tm)\b"
)
"""Makers, forms and sizes: what a name has in addition to its model."""
JOINED = re.compile(r"\b(rtx|gtx|gt|rx|arc|quadro)(?=[abp]?\d{3})")
TAIL = re.compile(r"(?<=\d)(ti|super|xtx|xt|gre)(super)?\b")
VGPU = re.compile(r"^(.+?)-(?:\d{1,2}-)?\d{1,3}[qcab](?:4| me)?$")
"""A vGPU profile: board, slices where it lies on MIG, gigabytes, series.

Source: NVIDIA vGPU software documentation, "Virtual GPU types" (GRID V100D-8Q, NVIDIA H100XM-80C)."""
BOARD = re.compile(r"^((?:rtx [a-z]?|[a-z]{1,2})\d{1,4})(?:dx|xm|xl|xs|[cdlmpsx])$")
"""Boards of one GPU differ in a last letter or two: V100D, H100XM, RTX8000P."""
GENERATIONS = (
    "kepler", "maxwell", "pascal", "volta", "turing", "ampere", "ada", "hopper", "blackwell", "rubin",
)  # fmt: skip


class NamedGpu(Record):
    """One model by its usual name, with what decides which builds serve it."""

    name: str
    vendor: str
    compute_capability: str | None = None
    gfx: str | None = None
    pci_id: str | None = None
    integrated: bool = False

    @property
    def runs(self) -> tuple[str, str | bool | None]:
        """What two models share for which the same builds have kernels."""
        return self.vendor, self.compute_capability or self.gfx or bool(self.pci_id)


def bare(name: str) -> str:
    """The model alone, in lower case: `NVIDIA GeForce RTX 4070Ti Laptop GPU` as `rtx 4070 ti`."""
    text = re.sub(r"\(r\)|\(tm\)|[®™]", " ", name.lower())
    text = NOISE.sub(" ", re.sub(r"\([^()]{0,80}\)", " ", text))
    text = TAIL.sub(r" \1 \2", JOINED.sub(r"\1 ", re.sub(r"[-_,/]", " ", text)))
    return " ".join(text.split())


def board_of(name: str) -> str:
    """The name of the board behind a vGPU profile; any other name as it is."""
    found = VGPU.match(name.strip().lower())
    return found[1] if found else name


def alternatives(name: str) -> Iterator[str]:
    """Each model of a row that names several: `Radeon RX 7900 XTX/XT/GRE`, `Quadro RTX 6000/8000`."""
    text = re.sub(r"\(([^()]*)\)", r"/\1", name)
    first, *others = (part.strip() for part in re.split(r"[/,]", text))
    yield first
    words = first.split()
    numbers = [n for n, word in enumerate(words) if word[:1].isdigit()]
    for other in others:
        if other[:1].isdigit() and numbers:
            yield " ".join([*words[: numbers[-1]], other])
        elif other.isupper() and len(other) <= 4 and len(words) > 1:
            kept = words if numbers and numbers[-1] == len(words) - 1 else words[:-1]
            yield " ".join([*kept, other])
        elif other:
            yield other


class GpuNames:
    """All models that the knowledge names: NVIDIA's list, ROCm's, and the PCI ID database."""

    def __init__(
        self,
        rows: Iterable[GpuRow],
        gfx: Mapping[str, Iterable[str]],
        integrated: Iterable[str],
        chips: Callable[[], Mapping[str, Chip]],
    ) -> None:
        self._rows = tuple(rows)
        self._gfx = gfx
        self._integrated = frozenset(integrated)
        self._chips = chips

    @cached_property
    def _listed(self) -> tuple[tuple[str, GpuRow], ...]:
        return tuple(
            (bare(one), row)
            for row in self._rows
            for pattern in row.patterns
            for one in {pattern, *alternatives(pattern)}
            if re.search(r"\d|jetson|\bthor\b|\borin\b|\bxavier\b|\brubin\b|titan", bare(one))
        )

    @cached_property
    def models(self) -> dict[str, tuple[NamedGpu, ...]]:
        """By the bare name: every model that is called so, of whichever vendor."""
        found: dict[str, dict[tuple[object, ...], NamedGpu]] = {}
        for one in (*self._nvidia(), *self._amd(), *self._on_bus()):
            key = bare(one.name)
            if key:
                found.setdefault(key, {}).setdefault(one.runs, one)
        return {key: tuple(models.values()) for key, models in found.items()}

    def _nvidia(self) -> Iterator[NamedGpu]:
        for row in self._rows:
            for pattern in row.patterns:
                name = pattern.partition(" (")[0] if "X (Pascal)" not in pattern else pattern
                yield NamedGpu(name=name, vendor="nvidia", compute_capability=row.cc)

    def _amd(self) -> Iterator[NamedGpu]:
        for gfx, names in self._gfx.items():
            for name in names:
                for one in alternatives(name):
                    yield NamedGpu(
                        name=one, vendor="amd", gfx=gfx, integrated=gfx in self._integrated
                    )

    def _on_bus(self) -> Iterator[NamedGpu]:
        for pci_id, chip in self._chips().items():
            marketed = chip.name.partition("[")[2].rpartition("]")[0]
            for name in alternatives(marketed) if marketed else ():
                yield NamedGpu(
                    name=name,
                    vendor={"10de": "nvidia", "1002": "amd"}.get(pci_id[:4], "intel"),
                    compute_capability=chip.compute_capability,
                    gfx=chip.gfx,
                    pci_id=pci_id,
                    integrated=chip.integrated,
                )

    def compute_capability(self, name: str) -> str | None:
        """Of an NVIDIA GPU by the name that a driver gives it; None where no row knows it for sure."""
        board = bare(board_of(name))
        texts = [board]
        if VGPU.match(name.strip().lower()):
            texts += [cut[1]] if (cut := BOARD.match(board)) else []
            texts += [f"quadro {text}" for text in texts]
        return next((cc for text in texts if (cc := self._exact(text) or self._within(text))), None)

    def _exact(self, text: str) -> str | None:
        listed = {row.cc for key, row in self._listed if key == text}
        if not listed and text:
            models = self.models.get(text, ())
            listed = {m.compute_capability for m in models if m.compute_capability}
        return listed.pop() if len(listed) == 1 else None

    def _within(self, text: str) -> str | None:
        """The longest listed name that stands in the text, of the generation that the text names."""
        told = [word for word in GENERATIONS if re.search(rf"\b{word}\b", text)]
        fitting = [
            (len(key), row.cc)
            for key, row in self._listed
            if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text)
            and all(word in row.arch.lower() for word in told)
        ]
        return max(fitting, default=(0, None))[1]

    def gfx(self, name: str) -> str | None:
        """Of an AMD GPU by its name; None where no row knows it for sure."""
        found = {m.gfx for m in self.models.get(bare(name), ()) if m.gfx}
        return found.pop() if len(found) == 1 else None

    def intel_device(self, name: str) -> str | None:
        """The PCI id of an Intel GPU that XPU builds serve, by its name."""
        found = [m for m in self.models.get(bare(name), ()) if m.vendor == "intel"]
        return found[0].pci_id if found else None

    def find(self, text: str) -> tuple[NamedGpu, ...]:
        """The models that a person may mean, one for each kind of kernels that they need.

        The whole name decides; a part of it stands for all models that have the part.
        """
        key = bare(text)
        if not key:
            return ()
        profile = self.compute_capability(text) if VGPU.match(text.strip().lower()) else None
        if profile:
            return (NamedGpu(name=text, vendor="nvidia", compute_capability=profile),)
        exact = self.models.get(key, ())
        listed = tuple(one for one in exact if one.vendor == "nvidia" and one.pci_id is None)
        if exact:
            return listed or exact
        words = set(key.split())
        found: dict[tuple[str, str | bool | None], NamedGpu] = {}
        for name, models in self.models.items():
            for one in models if words <= set(name.split()) else ():
                found.setdefault(one.runs, one)
        return tuple(found.values())

    def similar(self, text: str) -> tuple[str, ...]:
        """Names that are written much like it, nearest first."""
        near = difflib.get_close_matches(bare(text), list(self.models), 3, 0.6)
        return tuple(self.models[key][0].name for key in near)
