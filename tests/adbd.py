"""A phone as adb sees it, on loopback: its shell, its files and what may go wrong with it.

:mod:`emulated_phone` is what it holds. The files' protocol is described in AOSP,
``packages/modules/adb``, SYNC.TXT.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from adb_wire import MAX_DATA, VERSION, Connection, Packet, Stream, UnpluggedError

TOKEN, TOKEN_BYTES = 1, 20
STDIN, STDOUT, STDERR, EXIT, CLOSE_STDIN = range(5)
WORK = "/data/local/tmp"
ENVIRONMENT = {"PATH": "/system/bin", "HOME": WORK, "TMPDIR": WORK, "PROOT_TMP_DIR": "/tmp"}


@dataclass
class Faults:
    """What goes wrong, to be changed while the phone runs.

    ``push_bytes``: the cable is pulled when a push has brought so many bytes. ``told`` is what
    happens, once, when a program is told that; if it returns True, the program stands still from
    then on. ``state`` is ``unauthorized`` or ``offline``. ``room_bytes`` is what may still be
    written by pushes. ``delay_seconds`` comes before each packet, ``noise`` on the standard error
    of each command.
    """

    push_bytes: int | None = None
    told: dict[bytes, Callable[[], object]] = field(default_factory=dict)
    state: str = "device"
    room_bytes: int | None = None
    delay_seconds: float = 0.0
    noise: bytes = b""


@dataclass
class Phone:
    """A phone whose files are in ``root``; ``argv`` makes a process's arguments of a shell line."""

    root: Path
    argv: Callable[[str], list[str]]
    model: str = "Emu 7"
    faults: Faults = field(default_factory=Faults)
    port: int = 0
    pushed: list[str] = field(default_factory=list)
    unplugged: Callable[[], object] = lambda: None

    def plug(self) -> Phone:
        """Listens, at the same port as before."""
        self._server = socket.create_server(("127.0.0.1", self.port))
        self.port = self._server.getsockname()[1]
        self._connections: list[Connection] = []
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()
        return self

    @property
    def serial(self) -> str:
        return f"127.0.0.1:{self.port}"

    def unplug(self) -> None:
        """Closes everything at once, as a pulled cable does; its programs end."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # else the thread in accept() keeps the port
        self._server.close()
        for connection in self._connections:
            connection.close()
        self.unplugged()

    @property
    def delay_seconds(self) -> float:
        return self.faults.delay_seconds

    def greeting(self) -> Packet | None:
        """A device that is unauthorised asks for a key, one that is offline is silent."""
        if self.faults.state == "offline":
            return None
        if self.faults.state == "unauthorized":
            return (b"AUTH", TOKEN, 0, os.urandom(TOKEN_BYTES))
        name = self.model.replace(" ", "_")
        banner = f"device::ro.product.name=emu;ro.product.model={name};features=shell_v2,cmd"
        return (b"CNXN", VERSION, MAX_DATA, banner.encode())

    def service(self, name: str) -> Callable[[Stream, str, bool], None] | None:
        """A shell's, or that of files."""
        found = {"shell": _shell, "exec": _shell, "sync": _sync}.get(name)
        return found and partial(found, self)

    def path(self, name: str) -> Path:
        """The file of that name on the phone.

        Raises:
            PermissionError: it lies outside.
        """
        found = Path(os.path.realpath(self.root / name.lstrip("/")))
        if not found.is_relative_to(self.root):
            raise PermissionError(13, "Permission denied")
        return found

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = Connection(self, server.accept()[0])
                self._connections.append(connection)
                threading.Thread(target=connection.serve, daemon=True).start()


# ---- shell --------------------------------------------------------------------------------------


