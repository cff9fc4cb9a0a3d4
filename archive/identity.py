"""The keys under which people's numbers are looked up and stored.

One secret of 32 random bytes in a folder outside database and store (and outside their backups),
from which four keys are derived (HKDF, RFC 5869): one for lookups by number (HMAC-SHA-256 cut to
16 bytes), one for numbers in a text, one for the words of the full-text index, one for storing
(AES-256-GCM). The
database alone reveals no number, and does not allow trying all of the thousand million there are.

The secret's id is derived from it too, stands before every ciphertext and distinguishes a wrong key
from a damaged row.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hmac
import json
import os
import secrets
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dossier.errors import IntegrityViolation, Misconfigured, TransientFault

FILE = "identity.key"
HASH_BYTES = 16
_SECRET_BYTES = 32
_FORMAT = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEAD_BYTES = len(_FORMAT) + _ID_BYTES
_LARGEST_FILE = 4096


class IdentityKeys:
    """Keyed hashes and encryption for what identifies people. Safe for many threads.

    Args:
        secret: 32 random bytes.

    Attributes:
        word_key: 32 bytes that key the words of the full-text index.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != _SECRET_BYTES:
            raise Misconfigured(
                "identity.bad-key", f"the identity key must have {_SECRET_BYTES} bytes"
            )
        self._look_up = _derived(secret, b"sohoa look-up")
        self._in_text = _derived(secret, b"sohoa index")
        self.word_key = _derived(secret, b"sohoa words")
        self._cipher = AESGCM(_derived(secret, b"sohoa store"))
        self._id = _derived(secret, b"sohoa id")[:_ID_BYTES]

    def __repr__(self) -> str:
        return f"IdentityKeys({self.id})"

    @property
    def id(self) -> str:
        """Which key this is: 8 hex digits, no secret."""
        return self._id.hex()

    def number_hash(self, number: str) -> bytes:
        """The 16 bytes under which a citizen ID or CMND is looked up.

        Args:
            number: ASCII digits without anything between them.
        """
        return hmac.digest(self._look_up, number.encode(), "sha256")[:HASH_BYTES]

    def number_token(self, number: str) -> str:
        """The word that stands for a number in the index of a text; another key than above."""
        return "n" + hmac.digest(self._in_text, number.encode(), "sha256")[:10].hex()

    def encrypt(self, plain: bytes, *, context: bytes) -> bytes:
        """Close bytes: format, key id, nonce, ciphertext and tag, 33 bytes longer than ``plain``.

        Args:
            plain: what to close.
            context: what it belongs to, such as a row; has to be the same when it is opened.
        """
        nonce = os.urandom(_NONCE_BYTES)
        head = _FORMAT + self._id
        return head + nonce + self._cipher.encrypt(nonce, plain, head + context)

    def decrypt(self, closed: bytes, *, context: bytes) -> bytes:
        """Open what ``encrypt`` has closed.

        Raises:
            Misconfigured: ``identity.other-key``: it was closed with another key.
            IntegrityViolation: ``identity.damaged``: it is not what was closed, or belongs to
                something else.
        """
        if len(closed) < _HEAD_BYTES + _NONCE_BYTES + _TAG_BYTES or closed[:1] != _FORMAT:
            raise _damaged()
        if not hmac.compare_digest(closed[1:_HEAD_BYTES], self._id):
            raise self.other_key(closed[1:_HEAD_BYTES].hex())
        nonce = closed[_HEAD_BYTES : _HEAD_BYTES + _NONCE_BYTES]
        try:
            return self._cipher.decrypt(
                nonce, closed[_HEAD_BYTES + _NONCE_BYTES :], closed[:_HEAD_BYTES] + context
            )
        except InvalidTag:
            raise _damaged() from None

    def other_key(self, other: str) -> Misconfigured:
        """The error for what another key has closed."""
        return Misconfigured(
            "identity.other-key",
            f"this was written with the identity key {other}, and the key at hand is {self.id}; "
            "put the right key file back (it is not in the backup of database or store)",
        )


def load(folder: Path) -> IdentityKeys:
    """The keys in a folder.

    Raises:
        Misconfigured: ``identity.no-key``; ``identity.key-open``: others may read the file;
            ``identity.bad-key``: it is not a key file, or not whole.
    """
    path = folder / FILE
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            mode = os.fstat(descriptor).st_mode
            content = stream.read(_LARGEST_FILE)
    except FileNotFoundError:
        raise Misconfigured(
            "identity.no-key",
            f"there is no {FILE} in the keys folder; put it back from where it is kept, or run "
            "`sohoa init` where nothing was archived yet",
        ) from None
    except OSError as fault:
        raise Misconfigured(
            "identity.no-key", f"{FILE} cannot be read ({fault.strerror})"
        ) from None
    if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
        raise Misconfigured(
            "identity.key-open", f"others may read {FILE}; run chmod 600 on it, or make a new one"
        )
    return _parsed(content)


def create(folder: Path) -> IdentityKeys:
    """Make new keys in a folder, if it has none; else load what is there.

    Raises:
        Misconfigured: what ``load`` raises; ``identity.not-writable``.
        TransientFault: ``identity.not-written``: the disk is full, or can only be read.
    """
    path = folder / FILE
    if not path.exists():
        secret = secrets.token_bytes(_SECRET_BYTES)
        written = {"id": IdentityKeys(secret).id, "secret": base64.b64encode(secret).decode()}
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=folder, prefix=".new-")  # made 0600
            with os.fdopen(descriptor, "wb") as out:
                out.write(json.dumps(written).encode() + b"\n")
                out.flush()
                os.fsync(descriptor)
            try:
                os.link(name, path)  # never over a key that somebody else has just made
            except FileExistsError:
                pass
            finally:
                Path(name).unlink()
            _sync(folder)
            # A folder that a power cut could lose would take all numbers with it.
            _sync(folder.parent)
        except OSError as fault:
            said = f"{FILE} cannot be made ({fault.strerror})"
            if fault.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
                raise TransientFault(
                    "identity.not-written", f"{said}; make room on the disk and start again"
                ) from None
            raise Misconfigured("identity.not-writable", said) from None
    return load(folder)


def _parsed(content: bytes) -> IdentityKeys:
    try:
        read = json.loads(content)
        keys = IdentityKeys(base64.b64decode(read["secret"], validate=True))
        if not hmac.compare_digest(str(read["id"]).encode(), keys.id.encode()):
            raise ValueError("another secret than the id tells")  # noqa: TRY301 - caught below, once for all
    except (ValueError, KeyError, TypeError, binascii.Error, Misconfigured):
        raise Misconfigured(
            "identity.bad-key", f"{FILE} is not a whole key file; put the right one back"
        ) from None  # the cause may quote the secret
    return keys


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damaged() -> IntegrityViolation:
    return IntegrityViolation(
        "identity.damaged",
        "what was stored of a person is not what was written; bring the database back from its "
        "backup, or run `sohoa rebuild`",
    )
