"""A DataLoader gives every sample once, in the order asked for, unchanged, in this process and from two workers.

What it proves: batching, sequential and shuffled order, `drop_last`, samplers, a custom `collate_fn`; two worker
processes (their start, shared memory, ordering, clean end), an iterable data set split between them, and an error
in a worker reaching the loop as an exception. On CUDA: batches in pinned memory.

How: samples are numbered and hold their square, so every batch has one right content. Comparisons are exact.
Workers are forked and only used on Linux and only once, for the CPU: starting them elsewhere costs a second
`import torch` each.

A failure with workers only points to a small /dev/shm (containers: --shm-size), a limit on processes or open
files, or a security module; without workers the installation itself is wrong.
"""

from __future__ import annotations

import sys
from typing import Any

SUMMARY = "a DataLoader keeps order and content, with 0 and 2 workers"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 60.0

SAMPLES = 23
WAIT_S = 30
"""How long a batch from a worker may take before torch gives up on it."""


class Squares:
    """A map-style data set: sample i is (i, i squared three times)."""

    def __init__(self, torch: Any, broken: int = -1) -> None:
        self.torch = torch
        self.broken = broken

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, index: int) -> Any:
        if index == self.broken:
            raise ValueError(f"sample {index} is broken on purpose")
        return index, self.torch.full((3,), float(index * index))


def run(torch: Any, device: str) -> dict[str, Any]:
    loader = torch.utils.data.DataLoader
    data = Squares(torch)
    found: dict[str, Any] = {"in_process": _orders(torch, loader, data, {})}
    _collated(torch, loader, data)
    if device == "cpu" and sys.platform == "linux":
        options = {"num_workers": 2, "multiprocessing_context": "fork", "timeout": WAIT_S}
        try:
            found["two_workers"] = _two_workers(torch, loader, data, options)
        except OSError as error:
            told = f"{type(error).__name__}: {error}"
            raise AssertionError(
                f"two workers can't run: {told[:300]}; /dev/shm must be there, writable and large "
                "enough (containers: --shm-size), and processes and open files within their limits"
            ) from error
    if device.startswith("cuda"):
        found["pinned"] = _pinned(torch, loader, data, device)
    return found


def _two_workers(torch: Any, loader: Any, data: Any, options: dict[str, Any]) -> str:
    _read("two workers", loader(data, batch_size=4, **options), list(range(SAMPLES)), 4)
    _split(torch, loader, options)
    batches = iter(loader(Squares(torch, broken=9), batch_size=4, **options))
    told = _error_of(batches)
    if "broken on purpose" not in told:
        raise AssertionError(f"the error of a worker arrived as: {told}")
    return "order, content, split and errors are right"


def _error_of(batches: Any) -> str:
    """The message of the ValueError that the loop ends with; the rest is read so that the workers can end."""
    told = "nothing: it was lost"
    for _ in range(SAMPLES):
        try:
            next(batches)
        except ValueError as error:
            told = str(error)
        except StopIteration:
            break
    return told


def _orders(torch: Any, loader: Any, data: Any, options: dict[str, Any]) -> str:
    """In order, by a sampler, shuffled twice from one seed, and without the rest."""
    in_order = list(range(SAMPLES))
    _read("in order", loader(data, batch_size=4, **options), in_order, 4)
    _read(
        "by a sampler",
        loader(data, batch_size=5, sampler=in_order[::-2], **options),
        in_order[::-2],
        5,
    )
    _read(
        "without the rest", loader(data, batch_size=4, drop_last=True, **options), in_order[:20], 4
    )
    shuffled = [
        [
            int(index)
            for index, _ in loader(
                data,
                batch_size=None,
                shuffle=True,
                generator=torch.Generator().manual_seed(3),
                **options,
            )
        ]
        for _ in range(2)
    ]
    if shuffled[0] != shuffled[1] or sorted(shuffled[0]) != in_order or shuffled[0] == in_order:
        raise AssertionError(f"shuffled orders of one seed: {shuffled[0]} and {shuffled[1]}")
    return "order and content are right"


def _read(what: str, batches: Any, order: list[int], size: int) -> None:
    """Every batch must hold the next numbers of `order` and their squares."""
    place = 0
    for numbers, squares in batches:
        due = order[place : place + size]
        want = [[float(i * i)] * 3 for i in due]
        if numbers.tolist() != due or squares.tolist() != want:
            raise AssertionError(
                f"{what}: batch at {place} holds {numbers.tolist()}, due {due} and their squares"
            )
        place += len(due)
    if place != len(order):
        raise AssertionError(f"{what}: {place} samples came, due {len(order)}")


def _collated(torch: Any, loader: Any, data: Any) -> None:
    sums = [
        float(v)
        for v in loader(data, batch_size=6, collate_fn=lambda batch: sum(i for i, _ in batch))
    ]
    due = [float(sum(range(i, min(i + 6, SAMPLES)))) for i in range(0, SAMPLES, 6)]
    if sums != due:
        raise AssertionError(f"a collate_fn that adds gave {sums}, due {due}")


def _split(torch: Any, loader: Any, options: dict[str, Any]) -> None:
    """Each of two workers yields the numbers of its own parity; together every number comes once."""

    class Numbers(torch.utils.data.IterableDataset):  # type: ignore[misc]
        def __iter__(self) -> Any:
            worker = torch.utils.data.get_worker_info()
            return iter(range(worker.id, SAMPLES, worker.num_workers))

    seen = [int(number) for number in loader(Numbers(), batch_size=None, **options)]
    if sorted(seen) != list(range(SAMPLES)):
        raise AssertionError(f"an iterable data set split between two workers gave {sorted(seen)}")


def _pinned(torch: Any, loader: Any, data: Any, device: str) -> str:
    batches = list(loader(data, batch_size=4, pin_memory=True))
    if not all(squares.is_pinned() for _, squares in batches):
        raise AssertionError("pin_memory=True gave a batch that isn't pinned")
    moved = [
        (numbers.to(device), squares.to(device, non_blocking=True)) for numbers, squares in batches
    ]
    _read("pinned", moved, list(range(SAMPLES)), 4)
    return "batches are pinned and arrive unchanged"
