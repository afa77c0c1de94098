"""What a worker's events add up to. They come from the target and are taken for what they are: data."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, get_args

from msgspec import ValidationError, convert
from msgspec.structs import replace

from envsetup.model import (
    Check,
    Fact,
    Known,
    LoadedLibrary,
    Measurement,
    Outcome,
    Source,
    Status,
    TorchDevice,
    TorchRuntime,
)
from envsetup.target import Event, printable

STATUSES = get_args(Status)
TEXT = 4_000
LONGEST_UNIT = 80
FIRST_USE = 4.0
"""How much longer a check of all devices may take on an accelerator, which compiles kernels first."""


def split_key(key: str) -> tuple[str, str]:
    """A task's check id and device: `matmul@cuda:0#1`."""
    name, _, device = key.rpartition("#")[0].rpartition("@")
    return name, device


class ResultCollector:
    """Counts what has begun and ended, over all workers of a run."""

    def __init__(
        self,
        checks: Sequence[Check],
        devices: Sequence[str] | None,
        repeat: int,
        progress: Callable[[str, str], None],
    ) -> None:
        self.checks = {c.id: c for c in checks}
        self.wanted = devices
        self.repeat = repeat
        self.progress = progress
        self.results: dict[str, Outcome] = {}
        self.again: dict[str, Outcome] = {}
        self.starts: dict[str, int] = {}
        self.since_start: dict[str, float] = {}
        self.imported: Event = {}
        self.runtime_raw: Event | None = None
        self.runtime_error = ""
        self.import_error = ""
        self.import_detail = ""
        self.import_s: float | None = None
        self.missing = False
        self.new_worker()

    def new_worker(self) -> None:
        self.phase = "starting"
        self.since = time.monotonic()
        self.since_start = {}
        self.done = False

    # -- events ------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        known = getattr(self, "_" + str(event["event"]).replace("-", "_"), None)
        if known is not None and str(event["event"]) in EVENTS:
            known(event)

    def _importing(self, event: Event) -> None:
        self.progress("import", "torch")

    def _imported(self, event: Event) -> None:
        self.phase = "running"
        if not self.imported:
            self.imported = event
            seconds = event.get("import_s")
            self.import_s = float(seconds) if isinstance(seconds, (int, float)) else None
            self.progress("imported", text_of(event.get("version")))

    def _import_failed(self, event: Event) -> None:
        self.missing = event.get("missing") is True
        self.import_error = text_of(event.get("error"))
        self.import_detail = text_of(event.get("traceback"))

    def _runtime(self, event: Event) -> None:
        facts = event.get("facts")
        if isinstance(facts, dict) and self.runtime_raw is None:
            self.runtime_raw = facts

    def _runtime_failed(self, event: Event) -> None:
        self.runtime_error = text_of(event.get("error"))

    def _preload(self, event: Event) -> None:
        self.phase = "running" if event.get("done") else "preloading"
        self.since = time.monotonic()

    def _start(self, event: Event) -> None:
        key = str(event.get("task"))
        if split_key(key)[0] in self.checks:
            self.starts[key] = self.starts.get(key, 0) + 1
            self.since_start[key] = time.monotonic()
            self.progress("check", key.rpartition("#")[0])

    def _result(self, event: Event) -> None:
        key = str(event.get("task"))
        name, device = split_key(key)
        status = event.get("status")
        if name not in self.checks or status not in STATUSES:
            return
        outcome = Outcome(
            id=name,
            device=printable(device)[:40],
            status=status,  # type: ignore[arg-type]
            duration_s=_seconds(event.get("duration_s")),
            message=text_of(event.get("message")),
            measurements=measurements_of(event.get("measurements")),
            log_tail=text_of(event.get("log_tail")),
        )
        self._settle(key, outcome, 2 if event.get("attempt") == 2 else 1)

    def _settle(self, key: str, outcome: Outcome, attempt: int) -> None:
        self.since_start.pop(key, None)
        (self.again if attempt == 2 else self.results).setdefault(key, outcome)
        if attempt == 1:
            self.progress("result", f"{outcome.id} on {outcome.device}: {outcome.status}")

    def _done(self, event: Event) -> None:
        self.done = True

    # -- what is open ------------------------------------------------------------------------------

    def running(self) -> list[str]:
        return list(self.since_start)

    def overdue(self, now: float, grace_s: float) -> str | None:
        late = [
            key
            for key, since in self.since_start.items()
            if now - since > self._limit_s(key) + grace_s
        ]
        return "check" if late else None

    def _limit_s(self, key: str) -> float:
        """As the worker counts it (`patience` in `_run_check.py`)."""
        name, device = split_key(key)
        check = self.checks[name]
        longer = FIRST_USE if check.devices == "any" and device != "cpu" else 1.0
        return check.timeout_s * longer

    def statuses(self) -> dict[str, str]:
        """What the next worker needs to know of keys that are settled."""
        return {key: outcome.status for key, outcome in self.results.items()}

    def failed_keys(self) -> list[str]:
        return [k for k, o in self.results.items() if o.status == "failed"]

    def charge(self, key: str, status: Status, message: str, log: str, attempt: int = 1) -> None:
        name, device = split_key(key)
        since = self.since_start.get(key)
        lasted = time.monotonic() - since if since is not None else 0.0
        self._settle(
            key,
            Outcome(
                id=name,
                device=device,
                status=status,
                duration_s=round(lasted, 3),
                message=message,
                log_tail=log[-TEXT:],
            ),
            attempt,
        )

    def charge_running(self, status: Status, message: str, log: str, twice: bool = False) -> None:
        for key in self.running():
            if not twice or self.starts.get(key, 0) > 1:
                self.charge(key, status, message, log)

    def close(self, reason: str) -> None:
        """Everything that should have run and has no outcome was not started, for this reason."""
        for key in self.expected():
            if key not in self.results:
                self.charge(key, "not-started", reason, "")

    def expected(self) -> list[str]:
        known = self.device_names()
        devices = known if self.wanted is None else self.wanted
        return [
            f"{check.id}@{device}#{number}"
            for device in devices
            for check in self.checks.values()
            if check.devices in ("any", "cpu" if device == "cpu" else "accelerator")
            for number in range(self.repeat)
        ]

    def device_names(self) -> list[str]:
        return [device_name(d) for d in _devices(self.runtime_raw or {})] or ["cpu"]

    def outcomes(self) -> tuple[Outcome, ...]:
        """Every outcome in the order of devices and checks, failures judged by their second run."""
        keys = [k for k in self.expected() if k in self.results]
        rest = [k for k in self.results if k not in keys]
        found = [self._judged(k) for k in (*keys, *rest)]
        if self.runtime_error and self.runtime_raw is None:
            message = f"asking torch for its devices: {self.runtime_error}"
            found.insert(0, Outcome(id="devices", device="all", status="crashed", message=message))
        return tuple(found)

    def _judged(self, key: str) -> Outcome:
        first, second = self.results[key], self.again.get(key)
        if second is None or first.status != "failed":
            return first
        if second.status == "passed":
            text = f"failed once, passed alone in a fresh process: {first.message}"
            return replace(first, status="flaky", message=text)
        return replace(first, confirmed=True)


