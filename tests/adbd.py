"""A phone's side of adb's protocol on loopback, and faults; :mod:`emulated_phone` is what it holds.

The protocol is described in AOSP, ``packages/modules/adb``, protocol.txt and SYNC.TXT.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import stat
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_DATA = 256 * 1024
VERSION = 0x01000001  # from this one on, checksums are not looked at
HEADER = struct.Struct("<4s4I4s")
TOKEN, TOKEN_BYTES = 1, 20
STDIN, STDOUT, STDERR, EXIT, CLOSE_STDIN = range(5)
WORK = "/data/local/tmp"
ENVIRONMENT = {"PATH": "/system/bin", "HOME": WORK, "TMPDIR": WORK, "PROOT_TMP_DIR": "/tmp"}


class UnpluggedError(Exception):
    """The connection or the stream is gone."""


@dataclass
class Faults:
    """What goes wrong, to be changed while the phone runs.

    ``push_bytes``, ``stdin_text``: the cable is pulled when a push has brought so many bytes, or
    when a program is told that. ``state`` is ``unauthorized`` or ``offline``. ``room_bytes`` is
    what may still be written by pushes. ``delay_seconds`` comes before each packet, ``noise`` on
    the standard error of each command.
    """

    push_bytes: int | None = None
    stdin_text: bytes | None = None
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


class Connection:
    """One adb server's, with many streams."""

    def __init__(self, phone: Phone, peer: socket.socket) -> None:
        self.phone = phone
        self._peer, self._file = peer, peer.makefile("rb")
        self._streams: dict[int, Stream] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)

    def send(self, command: bytes, first: int, second: int, data: bytes = b"") -> None:
        time.sleep(self.phone.faults.delay_seconds)
        magic = bytes(byte ^ 0xFF for byte in command)
        header = HEADER.pack(command, first, second, len(data), sum(data) & 0xFFFFFFFF, magic)
        try:
            with self._lock:
                self._peer.sendall(header + data)
        except OSError as error:
            raise UnpluggedError from error

    def serve(self) -> None:
        """Until the other side goes, or the cable is pulled."""
        try:
            while header := self._file.read(HEADER.size):
                command, first, second, size, _, _ = HEADER.unpack(header)
                self._obey(command, first, second, self._file.read(size))
        except (OSError, struct.error, UnpluggedError):
            pass
        finally:
            for stream in list(self._streams.values()):
                stream.end()
            self._peer.close()

    def _obey(self, command: bytes, theirs: int, ours: int, data: bytes) -> None:
        stream = self._streams.get(ours)
        if command in (b"CNXN", b"AUTH"):
            self._greet()
        elif command == b"OPEN":
            self._open(theirs, data.rstrip(b"\0").decode())
        elif stream is None:
            return
        elif command == b"OKAY":
            stream.acknowledged.release()
        elif command == b"WRTE":
            stream.received(data)
            self.send(b"OKAY", ours, theirs)
        elif command == b"CLSE":
            stream.end()

    def _greet(self) -> None:
        state = self.phone.faults.state
        if state == "unauthorized":
            self.send(b"AUTH", TOKEN, 0, os.urandom(TOKEN_BYTES))
        elif state != "offline":
            name = self.phone.model.replace(" ", "_")
            banner = f"device::ro.product.name=emu;ro.product.model={name};features=shell_v2,cmd"
            self.send(b"CNXN", VERSION, MAX_DATA, banner.encode())

    def _open(self, theirs: int, destination: str) -> None:
        service, _, argument = destination.partition(":")
        name, *options = service.split(",")
        serve = {"shell": _shell, "exec": _shell, "sync": _sync}.get(name)
        if serve is None:
            self.send(b"CLSE", 0, theirs)
            return
        stream = Stream(self, len(self._streams) + 1, theirs)
        self._streams[stream.ours] = stream
        self.send(b"OKAY", stream.ours, theirs)

        def run() -> None:
            with contextlib.suppress(UnpluggedError):
                try:
                    serve(self.phone, stream, argument, "v2" in options)
                finally:
                    stream.close()

        threading.Thread(target=run, daemon=True).start()


class Stream:
    """Bytes both ways; a packet is sent when the one before was acknowledged."""

    def __init__(self, connection: Connection, ours: int, theirs: int) -> None:
        self.ours = ours
        self.acknowledged = threading.Semaphore(1)
        self._connection, self._theirs = connection, theirs
        self._packets: queue.Queue[bytes | None] = queue.Queue()
        self._rest = b""
        self._ended = False

    def received(self, data: bytes) -> None:
        self._packets.put(data)

    def end(self) -> None:
        """The other side is gone."""
        self._ended = True
        self._packets.put(None)
        self.acknowledged.release()

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            packet = self._packets.get()
            if packet is None:
                raise UnpluggedError
            self._rest += packet
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), MAX_DATA):
            self._when_acknowledged(b"WRTE", data[start : start + MAX_DATA])

    def close(self) -> None:
        self._when_acknowledged(b"CLSE", b"")

    def cut(self) -> None:
        """The cable is pulled."""
        self._connection.phone.unplug()
        raise UnpluggedError

    def _when_acknowledged(self, command: bytes, data: bytes) -> None:
        self.acknowledged.acquire()
        if self._ended:
            raise UnpluggedError
        self._connection.send(command, self.ours, self._theirs, data)


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
            wanted = phone.faults.stdin_text
            if wanted and wanted in data:
                phone.faults.stdin_text = None
                stream.cut()
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
