"""Ten minutes on a real GPU: what is due on sound hardware, and what came.

    python tests/gpu/acceptance.py [--python TARGET] [--out FOLDER] [--only STEP]...

Runs with the envsetup of this Python; TARGET (this Python, if not given) is an environment with torch. No
network is needed: `tests/gpu/prepare.py` brings envsetup and what it needs as wheels beforehand. Each step
prints one line and leaves a JSON line in FOLDER/steps.jsonl; FOLDER/machine holds the recorded machine, and
FOLDER/proven-on.md a table for docs/explanation/proven-on.md. Exit code 1 where something came otherwise
than due. Without a GPU the steps that need one say so, and the rest shows that the harness works.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
LIMIT_S = 420
STANDARD_REPEATS = 10
GIB = 2**30


class Step(NamedTuple):
    """What a step is called, what is due, and the function that finds out what came."""

    name: str
    due: str
    run: Callable[[Bench], Came]
    needs_gpu: bool = True


class Came(NamedTuple):
    """What came: whether it is as due, in words, and figures."""

    ok: bool
    words: str
    figures: dict[str, Any] | None = None


class NotHere(Exception):
    """The step can't be done on this machine, with the reason."""


class Bench:
    """The target, the folder for what comes, and the ways to ask."""

    def __init__(self, python: str, out: Path) -> None:
        self.python = python
        self.out = out
        self.gpus: list[dict[str, Any]] = []

    def ask(self, program: str, **environ: str) -> Any:
        """The JSON that a program of ours prints in the target. Raises RuntimeError where it fails."""
        done = subprocess.run(
            [self.python, "-c", program],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            env={**os.environ, **environ},
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-500:] or f"exit code {done.returncode}")
        return json.loads(done.stdout.strip().splitlines()[-1])

    def doctor(self, name: str, *options: str, **environ: str) -> dict[str, Any]:
        """A report, kept in the folder as `name`.json."""
        file = self.out / f"{name}.json"
        command = [sys.executable, "-m", "envsetup", "doctor", "--python", self.python, "-q"]
        subprocess.run(
            [*command, "-o", str(file), "--full", *options],
            stdout=subprocess.DEVNULL,
            timeout=2 * LIMIT_S,
            env={**os.environ, **environ},
        )
        report = json.loads(file.read_text("utf-8"))
        assert isinstance(report, dict)
        return report


def outcomes(report: Mapping[str, Any], device: str = "") -> dict[str, str]:
    """Status by check and device."""
    return {
        f"{c['id']} on {c['device']}": c["status"]
        for c in report["checks"]
        if device in c["device"]
    }


def not_due(report: Mapping[str, Any]) -> list[str]:
    """Checks that neither passed nor were skipped, and errors: a sound machine has none."""
    bad = [f"{k}: {s}" for k, s in outcomes(report).items() if s not in ("passed", "skipped")]
    found = [f for f in report["findings"] if f["severity"] == "error" and not f["suppressed_by"]]
    return [*bad, *(f"{f['code']} {f['message'][:120]}" for f in found)]


def sound(report: Mapping[str, Any], **figures: Any) -> Came:
    wrong = not_due(report)
    passed = sum(s == "passed" for s in outcomes(report).values())
    words = "; ".join(wrong[:6]) if wrong else f"{passed} passed, nothing failed"
    return Came(not wrong, words, {"passed": passed, **figures})


# -- the steps -------------------------------------------------------------------------------------------

ATTRIBUTES = """
import json, torch
found = []
for i in range(torch.cuda.device_count()):
    p = torch.cuda.get_device_properties(i)
    names = [n for n in dir(p) if not n.startswith("_")]
    found.append({n: str(getattr(p, n)) for n in names})
print(json.dumps({"torch": torch.__version__, "gpus": found}))
"""


def attributes(bench: Bench) -> Came:
    told = bench.ask(ATTRIBUTES)
    missing = [
        name
        for gpu in told["gpus"]
        for name in ("clock_rate", "memory_clock_rate", "memory_bus_width", "L2_cache_size")
        if gpu.get(name, "0") == "0"
    ]
    words = f"not told: {', '.join(sorted(set(missing)))}" if missing else "all told"
    return Came(not missing, words, told)


def standard(bench: Bench) -> Came:
    started = time.monotonic()
    report = bench.doctor("standard")
    return sound(report, seconds=round(time.monotonic() - started, 1))


def deep(bench: Bench) -> Came:
    started = time.monotonic()
    report = bench.doctor("deep", "--level", "deep")
    return sound(report, seconds=round(time.monotonic() - started, 1))


