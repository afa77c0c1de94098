"""Errors of other programs nominate nothing with more than low confidence, or nothing at all."""

from __future__ import annotations

import pytest

from envsetup.errors.rank import match_error

UNRELATED = [
    ("/opt/app/lib/libfoo.so: failed to map segment from shared object", "low"),
    ("ssh: connect to host github.com port 22: Connection timed out", "low"),
    ("git clone https://git.corp/x.git SSL certificate problem: self signed certificate in certificate chain", ""),
    ("Cloning into 'x'... SSL certificate problem: unable to get local issuer certificate", ""),
    ("ValueError: host not found: my.db.internal", ""),
    ("vscode doesn't see my changes", ""),
    ("notebook can't find my file", ""),
    ("OSError: [Errno 116] Stale file handle: '/data/x.csv'", "low"),
    ("Error: listen EADDRINUSE: address already in use :::3000", "medium"),
    ("401 Client Error: Unauthorized for url: https://api.example.org/v1", "medium"),
]  # fmt: skip
RELATED = [
    ("DS104", "torch/distributed/rendezvous.py ValueError: host not found: node-0.train"),
    ("DS104", "deepspeed launcher: ssh: connect to host node-3 port 22: Connection refused"),
    ("NW101", "pip: SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self signed certificate in certificate chain'))"),
    ("PY110", "VS Code can't find module torch"),
    ("TC106", "OSError: [Errno 116] Stale file handle: '/home/me/.triton/cache/x'"),
    ("DS105", "torch.distributed: the server socket: EADDRINUSE: address already in use"),
    ("TC104", "/home/me/.triton/cache/x/cuda_utils.so: failed to map segment from shared object"),
    ("ST107", "/v/lib/python3.12/site-packages/torch/lib/libtorch.so: failed to map segment from shared object"),
    ("AB106", "libbitsandbytes_cuda118_nocublaslt.so: cannot open shared object file"),
]  # fmt: skip
WEIGHT = ["", "low", "medium", "high"]


@pytest.mark.parametrize(("text", "most"), UNRELATED, ids=[t[:40] for t, _ in UNRELATED])
def test_what_has_nothing_to_do_with_torch_weighs_little(text: str, most: str) -> None:
    heaviest = max((WEIGHT.index(m.confidence) for m in match_error(text)), default=0)

    assert heaviest <= WEIGHT.index(most or "low")


@pytest.mark.parametrize(("code", "text"), RELATED, ids=[f"{c} {t[:30]}" for c, t in RELATED])
def test_the_same_words_beside_torch_still_say_so(code: str, text: str) -> None:
    first = match_error(text)[0]

    assert first.code == code
    assert first.confidence in ("medium", "high")
