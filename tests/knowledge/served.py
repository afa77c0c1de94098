"""A wheel index on the loopback, laid out as the real one, whose pages can be told to misbehave."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from envsetup.knowledge import Knowledge

PLATFORMS = {
    "linux_x86_64": "manylinux_2_28_x86_64",
    "linux_aarch64": "manylinux_2_28_aarch64",
    "windows_amd64": "win_amd64",
    "macos_arm64": "macosx_14_0_arm64",
}
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def anchor(version: str, build: str, tag: str, platform: str, name: str = "torch") -> str:
    label = "" if platform.startswith("macosx") else f"%2B{build}"
    file = f"{name}-{version}{label}-{tag}-{tag}-{platform}.whl"
    shown = file.replace("%2B", "+")
    return (
        f'<a href="/whl/{build}/{file}#sha256=00" data-requires-python="&gt;=3.10" '
        f'data-core-metadata="sha256=00">{shown}</a><br/>'
    )


def page(*anchors: str) -> str:
    return (
        "<!DOCTYPE html><html><body><h1>Links for torch</h1>"
        + "\n".join(anchors)
        + "</body></html>"
    )


def pages_of(knowledge: Knowledge) -> dict[str, str]:
    """A page for each build of the newest releases, as the knowledge has them."""
    found: dict[str, list[str]] = {}
    for release in knowledge.releases[:3]:
        for name, row in release.platforms.items():
            for build in row.builds if name in PLATFORMS else ():
                tags = [t.rstrip("t") for t in row.python if not t.endswith("t")]
                found.setdefault(build, []).extend(
                    anchor(release.version, build, tag, PLATFORMS[name]) for tag in tags
                )
    return {f"/whl/{build}/torch/": page(*lines) for build, lines in found.items()}


class Index:
    """What is served: text by path, or an answer that misbehaves."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages: dict[str, str | Answer] = dict(pages)
        self.asked: list[str] = []
        self.ended = threading.Event()
        self.url = ""

    def status(self, path: str, code: int) -> None:
        self.pages[path] = lambda handler: handler.send_error(code)

    def redirect(self, path: str, to: str) -> None:
        def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", to)
            handler.end_headers()

        self.pages[path] = answer

    def cut(self, path: str, text: str) -> None:
        """Says that more comes than does."""

        def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(text) + 1000))
            handler.end_headers()
            handler.wfile.write(text.encode())

        self.pages[path] = answer

    def drip(self, path: str, after: bytes = b"HTTP/1.0 200 OK\r\n\r\n") -> None:
        """Never ends: a byte now and then, in the body or where the words before leave off."""

        def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
            handler.wfile.write(after)
            while not self.ended.wait(0.05):
                handler.wfile.write(b" ")

        self.pages[path] = answer


@contextmanager
def serving(index: Index) -> Iterator[Index]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            answer = index.pages.get(self.path)
            try:
                if callable(answer):
                    answer(self)
                elif answer is None:
                    self.send_error(403)
                else:
                    data = answer.encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                pass

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    index.url = f"http://127.0.0.1:{server.server_port}/whl"
    try:
        yield index
    finally:
        index.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
