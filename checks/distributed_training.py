"""Several processes agree: sums, gathers and broadcasts are exact, and shared training equals training alone.

What it proves: `torch.distributed` on this machine, with gloo between two processes on the CPU, and with NCCL (RCCL on
ROCm) between all GPUs where there are two or more: start, rendezvous through a file, all_reduce, all_gather, broadcast,
and DistributedDataParallel's gradient averaging.

How: the processes are started afresh, one a GPU or two on the CPU. Whole numbers are reduced, exactly. Each trains on
its own four samples for four steps; the weights must equal those of one process with all of them, 256 x eps of float32.
The GPUs are looked at together, from the first; a device that takes one process at a time can't be looked at.

A failure on the CPU usually means that the host name doesn't resolve or a firewall closes the loopback: try
GLOO_SOCKET_IFNAME=lo. On GPUs, no answer in time means traffic between them that is lost: NCCL_P2P_DISABLE=1 avoids the
direct way, NCCL_DEBUG=INFO tells which was taken.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any

ID = "distributed"
SUMMARY = "several processes reduce exactly and train as one would"
DEVICES = "any"
REQUIRES = ("import", "kernel-launch", "autograd")
LEVEL = "deep"
TIMEOUT_S = 240.0

LIMIT = 256 * 2.0**-23
LIMIT_S = 200
STEPS = 4
SAMPLES = 4
"""Of each process."""
RATE = 0.05
SCRIPT = """
import json, sys, torch
import torch.distributed as dist
job = json.loads(sys.argv[1])
rank, world, kind = job["rank"], job["world"], job["kind"]
torch.set_num_threads(1)
place = torch.device(kind) if kind == "cpu" else torch.device(kind, rank)
if kind != "cpu":
    torch.cuda.set_device(rank)
backend = "gloo" if kind == "cpu" else "nccl"
store = dist.FileStore(job["store"], world)
dist.init_process_group(backend, store=store, rank=rank, world_size=world)
told = {}
value = torch.arange(5.0, device=place) * (rank + 1)
dist.all_reduce(value)
told["sum"] = value.tolist()
parts = [torch.zeros(2, device=place) for _ in range(world)]
dist.all_gather(parts, torch.tensor([rank, rank + 10.0], device=place))
told["gathered"] = torch.cat(parts).tolist()
word = torch.tensor([7.0 + rank], device=place)
dist.broadcast(word, 1)
told["broadcast"] = word.tolist()
layer = torch.nn.Linear(3, 1, bias=False)
with torch.no_grad():
    layer.weight.copy_(torch.tensor(job["weight"]))
model = torch.nn.parallel.DistributedDataParallel(layer.to(place))
x, y = (torch.tensor(job[name])[rank::world].to(place) for name in ("x", "y"))
optimizer = torch.optim.SGD(model.parameters(), lr=job["rate"])
for _ in range(job["steps"]):
    optimizer.zero_grad()
    (model(x)[:, 0] - y).pow(2).mean().backward()
    optimizer.step()
