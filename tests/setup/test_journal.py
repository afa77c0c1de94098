"""The journal of an installation: what it puts back, what it leaves alone, and which one it doesn't believe."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from envsetup.installer.distributions import installed
from envsetup.installer.journal import Environment, Journal, RestoreError, UnusableJournal
from envsetup.installer.rollback import put_back, restore_cut_off
from tests.setup.offered import Silence

MANIFEST = "manifest.json"


def environment(folder: Path) -> Environment:
    """An environment with one package, no interpreter."""
    site = folder / "lib" / "python3.11" / "site-packages"
    (folder / "bin").mkdir(parents=True)
    site.mkdir(parents=True)
    put(site, "old", {"old/__init__.py": "old", "old/big.so": "x" * 100_000})
    return Environment(prefix=str(folder), roots=(str(site),), whole=True)


def put(site: Path, name: str, files: dict[str, str], *, listed: bool = True) -> None:
    """A distribution as an installer leaves it; without its metadata as one that was cut off does."""
    info = f"{name}-1.0.dist-info"
    if listed:
        files = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        }
        files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).unlink(missing_ok=True)
        (site / path).write_text(text)


def begin(env: Environment, planned: tuple[str, ...] = ("old", "new")) -> Journal:
    return Journal.begin(env, installed(env.roots).values(), planned)


def contents(env: Environment) -> dict[str, bytes]:
    folder = Path(env.prefix)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def long_ago(journal: Journal) -> None:
    """As if the run had been killed an hour ago."""
    file = journal.place / MANIFEST
    past = file.stat().st_mtime - 3600
    os.utime(file, (past, past))


def test_a_new_package_that_was_cut_off_before_its_list_was_written_is_taken_out(
    tmp_path: Path,
) -> None:
    env = environment(tmp_path)
    site, before = Path(env.roots[0]), contents(env)
    begin(env)
    put(site, "new", {"fresh/sub/part.so": "new", "fresh.py": "new"}, listed=False)
    (tmp_path / "share" / "man").mkdir(parents=True)
    (tmp_path / "share" / "man" / "new.1").write_text("new")
    (tmp_path / "bin" / "new").write_text("new")
    (site / "old").rename(site / "~ld")  # as pip moves aside what it replaces

    assert restore_cut_off(env, Silence())

    assert contents(env) == before
    assert not (site / "fresh").exists()
    assert not (tmp_path / "share").exists()


def test_what_somebody_put_there_after_the_kill_stays(tmp_path: Path) -> None:
    env = environment(tmp_path)
    site = Path(env.roots[0])
    long_ago(begin(env))
    mine = [
        site / "mine.py",
        site / "mine" / "notes",
        tmp_path / "bin" / "mine",
        site / "notes.txt",
    ]
    for file in mine:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    put(site, "other", {"other/__init__.py": "other"})

    restore_cut_off(env, Silence())

    assert [file.read_text() for file in mine] == ["mine"] * 4
    assert (site / "other" / "__init__.py").exists()


def test_putting_back_can_be_cut_off_and_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = environment(tmp_path)
    before = contents(env)
    begin(env)
    put(Path(env.roots[0]), "new", {"old/__init__.py": "new", "old/extra.py": "new"})
    real, count = Path.replace, iter(range(10))

    def cut_off(self: Path, target: str) -> Path:
        if next(count) == 2:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as killed:
        killed.setattr(Path, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            restore_cut_off(env, Silence())

    assert restore_cut_off(env, Silence())
    assert contents(env) == before


def test_what_lies_outside_is_neither_kept_nor_put_back(tmp_path: Path) -> None:
    """A list of files (RECORD) names whatever it likes."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    env = environment(tmp_path / "env")
    (tmp_path / "env" / "link").symlink_to(tmp_path)
    record = Path(env.roots[0]) / "old-1.0.dist-info" / "RECORD"
    record.write_text(
        record.read_text() + f"../../../../outside,,\n../../../link/outside,,\n{outside},,\n"
    )

    journal = begin(env)
    outside.write_text("changed since")
    put_back(journal)

    assert outside.read_text() == "changed since"


