"""APK Signature Scheme v2, which Android 7 and later check: a block before the central directory.

https://source.android.com/docs/security/features/apksigning/v2
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit import extras
from edgekit.errors import PlanError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

_MAGIC, _SCHEME_V2, _RSA_SHA256 = b"APK Sig Block 42", 0x7109871A, 0x0103
_CHUNK_BYTES = 1 << 20  # that are hashed together, as the scheme says
_END = b"PK\5\6"  # of the central directory
_DIRECTORY_OFFSET = 16  # where the end says where the directory is
_KEY_BITS = 2048
_YEARS_VALID = 30


@dataclass(frozen=True)
class Key:
    """An RSA key with its certificate: updates of an app have to be signed by the same."""

    private: RSAPrivateKey
    certificate: Certificate


def check_installed() -> None:
    """Checks that keys can be made and read here.

    Raises:
        MissingExtraError: the package cryptography is not installed.
    """
    extras.require("apk")


def debug_key(path: Path) -> Key:
    """The key at ``path``, made if it is not there.

    It is good for one's own phones, and not for a store.

    Raises:
        PlanError: the file is no such key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.touch(0o600)
        part.write_bytes(_made())
        part.replace(path)
    return read_key(path, "")


def read_key(path: Path, password: str) -> Key:
    """Reads a key store of the format PKCS #12, as ``keytool`` and Android Studio make them.

    Raises:
        PlanError: it cannot be read with this password, or holds no RSA key and certificate.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        private, certificate, _ = pkcs12.load_key_and_certificates(
            path.read_bytes(), password.encode() or None
        )
    except (OSError, ValueError) as error:
        raise PlanError(f"{path} is no PKCS #12 key store for this password: {error}") from error
    if not isinstance(private, RSAPrivateKey) or certificate is None:
        raise PlanError(f"{path} has no RSA key with a certificate: name another --key")
    return Key(private, certificate)


def sign(apk: bytes, key: Key) -> bytes:
    """A finished, aligned APK with its signature.

    Args:
        apk: a zip file without a comment and without a signature.
        key: whose.
    """
    end = apk.rindex(_END)
    (directory,) = struct.unpack_from("<I", apk, end + _DIRECTORY_OFFSET)
    block = _block(_digest(apk[:directory], apk[directory:end], apk[end:]), key)
    tail = bytearray(apk[end:])
    struct.pack_into("<I", tail, _DIRECTORY_OFFSET, directory + len(block))
    return apk[:directory] + block + apk[directory:end] + tail


def _digest(*parts: bytes) -> bytes:
    """The content digest of APK Signature Scheme v2: SHA-256 over those of all chunks of 1 MB."""
    digests = [
        hashlib.sha256(b"\xa5" + struct.pack("<I", len(chunk)) + chunk).digest()
        for part in parts
        for chunk in _chunks(part)
    ]
    return hashlib.sha256(b"\x5a" + struct.pack("<I", len(digests)) + b"".join(digests)).digest()


def _chunks(part: bytes) -> Iterator[bytes]:
    for start in range(0, len(part), _CHUNK_BYTES):
        yield part[start : start + _CHUNK_BYTES]


def _block(digest: bytes, key: Key) -> bytes:
    """The signing block: digest, certificate and signature, in the layout of the scheme."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding

    certificate = key.certificate.public_bytes(serialization.Encoding.DER)
    public = key.private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    algorithm = struct.pack("<I", _RSA_SHA256)
    signed = _list(algorithm + _sized(digest)) + _list(certificate) + _list()
    signature = key.private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    signer = _sized(signed) + _list(algorithm + _sized(signature)) + _sized(public)
    value = struct.pack("<I", _SCHEME_V2) + _list(signer)
    pair = struct.pack("<Q", len(value)) + value
    size = struct.pack("<Q", len(pair) + 8 + len(_MAGIC))
    return size + pair + size + _MAGIC


def _sized(data: bytes) -> bytes:
    """Data with its length, 4 bytes, before it."""
    return struct.pack("<I", len(data)) + data


def _list(*rows: bytes) -> bytes:
    """Several pieces, each with its length, and the length of all before them."""
    return _sized(b"".join(map(_sized, rows)))


def _made() -> bytes:
    """A new key with a certificate of its own, as a PKCS #12 store."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12

    private = rsa.generate_private_key(65537, _KEY_BITS)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "edgekit debug")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS_VALID))
        .sign(private, hashes.SHA256())
    )
    return pkcs12.serialize_key_and_certificates(
        b"edgekit", private, certificate, None, serialization.NoEncryption()
    )
