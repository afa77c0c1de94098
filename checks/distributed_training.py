"""Two processes agree: sums, gathers and broadcasts are exact, and shared training equals training alone.

What it proves: `torch.distributed` with gloo over the loopback interface on this machine: start, rendezvous through a
file, all_reduce, all_gather, broadcast, and DistributedDataParallel's gradient averaging.

How: two processes are started afresh. Whole numbers are reduced, exactly. Each trains on its half of eight samples for
four steps; the weights must equal those of one process with all eight, 256 x eps of float32.

A failure usually means that the host name doesn't resolve or a firewall closes the loopback: try GLOO_SOCKET_IFNAME=lo.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import unittest
from typing import Any

ID = "distributed"
SUMMARY = "two processes reduce exactly and train as one would"
DEVICES = "cpu"
REQUIRES = ("import", "autograd")
LEVEL = "deep"
TIMEOUT_S = 240.0

LIMIT = 256 * 2.0**-23
LIMIT_S = 200
RATE = 0.05
SCRIPT = """
import json, sys, torch
import torch.distributed as dist
rank, store, steps, rate = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + store, rank=rank, world_size=2)
told = {}
value = torch.arange(5.0) * (rank + 1)
dist.all_reduce(value)
told["sum"] = value.tolist()
parts = [torch.zeros(2) for _ in range(2)]
dist.all_gather(parts, torch.tensor([rank, rank + 10.0]))
told["gathered"] = torch.cat(parts).tolist()
word = torch.tensor([7.0 + rank])
dist.broadcast(word, 1)
told["broadcast"] = word.tolist()
data = json.loads(sys.argv[5])
layer = torch.nn.Linear(3, 1, bias=False)
with torch.no_grad():
    layer.weight.copy_(torch.tensor(data["weight"]))
model = torch.nn.parallel.DistributedDataParallel(layer)
x, y = torch.tensor(data["x"])[rank::2], torch.tensor(data["y"])[rank::2]
optimizer = torch.optim.SGD(model.parameters(), lr=rate)
for _ in range(steps):
    optimizer.zero_grad()
    (model(x)[:, 0] - y).pow(2).mean().backward()
    optimizer.step()
told["weight"] = layer.weight.tolist()
dist.destroy_process_group()
sys.stdout.write("ANSWER " + json.dumps(told))
"""


def run(torch: Any, device: str) -> dict[str, Any]:
    if not (torch.distributed.is_available() and torch.distributed.is_gloo_available()):
        raise unittest.SkipTest("this build has no torch.distributed with gloo")
    generator = torch.Generator().manual_seed(8)
    x, y, weight = (torch.randn(*shape, generator=generator) for shape in ((8, 3), (8,), (1, 3)))
    data = {"x": x.tolist(), "y": y.tolist(), "weight": weight.tolist()}
    answers = _two_processes(data)
    alone = _alone(torch, x.double(), y.double(), weight.double())
    for rank, told in enumerate(answers):
        _exact(rank, "sum", told, [3.0 * i for i in range(5)])
        _exact(rank, "gathered", told, [0.0, 10.0, 1.0, 11.0])
        _exact(rank, "broadcast", told, [8.0])
    errors = [
        float((torch.tensor(told["weight"]).double() - alone).abs().max()) for told in answers
    ]
    for rank, error in enumerate(errors):
        if not error <= LIMIT:
            raise AssertionError(
                f"rank {rank} trained {error:.3g} away from one process, allowed {LIMIT:.3g}"
            )
    return {"training_error": {"value": max(errors), "limit": LIMIT, "unit": "absolute"}}


def _exact(rank: int, what: str, told: dict[str, Any], due: list[float]) -> None:
    if told.get(what) != due:
        raise AssertionError(f"rank {rank}: {what} is {told.get(what)}, due {due}")


def _alone(torch: Any, x: Any, y: Any, weight: Any) -> Any:
    """Four steps on all eight samples, the gradient written out."""
    for _ in range(4):
        weight = weight - RATE * 2 * ((x @ weight.T)[:, 0] - y) @ x / len(y)
    return weight


def _two_processes(data: dict[str, Any]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        rest = [os.path.join(folder, "store"), "4", str(RATE), json.dumps(data)]
        children = [
            subprocess.Popen(
                [sys.executable, "-c", SCRIPT, str(rank), *rest],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for rank in range(2)
        ]
        try:
            return [_answer(rank, child) for rank, child in enumerate(children)]
        finally:
            for child in children:
                child.kill()
                child.wait()


def _answer(rank: int, child: Any) -> dict[str, Any]:
    try:
        told = child.communicate(timeout=LIMIT_S)[0].decode("utf-8", "replace")
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"rank {rank} gave no answer within {LIMIT_S} s") from error
    _, mark, answer = told.rpartition("ANSWER ")
    if not mark:
        raise AssertionError(f"rank {rank} ended with {child.returncode}: {told[-800:]}")
    found = json.JSONDecoder().raw_decode(answer)[0]
    return dict(found)