def repeated(bench: Bench) -> Came:
    wrong: list[str] = []
    longest: dict[str, float] = {}
    for number in range(STANDARD_REPEATS):
        report = bench.doctor(f"repeat-{number}")
        wrong += not_due(report)
        for check in report["checks"]:
            longest[check["id"]] = max(longest.get(check["id"], 0.0), check["duration_s"])
    words = "; ".join(wrong[:6]) if wrong else f"{STANDARD_REPEATS} runs, nothing failed"
    return Came(not wrong, words, {"longest_s": longest})


def tensorfloat32(bench: Bench) -> Came:
    return sound(bench.doctor("tf32", TORCH_ALLOW_TF32_CUBLAS_OVERRIDE="1"))


HOLD = """
import sys, time, torch
free, _ = torch.cuda.mem_get_info(0)
held = torch.empty(max(0, free - int(sys.argv[1])), dtype=torch.uint8, device="cuda:0")
print("ready", flush=True)
time.sleep(600)
"""
COMPUTE = """
import torch
a = torch.randn(8192, 8192, device="cuda:0")
print("ready", flush=True)
while True:
    a = (a @ a).clamp(-1, 1)
    torch.cuda.synchronize()
"""


@contextlib.contextmanager
def beside(bench: Bench, program: str, *arguments: str, **environ: str) -> Iterator[Any]:
    """A program in the target that runs meanwhile, once it says that it is ready."""
    command = [bench.python, "-c", program, *arguments]
    env = {**os.environ, **environ}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "ready":
                raise NotHere("the program beside did not start")
            yield process
        finally:
            process.kill()


def little_memory(bench: Bench) -> Came:
    with beside(bench, HOLD, str(300 * 2**20)):
        return sound(bench.doctor("little-memory"))


def neighbour(bench: Bench) -> Came:
    with beside(bench, COMPUTE):
        return sound(bench.doctor("neighbour", "--level", "deep"))


LEAST_FREE = """
import json, subprocess, sys, threading, time, torch
least, stop = [torch.cuda.mem_get_info(0)[0]], threading.Event()
def poll():
    while not stop.is_set():
        least[0] = min(least[0], torch.cuda.mem_get_info(0)[0])
        time.sleep(0.001)
before = least[0]
thread = threading.Thread(target=poll)
thread.start()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
stop.set()
thread.join()
print(json.dumps({"before": before, "least": least[0]}))
"""


def expandable(bench: Bench) -> Came:
    run = [sys.executable, "-m", "envsetup", "checks", "run", "memory", "--python", bench.python]
    done = subprocess.run(
        [bench.python, "-c", LEAST_FREE, *run, "--device", "cuda:0"],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env={**os.environ, "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"},
    )
    told = json.loads(done.stdout.strip().splitlines()[-1])
    taken = (told["before"] - told["least"]) / GIB
    return Came(taken < 4, f"at most {taken:.2f} GiB were taken", told)


def forced_tensorfloat32(bench: Bench) -> Came:
    report = bench.doctor("tf32-forced", "--select", "matmul", NVIDIA_TF32_OVERRIDE="1")
    failed = [c for c in report["checks"] if c["status"] == "failed"]
    named = any("NVIDIA_TF32_OVERRIDE" in c["message"] for c in failed)
    return Came(named, failed[0]["message"][:160] if failed else "nothing failed")


def hidden(bench: Bench) -> Came:
    report = bench.doctor("hidden", CUDA_VISIBLE_DEVICES="-1")
    codes = sorted({f["code"] for f in report["findings"] if not f["suppressed_by"]})
    return Came(not report["proven"], f"proven: {report['proven']}; findings {', '.join(codes)}")


def mps(bench: Bench) -> Came:
    """A neighbour of our own under a private MPS server must live through a deep run."""
    from shutil import which

    control = which("nvidia-cuda-mps-control")
    if control is None:
        raise NotHere("nvidia-cuda-mps-control is not on PATH")
    folder = str(bench.out / "mps")
    environ = {"CUDA_MPS_PIPE_DIRECTORY": folder, "CUDA_MPS_LOG_DIRECTORY": folder}
    os.makedirs(folder, exist_ok=True)
    subprocess.run([control, "-d"], env={**os.environ, **environ}, check=True, timeout=60)
    try:
        with beside(bench, COMPUTE, **environ) as other:
            report = bench.doctor("mps", "--level", "deep", **environ)
            lives = other.poll() is None
        status = outcomes(report).get("device-assert on cuda:0", "not run")
        return Came(lives and status == "skipped", f"neighbour lives: {lives}; {status}")
    finally:
        quit_server = {**os.environ, **environ}
        subprocess.run([control], input="quit\n", text=True, env=quit_server, timeout=60)


