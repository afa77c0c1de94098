"""Made-up reports: a healthy machine, and one full of what a hostile machine could say."""

from __future__ import annotations

import pytest

from envsetup.model import (
    Command,
    Evidence,
    Filesystem,
    Finding,
    Fix,
    Gpu,
    Known,
    Machine,
    Measurement,
    Outcome,
    Package,
    Plan,
    Python,
    Report,
    Source,
    TorchInstall,
    TorchRuntime,
    Undecided,
)
from envsetup.testing import known

HOSTILE = (
    "<script>alert(1)</script> ]]> ``` @maintainer [x](http://e.vil) \x1b[31m\x07\u202e &amp; \"'"
)


def made_up(text: str = "harmless") -> Report:
    """A report with every kind of part, `text` wherever a machine could put words of its own."""
    source = Source(kind="file", ref=text)
    machine = Machine(
        os=known("linux"),
        os_version=Known(value=text, source=source),
        arch=known("x86_64"),
        gpus=known(
            (Gpu(vendor="nvidia", index=0, source=source, name=text, compute_capability="9.0"),)
        ),
        python=known(Python(executable=text, version="3.12.1", sys_path=(text,))),
        packages=known(
            (
                Package(name="numpy", version="2.0", location=text),
                Package(name="secret-sauce", version=text),
            )
        ),
        storage=known((Filesystem(role="home", path="/srv/people/somebody"),)),
        environment=known({"LD_LIBRARY_PATH": text}),
        torch=known(TorchInstall(version="2.15.0+cu132", build="cu132", location=text)),
        torch_runtime=known(
            TorchRuntime(version="2.15.0+cu132", cuda_available=True, warnings=(text,))
        ),
    )
    finding = Finding(
        code="WH101",
        slug="cpu-build-on-gpu-machine",
        severity="error",
        confidence="high",
        message=text,
        subject=text,
        evidence=(Evidence(fact="torch", value=text, source=source),),
        fixes=(Fix(text=text, argv=("echo", text), safety="root"), Fix(text="another")),
    )
    follower = Finding(
        code="AR101", slug="gpu-too-new-for-build", severity="error", confidence="low", message=text, suppressed_by="WH101"
    )  # fmt: skip
    loss = Measurement(value=(2.3, 1.1, 0.4))
    residual = Measurement(
        value=2.4e-7, limit=9.2e-5, unit="relative residual of all that was solved"
    )
    checks = (
        Outcome(id="autograd", device="cpu", status="passed", duration_s=0.1, measurements={"loss": loss, "residual_of_float32": residual}),
        Outcome(id="matmul", device="cuda:0", status="failed", confirmed=True, message=text, log_tail=text,
                measurements={"error": Measurement(value=2.0, limit=1.0, unit="absolute")}),
        Outcome(id="memory", device="cuda:0", status="crashed", message=text),
        Outcome(id="rng", device="cuda:0", status="flaky", message=text),
        Outcome(id="graphs", device="cuda:0", status="skipped", message=text),
    )  # fmt: skip
    return Report(
        tool_version="0.1.0",
        created_at="2026-11-23T00:00:00+00:00",
        verdict="failed",
        proven=False,
        machine=machine,
        findings=(finding, follower),
        undecided=(Undecided(code="CP102", reason=text),),
        checks=checks,
        plan=Plan(
            action="install",
            requirements=("torch==2.15.0+cu132",),
            commands=(Command(argv=("pip", text)),),
        ),
        timings_s={"facts": 0.1},
    )


@pytest.fixture
def report() -> Report:
    return made_up()


@pytest.fixture
def hostile() -> Report:
    return made_up(HOSTILE)