told["weight"] = layer.weight.tolist()
dist.destroy_process_group()
sys.stdout.write("ANSWER " + json.dumps(told))
"""


def run(torch: Any, device: str) -> dict[str, Any]:
    world = _processes(torch, device)
    generator = torch.Generator().manual_seed(8)
    count = SAMPLES * world
    x, y, weight = (
        torch.randn(*shape, generator=generator) for shape in ((count, 3), (count,), (1, 3))
    )
    job = {"kind": device.split(":")[0], "world": world, "steps": STEPS, "rate": RATE}
    job.update(x=x.tolist(), y=y.tolist(), weight=weight.tolist())
    answers = _answers(job)
    alone = _alone(torch, x.double(), y.double(), weight.double())
    for rank, told in enumerate(answers):
        _exact(rank, "sum", told, [i * world * (world + 1) / 2 for i in range(5)])
        _exact(rank, "gathered", told, [n for r in range(world) for n in (r, r + 10.0)])
        _exact(rank, "broadcast", told, [8.0])
    errors = [
        float((torch.tensor(told["weight"]).double() - alone).abs().max()) for told in answers
    ]
    for rank, error in enumerate(errors):
        if not error <= LIMIT:
            raise AssertionError(
                f"rank {rank} trained {error:.3g} away from one process, allowed {LIMIT:.3g}"
            )
    return {
        "processes": world,
        "training_error": {"value": max(errors), "limit": LIMIT, "unit": "absolute"},
    }


def _processes(torch: Any, device: str) -> int:
    """How many there are to be; SkipTest where this device has nobody to talk to."""
    distributed = torch.distributed
    if not distributed.is_available():
        raise unittest.SkipTest("this build has no torch.distributed")
    if device == "cpu":
        if not distributed.is_gloo_available():
            raise unittest.SkipTest("this build has no gloo")
        return 2
    if not device.startswith("cuda"):
        raise unittest.SkipTest("looked at on CPUs and on CUDA and ROCm devices only")
    count = int(torch.cuda.device_count())
    if count < 2:
        raise unittest.SkipTest("there is one GPU only")
    if device != "cuda:0":
        raise unittest.SkipTest("all GPUs are looked at together, on cuda:0")
    if not distributed.is_nccl_available():
        raise unittest.SkipTest("this build has no NCCL")
    return count


def _exact(rank: int, what: str, told: dict[str, Any], due: list[float]) -> None:
    if told.get(what) != due:
        raise AssertionError(f"rank {rank}: {what} is {told.get(what)}, due {due}")


def _alone(torch: Any, x: Any, y: Any, weight: Any) -> Any:
    """The same steps on all samples, the gradient written out."""
    for _ in range(STEPS):
        weight = weight - RATE * 2 * ((x @ weight.T)[:, 0] - y) @ x / len(y)
    return weight


def _answers(job: dict[str, Any]) -> list[dict[str, Any]]:
    """What each process found; files, since a pipe that nobody reads would hold up who writes much."""
    with tempfile.TemporaryDirectory() as folder:
        job = dict(job, store=os.path.join(folder, "store"))
        logs = [os.path.join(folder, f"rank-{rank}") for rank in range(job["world"])]
        children = [_started(dict(job, rank=rank), log) for rank, log in enumerate(logs)]
        try:
            _wait(children)
            # One that failed leaves the others waiting for it: it is the one to name.
            ranks = sorted(range(len(children)), key=lambda rank: not children[rank].returncode)
            found = {rank: _answer(rank, children[rank], logs[rank]) for rank in ranks}
        finally:
            for child in children:
                child.kill()
                child.wait()
    return [found[rank] for rank in sorted(found)]


def _started(job: dict[str, Any], log: str) -> Any:
    with open(log, "wb") as file:
        return subprocess.Popen(
            [sys.executable, "-c", SCRIPT, json.dumps(job)],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            # `python -c` looks for modules in its current folder first: not in the user's
            cwd=os.path.dirname(log),
        )


def _wait(children: list[Any]) -> None:
    """Until all have ended, one has failed, or the time is up."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        codes = [child.poll() for child in children]
        if None not in codes or any(codes):
            return
        time.sleep(0.02)


def _answer(rank: int, child: Any, log: str) -> dict[str, Any]:
    with open(log, encoding="utf-8", errors="replace") as file:
        told = file.read()
    _, mark, answer = told.rpartition("ANSWER ")
    if mark:
        return dict(json.JSONDecoder().raw_decode(answer)[0])
    if "busy or unavailable" in told:
        raise unittest.SkipTest("the GPU takes one process at a time (compute mode)")
    if child.returncode is None:
        raise AssertionError(f"rank {rank} gave no answer within {LIMIT_S} s: {told[-800:]}")
    raise AssertionError(f"rank {rank} ended with {child.returncode}: {told[-800:]}")
