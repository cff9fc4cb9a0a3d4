"""A real MinIO for the tests; ``setup/minio.sh`` builds it into the cache."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from minio.credentials.providers import StaticProvider
from minio.minioadmin import MinioAdmin
from servers.starting import Server, ServerMissingError, free_port


@dataclass(frozen=True)
class Minio:
    """A running store.

    Attributes:
        address: ``HOST:PORT``, plain HTTP.
        user: of its administrator.
        password: of its administrator.
        server: None where it was started by somebody else.
    """

    address: str
    user: str
    password: str
    server: Server | None

    def new_bucket_name(self) -> str:
        """A name that no bucket has."""
        return f"test-{secrets.token_hex(8)}"

    def new_user(self, policy: Mapping[str, object]) -> tuple[str, str]:
        """Make a user who may do this and nothing else; its access key and secret key."""
        admin = MinioAdmin(
            endpoint=self.address,
            credentials=StaticProvider(self.user, self.password),
            secure=False,
        )
        name, secret = f"user-{secrets.token_hex(6)}", secrets.token_hex(20)
        admin.user_add(name, secret)
        admin.policy_add(name, policy=dict(policy))
        admin.policy_set(name, user=name)
        return name, secret


@contextlib.contextmanager
def minio() -> Iterator[Minio]:
    """A MinIO over one folder."""
    given = os.environ.get("SOHOA_TEST_MINIO", "")
    if given:
        user, password = (
            os.environ["SOHOA_TEST_MINIO_ADMIN"],
            os.environ["SOHOA_TEST_MINIO_PASSWORD"],
        )
        yield Minio(given, user, password, None)
        return
    program = minio_program()
    port = free_port()
    user, password = "administrator", secrets.token_hex(20)
    with tempfile.TemporaryDirectory(prefix="sohoa-minio-") as folder:
        server = Server(
            command=(
                str(program),
                *("server", str(Path(folder, "data")), "--address", f"127.0.0.1:{port}", "--quiet"),
            ),
            log=Path(folder, "log"),
            ready=lambda: _answers(port),
            environment={
                "PATH": os.defpath,
                "HOME": folder,
                "MINIO_ROOT_USER": user,
                "MINIO_ROOT_PASSWORD": password,
                "MINIO_UPDATE": "off",
                "MINIO_BROWSER": "off",
            },
        )
        with server.running():
            yield Minio(f"127.0.0.1:{port}", user, password, server)


def minio_program() -> Path:
    """Where ``setup/minio.sh`` has put it."""
    cache = Path(os.environ.get("SOHOA_CACHE", "") or Path.home() / ".cache" / "sohoa")
    program = cache / "minio" / "minio"
    if not program.is_file():
        raise ServerMissingError("MinIO has not been built; run: setup/minio.sh")
    return program


def _answers(port: int) -> bool:
    url = f"http://127.0.0.1:{port}/minio/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