def planted(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def plant(manifest: Path) -> None:
        manifest.write_text(json.dumps(change(json.loads(manifest.read_text()))))

    return plant


def with_file(path: str, name: str = "0.kept") -> Callable[[Path], None]:
    return planted(lambda told: {**told, "files": [{path: name}]})


BROKEN: dict[str, Callable[[Path], object]] = {
    "absolute": with_file("/etc/hostname"),
    "upwards": with_file("lib/../../outside"),
    "by a link": with_file("link/outside"),
    "kept elsewhere": with_file("bin/x", "../../../../outside"),
    "another base": planted(
        lambda told: {**told, "bases": ["/x", "/"], "files": [{}, {}], "present": [[], []]}
    ),
    "present upwards": planted(lambda told: {**told, "present": [["../outside"]]}),
    "parts that don't fit": planted(lambda told: {**told, "files": []}),
    "an older list": lambda file: file.write_text(
        '{"pid": 1, "roots": [], "prefix": "/", "files": {}}'
    ),
    "no JSON": lambda file: file.write_text("{"),
    "deep": lambda file: file.write_text("[" * 100_000),
    "bytes": lambda file: file.write_bytes(b"\xff\xfe"),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "endless": lambda file: (file.unlink(), file.symlink_to("/dev/zero")),
    "a FIFO": lambda file: (file.unlink(), os.mkfifo(file)),
}


@pytest.mark.parametrize("plant", BROKEN.values(), ids=BROKEN)
def test_a_list_that_is_broken_or_from_elsewhere_changes_nothing(
    tmp_path: Path, plant: Callable[[Path], object]
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    env = environment(tmp_path / "env")
    (tmp_path / "env" / "link").symlink_to(tmp_path)
    journal = begin(env)
    plant(journal.place / MANIFEST)
    kept = sorted(path.name for path in journal.place.iterdir())

    with pytest.raises(UnusableJournal, match="leave it there") as caught:
        restore_cut_off(env, Silence())

    assert "remove" not in str(caught.value)
    assert outside.read_text() == "mine"
    assert sorted(path.name for path in journal.place.iterdir()) == kept


def test_a_journal_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    env = environment(tmp_path / "env")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "0.kept").write_text("mine")
    env.place.symlink_to(mine)

    with pytest.raises(RestoreError, match="Move it away"):
        restore_cut_off(env, Silence())

    assert (mine / "0.kept").read_text() == "mine"


def test_a_journal_without_a_list_loses_only_what_envsetup_put_there(tmp_path: Path) -> None:
    env = environment(tmp_path)
    env.place.mkdir()
    for name in ("0.kept", "letter"):
        (env.place / name).write_text("x")

    assert not restore_cut_off(env, Silence())

    assert [path.name for path in env.place.iterdir()] == ["letter"]


def test_packages_behind_a_symbolic_link_are_put_back_too(tmp_path: Path) -> None:
    from envsetup.model import Python

    env = environment(tmp_path / "env")
    site = Path(env.roots[0])
    site.rename(tmp_path / "elsewhere")
    site.symlink_to(tmp_path / "elsewhere")
    python = Python(
        executable="python",
        version="3.11.7",
        prefix=env.prefix,
        in_venv=True,
        site_packages=(str(site),),
    )
    linked = Environment.of(python)
    assert linked is not None
    before = {p: p.read_bytes() for p in (tmp_path / "elsewhere").rglob("*") if p.is_file()}
    begin(linked)
    put(site, "new", {"old/__init__.py": "new", "new.py": "new"})

    restore_cut_off(linked, Silence())

    assert {p: p.read_bytes() for p in (tmp_path / "elsewhere").rglob("*") if p.is_file()} == before
