"""A web server for one folder, on this machine's loopback interface only.

As any good host it isolates the page from other origins, without which browsers give no threads,
and sends the rest of a file to whoever has its beginning.
"""

from __future__ import annotations

import os
import re
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from edgekit.benchmarks.devices.browser.loopback import ISOLATION
from edgekit.errors import OutputError

_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}


class Handler(SimpleHTTPRequestHandler):
    """Answers a browser's requests for the files of a folder."""

    def do_GET(self) -> None:
        """Sends the file that is asked for, or the rest of it from a byte on (RFC 9110, 14.2)."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if asked is None or not path.is_file():
            super().do_GET()
            return
        self._send_rest(path, int(asked[1]))

    def _send_rest(self, path: Path, start: int) -> None:
        """Sends a file from byte ``start`` on."""
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
            self.copyfile(file, self.wfile)

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        """A file's type: the system's own table may lack some."""
        return _TYPES.get(Path(path).suffix) or super().guess_type(path)

    def end_headers(self) -> None:
        """Adds to every answer what isolates the page, and what keeps old copies from use."""
        for name, value in {**ISOLATION, "Cache-Control": "no-cache"}.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: a person who serves a site does not want a line a file."""
        pass


def opened(
    folder: Path, port: int, handler: type[SimpleHTTPRequestHandler] = Handler
) -> ThreadingHTTPServer:
    """A server that waits to be started.

    Args:
        folder: what it serves.
        port: at which; 0 takes a free one.
        handler: what answers.

    Raises:
        OutputError: the port cannot be had.
    """
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=str(folder)))
    except OSError as error:
        raise OutputError(
            f"port {port} cannot be had: {error.strerror}; choose another --port"
        ) from error


def url(server: ThreadingHTTPServer) -> str:
    """The server's address. Browsers take it for as safe as HTTPS."""
    return f"http://127.0.0.1:{server.server_port}/"
