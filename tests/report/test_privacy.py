"""The default report holds nothing personal and no secret, in any format."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from envsetup.report import FORMATS, render
from envsetup.report.redact import redact

from .conftest import made_up

UUID = "GPU-0f3a1c22-1111-2222-3333-444455556666"
PERSONAL = {
    "/home/somebody/env/lib": "somebody",
    "/Users/somebody/env": "somebody",
    "C:\\Users\\somebody\\env": "somebody",
    "/srv/people/somebody/env": "somebody",
    "/nfs/users/somebody/env": "somebody",
    "/data/home/somebody/env": "somebody",
    UUID: "0f3a1c22",
    "C:\\Users\\Anna Maria\\env": "Maria",
    "/home/somebody/env, made by somebody": "somebody",
    "/home/somebody/env and somebody@box7": "box7",
    "write to anna@example.org": "anna",
    "Serial Number: 1320021234567": "1320021",
    "C:/Users/Anna Maria/env": "Maria",
    "/Users/Anna Maria/env": "Maria",
    "http://proxy.corp.internal:3128": "proxy.corp",
    "by 10.20.30.40:3128": "10.20.30",
    "fe80::1ff:fe23:4567:890a": "fe23",
}
SECRET = {
    "https://me:hunter2@example.org/simple": "hunter2",
    "hf_abcdefghijklmnopqrstuvwx": "hf_abc",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789": "ghp_abc",
    "Authorization: Bearer abcdefgh12345678": "abcdefgh1234",
    "https://me:p@ss@example.org/simple": "ss@",
    "--token=abcdef123456": "abcdef123456",
    'password: "correct-horse"': "correct-horse",
    "ASIAABCDEFGHIJKLMNOP": "ABCDEFGHIJ",
    "npm_abcdefghijklmnopqrstuvwxyz": "npm_abc",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA": "MIIEpAI",
    "Authorization: token abcdef99": "abcdef99",
}


@pytest.mark.parametrize("format", sorted(FORMATS))
@pytest.mark.parametrize(("planted", "trace"), sorted({**PERSONAL, **SECRET}.items()))
def test_nothing_planted_is_found(format: str, planted: str, trace: str) -> None:
    report = redact(made_up(f"see {planted} there"))
    assert trace not in render(report, format)


@pytest.mark.parametrize(("planted", "trace"), sorted(SECRET.items()))
def test_not_even_a_full_report_holds_credentials(planted: str, trace: str) -> None:
    report = redact(replace(made_up(f"see {planted} there"), full=True))
    assert trace not in render(report, "json")


@pytest.mark.parametrize(
    "fact",
    [
        "max_new_tokens=4096",
        "token embedding: 512",
        "tokenizers: 0.21.0",
        "nvidia-curand 10.3.9.90",
        "torch 2.14.1+cu126",
        "127.0.0.1:29500",
        "GPU 0: NVIDIA RTX 6000 Ada Generation",
        "libcudart.so.12: cannot open shared object file",
        "basic_string::_M_construct null not valid",
    ],
)
def test_facts_are_left_alone(fact: str) -> None:
    assert fact in render(redact(made_up(fact)), "json")


@pytest.mark.parametrize("name", ["torch", "cuda", "user", "ubuntu", "nvidia", "x"])
def test_an_account_that_is_called_like_a_fact_leaves_the_facts(name: str) -> None:
    report = made_up(f"/home/{name}/env: {name} is there")

    assert f"{name} is there" in render(redact(report), "json")


def test_a_full_report_keeps_paths() -> None:
    report = redact(replace(made_up("/home/somebody/env"), full=True))
    assert "/home/somebody/env" in render(report, "json")


def test_foreign_packages_become_a_count() -> None:
    text = render(redact(made_up()), "json")
    assert "secret-sauce" not in text
    assert '"other-packages"' in text


def test_one_device_keeps_one_name_within_a_report() -> None:
    report = redact(made_up(UUID))
    machine = render(report, "json")
    import re

    assert len(set(re.findall(r"GPU-h[0-9a-f]{12}", machine))) == 1
