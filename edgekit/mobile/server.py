"""A web server for one folder, on this machine's loopback interface only.

As any good host it isolates the page from other origins, without which browsers give no threads,
and sends the rest of a file to whoever has its beginning.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from edgekit.benchmarks.devices.browser.loopback import ISOLATION
from edgekit.errors import OutputError

_CHUNK_BYTES = 1 << 20


class _Handler(SimpleHTTPRequestHandler):
    extensions_map: ClassVar[dict[str, str]] = {  # of http.server; a system's own may lack these
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
    }

    def do_GET(self) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if asked is None or not path.is_file():
            super().do_GET()
            return
        self._send_rest(path, int(asked[1]))

    def _send_rest(self, path: Path, start: int) -> None:
        size_bytes = path.stat().st_size
        if start >= size_bytes:
            self.send_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(size_bytes - start))
        self.send_header("Content-Range", f"bytes {start}-{size_bytes - 1}/{size_bytes}")
        self.end_headers()
        with path.open("rb") as file:
            file.seek(start)
            shutil.copyfileobj(file, self.wfile, _CHUNK_BYTES)

    def end_headers(self) -> None:
        for name, value in {**ISOLATION, "Cache-Control": "no-cache"}.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def opened(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server that waits to be started.

    Args:
        folder: what it serves.
        port: at which; 0 takes a free one.

    Raises:
        OutputError: the port cannot be had.
    """
    handler: Callable[..., SimpleHTTPRequestHandler] = partial(
        _Handler, directory=os.fspath(folder)
    )
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise OutputError(
            f"port {port} cannot be had: {error.strerror}; choose another --port"
        ) from error


def url(server: ThreadingHTTPServer) -> str:
    """The server's address. Browsers take it for as safe as HTTPS."""
    return f"http://127.0.0.1:{server.server_port}/"
