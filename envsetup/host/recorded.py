"""Recordings of a machine: raw answers written down, and replayed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from envsetup.host.input_files import read_file
from envsetup.host.json_input import decode
from envsetup.host.programs import Completed
from envsetup.host.protocol import Host
from envsetup.model import Absent, Fact, Known, OsName, Source, Unreadable


class RecordingHost(Host):
    """Another host, every answer of it written down in `folder/answers.json` by `save`."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.os_name: OsName = host.os_name
        self._answers: dict[str, object] = {"os": host.os_name}

    def _keep(self, question: str, answer: object) -> None:
        self._answers[question] = msgspec.to_builtins(answer)

    def read(self, path: str, limit_bytes: int = 1 << 20) -> Fact[str]:
        fact = self.host.read(path, limit_bytes)
        self._keep(f"read {path}", fact)
        return fact

    def list(self, path: str) -> Fact[tuple[str, ...]]:
        fact = self.host.list(path)
        self._keep(f"list {path}", fact)
        return fact

    def realpath(self, path: str) -> Fact[str]:
        fact = self.host.realpath(path)
        self._keep(f"real {path}", fact)
        return fact

    def call(self, name: str) -> Fact[str]:
        fact = self.host.call(name)
        self._keep(f"call {name}", fact)
        return fact

    def env(self) -> Mapping[str, str]:
        return self.host.env()

    def which(self, program: str) -> str | None:
        path = self.host.which(program)
        self._keep(f"which {program}", path)
        return path

    def run(
        self,
        argv: Sequence[str],
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Completed:
        done = self.host.run(argv, timeout_s, env, cwd)
        self._keep(f"run {' '.join(argv)}", done)
        return done

    def keep_interpreter(self, fact: Fact[dict[str, object]]) -> None:
        """The target's raw answer belongs to the recording as the host's answers do."""
        self._keep("interpreter", fact)

    def keep_environment(self, variables: Mapping[str, str]) -> None:
        """The variables that may be shown: `env` itself is never written down."""
        self._keep("env", dict(variables))

    def save(
        self, folder: str, clean: Callable[[str], str], kept_of_file: Callable[[str, str], str]
    ) -> None:
        """Writes the answers, each text first through `clean`, which takes out what is personal.

        `kept_of_file` gives of a path and its text what may be kept.
        """
        Path(folder).mkdir(parents=True, exist_ok=True)
        answers = {q: _reduced(q, answer, kept_of_file) for q, answer in self._answers.items()}
        kept = _cleaned(answers, clean)
        text = json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True)
        (Path(folder) / ANSWERS).write_text(text + "\n", encoding="utf-8")


def _reduced(question: str, answer: object, kept: Callable[[str, str], str]) -> object:
    if question.startswith("read ") and isinstance(answer, dict) and "value" in answer:
        return {**answer, "value": kept(question.removeprefix("read "), answer["value"])}
    return answer


def _cleaned(part: object, clean: Callable[[str], str]) -> object:
    if isinstance(part, str):
        return SERIAL.sub(r"\1***", clean(part))
    if isinstance(part, dict):
        return {clean(k): _cleaned(v, clean) for k, v in part.items()}
    if isinstance(part, (list, tuple)):
        return [_cleaned(v, clean) for v in part]
    return part


ANSWERS = "answers.json"
LARGEST_BYTES = 64 * 1024 * 1024
SERIAL = re.compile(r"^(serial(?: number)?[ \t]*:[ \t]*)\S+", re.IGNORECASE | re.MULTILINE)
"""/proc/cpuinfo of Arm boards names the board's serial number."""
T = TypeVar("T")


class RecordedHost(Host):
    """Replays a recording. Raises ValueError, naming the file, where it is none."""

    def __init__(self, folder: str) -> None:
        file = Path(folder) / ANSWERS
        try:
            answers = decode(read_file(str(file), LARGEST_BYTES), dict[str, Any])
            self.os_name = msgspec.convert(answers.get("os"), OsName)
        except (OSError, ValueError) as error:
            raise ValueError(f"{file} is no recording of envsetup: {error}") from error
        self._answers = answers

    def interpreter(self) -> Fact[dict[str, object]]:
        """The raw answer of the target that was recorded."""
        return self._fact("interpreter", dict[str, object])

    def _fact(self, question: str, kind: type[T]) -> Fact[T]:
        if question not in self._answers:
            return Unreadable(error="not recorded", source=Source(kind="file", ref=question))
        return msgspec.convert(self._answers[question], Known[kind] | Absent | Unreadable)  # type: ignore[valid-type]

    def read(self, path: str, limit_bytes: int = 1 << 20) -> Fact[str]:
        return self._fact(f"read {path}", str)

    def list(self, path: str) -> Fact[tuple[str, ...]]:
        return self._fact(f"list {path}", tuple[str, ...])

    def realpath(self, path: str) -> Fact[str]:
        return self._fact(f"real {path}", str)

    def call(self, name: str) -> Fact[str]:
        return self._fact(f"call {name}", str)

    def env(self) -> Mapping[str, str]:
        kept = self._answers.get("env")
        return {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}

    def which(self, program: str) -> str | None:
        path = self._answers.get(f"which {program}")
        return str(path) if path else None

    def run(
        self,
        argv: Sequence[str],
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> Completed:
        recorded = self._answers.get(f"run {' '.join(argv)}")
        if recorded is None:
            return Completed(argv=tuple(argv), returncode=None, error="not recorded")
        return msgspec.convert(recorded, Completed)
