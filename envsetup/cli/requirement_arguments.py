"""REQUIREMENT: a name of the family with versions, as PEP 508 writes it."""

from __future__ import annotations

import click

PACKAGES = ("torch", "torchvision", "torchaudio")
ACCEPTED = "torch, torchvision or torchaudio, with or without a version such as torch==2.8.*"


def specifiers_of(words: tuple[str, ...]) -> dict[str, str]:
    """Named packages with their bounds; torch is always among them. Raises UsageError."""
    found: dict[str, str] = {"torch": ""}
    for text in words:
        name, bound = _requirement(text)
        found[name] = ",".join(part for part in (found.get(name, ""), bound) if part)
    return found


def _requirement(text: str) -> tuple[str, str]:
    """Name and specifier of one argument. Raises UsageError for options, URLs and other names."""
    if text in PACKAGES:
        return text, ""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        one = Requirement(text)
    except InvalidRequirement as error:
        raise click.UsageError(
            f"REQUIREMENT {text!r}: not a requirement; give {ACCEPTED}"
        ) from error
    if one.name.lower() not in PACKAGES or one.url or one.extras or one.marker:
        raise click.UsageError(f"REQUIREMENT {text!r}: only names and versions; give {ACCEPTED}")
    return one.name.lower(), str(one.specifier)


def needs_a_project(extras: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """Raises UsageError for extras and groups of no project."""
    for option, names in (("--extra", extras), ("--group", groups)):
        if names:
            raise click.UsageError(
                f"{option} {names[0]!r}: of which project? Give --project DIR too"
            )