TIMES = """
import json, statistics, time, torch
found = {}
for gib in (0.5, 2.0):
    a = torch.empty(int(gib * 2**30), dtype=torch.uint8, device="cuda:0")
    b = torch.empty_like(a)
    host, device = [], []
    for _ in range(30):
        first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        started = time.perf_counter()
        first.record(); b.copy_(a); last.record()
        torch.cuda.synchronize()
        host.append(time.perf_counter() - started)
        device.append(first.elapsed_time(last) / 1e3)
    rate = lambda times: 2 * a.numel() / statistics.median(times[5:]) / 1e9
    found[str(gib)] = {"host_gb_per_s": rate(host), "event_gb_per_s": rate(device)}
print(json.dumps(found))
"""


def timing(bench: Bench) -> Came:
    told = bench.ask(TIMES)
    words = "; ".join(
        f"{size} GiB: host {v['host_gb_per_s']:.0f}, events {v['event_gb_per_s']:.0f} GB/s"
        for size, v in told.items()
    )
    return Came(all(v["event_gb_per_s"] > 0 for v in told.values()), words, told)


def recorded(bench: Bench) -> Came:
    folder = bench.out / "machine"
    command = [sys.executable, "-m", "envsetup", "probe", "--python", bench.python]
    done = subprocess.run(
        [*command, "--record", str(folder), "--format", "json"],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    kept = folder.is_dir() and any(folder.iterdir())
    return Came(done.returncode == 0 and kept, f"kept in {folder.name}/")


STEPS = (
    Step("recorded", "the machine is kept as a fixture", recorded, needs_gpu=False),
    Step("attributes", "clocks, bus width and cache of each GPU are told", attributes),
    Step("standard", "nothing fails", standard, needs_gpu=False),
    Step("deep", "nothing fails", deep),
    Step("tf32", "nothing fails with TF32 switched on by the environment", tensorfloat32),
    Step("little-memory", "nothing fails with 300 MiB left", little_memory),
    Step("neighbour", "nothing fails beside a process that computes", neighbour),
    Step("expandable", "the memory check takes no more than it needs", expandable),
    Step("tf32-forced", "matmul fails and names NVIDIA_TF32_OVERRIDE", forced_tensorfloat32),
    Step("hidden", "a run without its GPUs proves nothing", hidden),
    Step("mps", "a neighbour under MPS lives through a deep run", mps),
    Step("timing", "rates by events and by the host's clock", timing),
    Step("repeated", f"nothing fails in {STANDARD_REPEATS} runs", repeated),
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Ten minutes on a real GPU.")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--out", type=Path, default=Path("gpu-acceptance"))
    parser.add_argument("--only", action="append", choices=[s.name for s in STEPS], default=[])
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(given.python, given.out.resolve())
    with contextlib.suppress(RuntimeError, OSError, ValueError):
        bench.gpus = bench.ask(ATTRIBUTES)["gpus"]
    rows = [take(bench, step) for step in STEPS if not given.only or step.name in given.only]
    (given.out / "proven-on.md").write_text(table(bench, rows), "utf-8")
    return int(any(row["came"] == "otherwise" for row in rows))


def take(bench: Bench, step: Step) -> dict[str, Any]:
    """Runs one step; its row, also appended to steps.jsonl."""
    started = time.monotonic()
    try:
        if step.needs_gpu and not bench.gpus:
            raise NotHere("torch sees no GPU of NVIDIA's or AMD's here")
        found = step.run(bench)
        came, words, figures = (
            "as due" if found.ok else "otherwise",
            found.words,
            found.figures or {},
        )
    except NotHere as why:
        came, words, figures = "not here", str(why), {}
    except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
        came, words, figures = "otherwise", f"{type(error).__name__}: {error}", {}
    row = {
        "step": step.name,
        "due": step.due,
        "came": came,
        "words": words,
        "seconds": round(time.monotonic() - started, 1),
        "figures": figures,
    }
    with open(bench.out / "steps.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    print(f"{came:10} {step.name}: due: {step.due}; came: {words} ({row['seconds']} s)", flush=True)
    return row


def table(bench: Bench, rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    names = sorted({str(gpu.get("name")) for gpu in bench.gpus}) or ["no GPU"]
    head = f"{', '.join(names)}; {platform.system()}, Python {platform.python_version()}"
    lines = [f"## {head}", "", "| step | due | came |", "| --- | --- | --- |"]
    lines += [f"| {r['step']} | {r['due']} | {r['came']}: {r['words']} |" for r in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
