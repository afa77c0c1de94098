"""An index on the loopback."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.offered import Quiet


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A mirror's address, and the folder behind its page of CPU wheels of torch."""
    page = tmp_path / "served" / "whl" / "cpu" / "torch"
    page.mkdir(parents=True)
    handler = functools.partial(Quiet, directory=str(tmp_path / "served"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/whl", page
    server.shutdown()
    server.server_close()
    thread.join()