def _shell(phone: Phone, stream: Stream, command: str, v2: bool) -> None:
    process = subprocess.Popen(
        phone.argv(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if v2 else subprocess.STDOUT,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    lock = threading.Lock()

    def packet(kind: int, data: bytes) -> None:
        with lock:
            stream.write(struct.pack("<BI", kind, len(data)) + data if v2 else data)

    def copy(kind: int, pipe: int) -> None:
        with contextlib.suppress(UnpluggedError, OSError):
            while data := os.read(pipe, 65536):
                packet(kind, data)

    threading.Thread(target=_feed, args=(phone, stream, process, v2), daemon=True).start()
    pipes = [(STDOUT, process.stdout), (STDERR, process.stderr)]
    copying = [
        threading.Thread(target=copy, args=(kind, pipe.fileno()), daemon=True)
        for kind, pipe in pipes
        if pipe
    ]
    for thread in copying:
        thread.start()
    if v2 and phone.faults.noise:
        packet(STDERR, phone.faults.noise)
    for thread in copying:
        thread.join()
    code = process.wait()
    if v2:
        packet(EXIT, bytes([code if code >= 0 else 128 - code]))


def _feed(phone: Phone, stream: Stream, process: subprocess.Popen[bytes], v2: bool) -> None:
    """What adb sends becomes the program's standard input; when it goes, so does the program."""
    assert process.stdin is not None
    with contextlib.suppress(UnpluggedError):
        while True:
            kind, size = struct.unpack("<BI", stream.read(5)) if v2 else (STDIN, 1)
            data = stream.read(size)
            for text in [text for text in phone.faults.told if text in data]:
                if phone.faults.told.pop(text)():
                    os.killpg(process.pid, signal.SIGSTOP)
            with contextlib.suppress(OSError):
                if kind == STDIN:
                    process.stdin.write(data)
                    process.stdin.flush()
                elif kind == CLOSE_STDIN:
                    process.stdin.close()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


# ---- sync: files --------------------------------------------------------------------------------


def _sync(phone: Phone, stream: Stream, argument: str, v2: bool) -> None:
    services = {b"STAT": _stat, b"LIST": _list, b"SEND": _receive, b"RECV": _give}
    while True:
        name, size = struct.unpack("<4sI", stream.read(8))
        if name == b"QUIT":
            return
        try:
            services[name](phone, stream, stream.read(size).decode())
        except OSError as error:
            reason = str(error.strerror).encode()
            stream.write(struct.pack("<4sI", b"FAIL", len(reason)) + reason)


def _stat(phone: Phone, stream: Stream, name: str) -> None:
    try:
        found = phone.path(name).stat()
    except OSError:
        stream.write(struct.pack("<4s3I", b"STAT", 0, 0, 0))
    else:
        when = int(found.st_mtime)
        stream.write(struct.pack("<4s3I", b"STAT", found.st_mode, found.st_size, when))


def _list(phone: Phone, stream: Stream, name: str) -> None:
    folder = phone.path(name)
    for each in folder.iterdir() if folder.is_dir() else ():
        found, title = each.lstat(), os.fsencode(each.name)
        row = (found.st_mode, found.st_size, int(found.st_mtime), len(title))
        stream.write(struct.pack("<4s4I", b"DENT", *row) + title)
    stream.write(struct.pack("<4s4I", b"DONE", 0, 0, 0, 0))


def _receive(phone: Phone, stream: Stream, argument: str) -> None:
    """A file that is pushed. All of it is read, even if it cannot be written."""
    name, _, mode = argument.rpartition(",")
    failure: OSError | None = None
    path = phone.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for data in _chunks(stream):
            try:
                _count(phone, stream, len(data))
                file.write(data)
                file.flush()
            except OSError as error:
                failure = error
    path.chmod(stat.S_IMODE(int(mode)))
    phone.pushed.append(name)
    if failure is not None:
        raise failure
    stream.write(struct.pack("<4sI", b"OKAY", 0))


def _chunks(stream: Stream) -> Iterator[bytes]:
    while True:
        name, size = struct.unpack("<4sI", stream.read(8))
        if name == b"DONE":
            return
        yield stream.read(size)


def _count(phone: Phone, stream: Stream, size: int) -> None:
    faults = phone.faults
    if faults.push_bytes is not None:
        faults.push_bytes -= size
        if faults.push_bytes < 0:
            faults.push_bytes = None
            stream.cut()
    if faults.room_bytes is not None:
        faults.room_bytes -= size
        if faults.room_bytes < 0:
            raise OSError(28, "No space left on device")


def _give(phone: Phone, stream: Stream, name: str) -> None:
    with phone.path(name).open("rb") as file:
        while data := file.read(65536):
            stream.write(struct.pack("<4sI", b"DATA", len(data)) + data)
    stream.write(struct.pack("<4sI", b"DONE", 0))


def free_port() -> int:
    """One that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