EVENTS: tuple[str, ...] = (
    *("importing", "imported", "import-failed", "runtime", "runtime-failed"),
    *("preload", "start", "result", "done"),
)


# -- from data to records --------------------------------------------------------------------------


def text_of(value: object) -> str:
    return printable(value)[:TEXT] if isinstance(value, str) else ""


def _seconds(value: object) -> float:
    return round(value, 4) if isinstance(value, (int, float)) else 0.0


def measurements_of(raw: object) -> dict[str, Measurement]:
    if not isinstance(raw, dict):
        return {}
    return {printable(str(k))[:100]: _measurement(v) for k, v in list(raw.items())[:200]}


def _measurement(value: Any) -> Measurement:
    if isinstance(value, dict) and "value" in value:
        limit = value.get("limit")
        return Measurement(
            value=_number(value["value"]),
            limit=limit if isinstance(limit, (int, float)) else None,
            unit=text_of(value.get("unit"))[:LONGEST_UNIT],
        )
    return Measurement(value=_number(value))


def _number(value: Any) -> float | int | str | bool | tuple[float, ...] | None:
    if isinstance(value, (bool, int, float, type(None))):
        return value
    if isinstance(value, list) and value and all(type(v) in (int, float) for v in value):
        return tuple(value)
    return printable(value if isinstance(value, str) else repr(value))[:1000]


def device_name(device: TorchDevice) -> str:
    return device.kind if device.kind in ("cpu", "mps") else f"{device.kind}:{device.index}"


def _devices(raw: Event) -> tuple[TorchDevice, ...]:
    given = raw.get("devices")
    found = []
    for one in given if isinstance(given, list) else ():
        try:
            device = convert(one, TorchDevice)
        except ValidationError:
            continue
        found.append(replace(device, kind=printable(device.kind)[:20]))
    return tuple(found)


def runtime_of(collector: ResultCollector, source: Source) -> Fact[TorchRuntime]:
    """What torch tells of itself; what it couldn't tell stays None."""
    told = {**collector.imported, **(collector.runtime_raw or {})}
    error = text_of(told.get("cuda_error"))
    if collector.runtime_error and collector.runtime_raw is None:
        error = f"asking torch for its devices: {collector.runtime_error}"
    runtime = TorchRuntime(
        version=_text(told, "version"),
        cuda=_text(told, "cuda"),
        hip=_text(told, "hip"),
        cuda_available=_flag(told, "cuda_available"),
        cuda_error=error or None,
        mps_available=_flag(told, "mps_available"),
        mps_built=_flag(told, "mps_built"),
        xpu_available=_flag(told, "xpu_available"),
        devices=_devices(told),
        arch_list=_texts(told, "arch_list") if told.get("arch_list") else None,
        libraries=_libraries(told),
        loaded=_loaded(told),
        num_threads=_count(told, "num_threads"),
        import_s=collector.import_s,
        warnings=_texts(told, "warnings"),
    )
    return Known(value=runtime, source=source)


def _text(told: Event, name: str) -> str | None:
    return text_of(told.get(name)) or None


def _flag(told: Event, name: str) -> bool | None:
    value = told.get(name)
    return value if isinstance(value, bool) else None


def _count(told: Event, name: str) -> int | None:
    value = told.get(name)
    return value if isinstance(value, int) else None


def _texts(told: Event, name: str) -> tuple[str, ...]:
    value = told.get(name)
    return tuple(text_of(v) for v in value) if isinstance(value, list) else ()


def _libraries(told: Event) -> dict[str, str]:
    value = told.get("libraries")
    given = value.items() if isinstance(value, dict) else ()
    return {printable(str(k))[:40]: text_of(v) for k, v in given}


def _loaded(told: Event) -> tuple[LoadedLibrary, ...]:
    value = told.get("loaded")
    return tuple(
        LoadedLibrary(name=text_of(one.get("name")), path=text_of(one.get("path")))
        for one in (value if isinstance(value, list) else ())
        if isinstance(one, dict)
    )
