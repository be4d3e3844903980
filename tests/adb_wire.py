"""adb's protocol on a socket, from the device's side: packets, and streams of bytes.

It is described in AOSP, ``packages/modules/adb``, protocol.txt.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Protocol

MAX_DATA = 256 * 1024
VERSION = 0x01000001  # from this one on, checksums are not looked at
HEADER = struct.Struct("<4s4I4s")
Packet = tuple[bytes, int, int, bytes]


class UnpluggedError(Exception):
    """The connection or the stream is gone."""


class Device(Protocol):
    """What is behind the socket. ``delay_seconds`` comes before each packet."""

    @property
    def delay_seconds(self) -> float: ...

    def greeting(self) -> Packet | None:
        """What answers the server's first packet, if anything does."""
        ...

    def service(self, name: str) -> Callable[[Stream, str, bool], None] | None:
        """What serves a stream, given its argument and whether it is of version 2."""
        ...

    def unplug(self) -> None:
        """Closes everything at once."""
        ...


class Connection:
    """One adb server's, with many streams."""

    def __init__(self, device: Device, peer: socket.socket) -> None:
        self.device = device
        self._peer, self._file = peer, peer.makefile("rb")
        self._streams: dict[int, Stream] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)

    def send(self, command: bytes, first: int, second: int, data: bytes = b"") -> None:
        time.sleep(self.device.delay_seconds)
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
            packet = self.device.greeting()
            if packet is not None:
                self.send(*packet)
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

    def _open(self, theirs: int, destination: str) -> None:
        service, _, argument = destination.partition(":")
        name, *options = service.split(",")
        serve = self.device.service(name)
        if serve is None:
            self.send(b"CLSE", 0, theirs)
            return
        stream = Stream(self, len(self._streams) + 1, theirs)
        self._streams[stream.ours] = stream
        self.send(b"OKAY", stream.ours, theirs)

        def run() -> None:
            with contextlib.suppress(UnpluggedError):
                try:
                    serve(stream, argument, "v2" in options)
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
        self._connection.device.unplug()
        raise UnpluggedError

    def _when_acknowledged(self, command: bytes, data: bytes) -> None:
        self.acknowledged.acquire()
        if self._ended:
            raise UnpluggedError
        self._connection.send(command, self.ours, self._theirs, data)
