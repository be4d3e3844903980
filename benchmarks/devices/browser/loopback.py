"""A web server for one page, on this machine's loopback interface only.

Its answers isolate the page from all other origins (COOP and COEP): only then do browsers give a
page shared memory, which WebAssembly's threads need, and a clock of 5 microseconds.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
_HEADERS = {**ISOLATION, "Cache-Control": "no-store"}
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
}


class Loopback:
    """Serves files while its context lasts.

    Addresses begin with a random word, so that other users of the machine cannot read the files.

    Args:
        files: the files by the names that end their addresses.

    Attributes:
        received: the last body that the page has sent by PUT.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.received = b""
        self._files = files
        self._word = secrets.token_urlsafe(16)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """The address that the names of the files are added to; it ends with a slash."""
        return f"http://127.0.0.1:{self._server.server_port}/{self._word}/"

    def __enter__(self) -> Loopback:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _file(self, address: str) -> Path | None:
        """The file at an address; None if there is none, or the address lacks the random word."""
        _, word, *name = address.split("/", 2)
        return self._files.get("".join(name)) if word == self._word else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        """The class that answers one request: files by GET, and a body to keep by PUT."""
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            """Answers one request to the page's server."""

            def do_GET(self) -> None:
                path = loopback._file(self.path)
                if path is None:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                with path.open("rb") as file:
                    self._begin(path.stat().st_size, path.suffix)
                    shutil.copyfileobj(file, self.wfile, 2**20)

            def do_PUT(self) -> None:
                loopback.received = self.rfile.read(int(self.headers["Content-Length"]))
                self._begin(0, "")

            def _begin(self, size_bytes: int, suffix: str) -> None:
                self.send_response(HTTPStatus.OK)
                content_type = _TYPES.get(suffix, "application/octet-stream")
                sizes = {"Content-Length": str(size_bytes), "Content-Type": content_type}
                for name, value in {**_HEADERS, **sizes}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
