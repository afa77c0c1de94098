"""Random numbers repeat from a seed, differ between seeds, go on from a saved state, and are well spread.

What it proves: global and own generators, `fork_rng`, saved and restored states on the CPU and the device; the
uniform, normal, integer and permutation draws; dropout's rate and scale.

How: repeats are compared exactly. Spread: 20,000 draws from a fixed seed; mean and variance must lie within six
standard errors of the distribution's own (a right generator misses that once in 10^8 seeds, and the seed is fixed),
every one of 50 equal cells within six of its expected count.

A failure of a repeat means that runs here can't be reproduced; of the spread, that initial weights and dropout
are wrong.
"""

from __future__ import annotations

import math
from typing import Any

SUMMARY = "random numbers repeat from a seed, resume from a state, and are well spread"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch")
LEVEL = "standard"
TIMEOUT_S = 30.0

DRAWS = 20_000
SIGMAS = 6.0


def run(torch: Any, device: str) -> dict[str, Any]:
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        _repeats(torch, device)
        _resumes(torch, device)
        _own_generators(torch, device)
        found = _spread(torch, device)
        found["dropout_sigmas"] = _dropout(torch, device)
    _fork_leaves_no_trace(torch)
    return found


def _draws(torch: Any, device: str) -> list[Any]:
    """One draw of each kind; integers up to a large bound hold most bits of the stream."""
    return [
        torch.rand(37, device=device).tolist(),
        torch.randn(37, device=device).tolist(),
        torch.randint(0, 2**30, (37,), device=device).tolist(),
        torch.randperm(37, device=device).tolist(),
    ]


def _repeats(torch: Any, device: str) -> None:
    drawn = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed)
        drawn.append(_draws(torch, device))
    for kind, first, second, other in zip(("rand", "randn", "randint", "randperm"), *drawn):
        if first != second:
            raise AssertionError(f"{kind} of one seed gave {first[:3]} and {second[:3]}")
        if first == other or len(set(first)) < 30:
            raise AssertionError(
                f"{kind} of seeds 5 and 6: {first[:3]} and {other[:3]}, {len(set(first))} of 37 differ"
            )
    again = _draws(torch, device)
    if again == drawn[2]:
        raise AssertionError("the generator stood still: two draws in a row are the same")


def _resumes(torch: Any, device: str) -> None:
    """A state taken between two draws gives the second one again."""
    kind = device.split(":")[0]
    source = torch if kind == "cpu" else getattr(torch, kind)
    place = () if kind in ("cpu", "mps") else (device,)
    _draws(torch, device)
    state = source.get_rng_state(*place)
    first = _draws(torch, device)
    source.set_rng_state(state, *place)
    second = _draws(torch, device)
    if first != second:
        raise AssertionError(
            f"after its state was restored the generator gave {second[0][:3]}, due {first[0][:3]}"
        )


def _own_generators(torch: Any, device: str) -> None:
    """Two generators don't disturb each other, nor the global one."""
    one, other = (torch.Generator(device=device).manual_seed(seed) for seed in (1, 2))
    alone = [torch.rand(5, generator=one, device=device).tolist() for _ in range(2)]
    one.manual_seed(1)
    torch.manual_seed(9)
    before = torch.rand(5, device=device).tolist()
    torch.manual_seed(9)
    mixed = [torch.rand(5, generator=one, device=device).tolist()]
    torch.rand(5, generator=other, device=device)
    mixed.append(torch.rand(5, generator=one, device=device).tolist())
    after = torch.rand(5, device=device).tolist()
    if mixed != alone or before != after:
        raise AssertionError(
            f"one generator disturbed another: {mixed} for {alone}, {after} for {before}"
        )


def _spread(torch: Any, device: str) -> dict[str, Any]:
    torch.manual_seed(7)
    uniform = torch.rand(DRAWS, device=device).cpu().double()
    normal = torch.randn(DRAWS, device=device).cpu().double()
    low, high = float(uniform.min()), float(uniform.max())
    if not (low >= 0 and high < 1):
        raise AssertionError(f"rand left [0, 1): {low} to {high}")
    root = math.sqrt(DRAWS)
    counts = torch.histc(uniform, bins=50, min=0, max=1)
    expected = DRAWS / 50
    pairs = float((normal[:-1] * normal[1:]).mean())
    sigmas = {
        "uniform_mean": (float(uniform.mean()) - 0.5) * root / math.sqrt(1 / 12),
        "uniform_variance": (float(uniform.var()) - 1 / 12) * root / math.sqrt(1 / 180),
        "uniform_cells": float((counts - expected).abs().max()) / math.sqrt(expected * 0.98),
        "normal_mean": float(normal.mean()) * root,
        "normal_variance": (float(normal.var()) - 1) * root / math.sqrt(2),
        "normal_neighbours": pairs * root,
        "normal_tails": (float((normal.abs() > 2).double().mean()) - 0.0455003) * root / 0.2084,
    }
    return {name: _within_sigmas(name, abs(value)) for name, value in sigmas.items()}


def _within_sigmas(name: str, sigmas: float) -> dict[str, Any]:
    if not sigmas <= SIGMAS:
        raise AssertionError(f"{name} is {sigmas:.1f} standard errors off, allowed {SIGMAS:.0f}")
    return {"value": sigmas, "limit": SIGMAS, "unit": "standard errors"}


def _dropout(torch: Any, device: str) -> dict[str, Any]:
    """A quarter is dropped, what stays is scaled by 4/3; in evaluation nothing changes."""
    torch.manual_seed(8)
    ones = torch.ones(DRAWS, device=device)
    kept = torch.nn.functional.dropout(ones, 0.25, training=True).cpu()
    values = sorted(set(kept.tolist()))
    if len(values) != 2 or values[0] != 0 or abs(values[1] - 4 / 3) > 1e-6:
        raise AssertionError(f"dropout of ones at 0.25 gave the values {values[:4]}, due 0 and 4/3")
    if not torch.equal(torch.nn.functional.dropout(ones, 0.25, training=False), ones):
        raise AssertionError("dropout changed its input in evaluation")
    dropped = float((kept == 0).double().mean())
    return _within_sigmas("dropout rate", abs(dropped - 0.25) * math.sqrt(DRAWS / (0.25 * 0.75)))


def _fork_leaves_no_trace(torch: Any) -> None:
    before = torch.get_rng_state()
    with torch.random.fork_rng(devices=[]):
        torch.rand(3)
        torch.manual_seed(77)
    if not torch.equal(before, torch.get_rng_state()):
        raise AssertionError("fork_rng left the global generator changed")
