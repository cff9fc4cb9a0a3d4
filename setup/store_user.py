"""Makes the service's own user of the store, with the rights of ``sohoa store-policy`` and no more.

Run as the store's administrator, after ``sohoa init``; safe to run again, and then sets the user's
secret and policy anew. By the administration API of MinIO and its forks. Where the store is another
S3, its operator makes such a user there (docs/operations.md).

Settings: those of ``sohoa init``, and the user's keys in files that ``STORE_USER_ACCESS_KEY_FILE``
and ``STORE_USER_SECRET_KEY_FILE`` name. Exit codes are those of ``sohoa``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import urllib3
from minio.credentials.providers import StaticProvider
from minio.error import MinioAdminException
from minio.minioadmin import MinioAdmin

from api.bootstrap import store_policy
from api.cli.exit_codes import Exit, exit_of
from api.settings import Settings, read_settings
from archive.s3_client import parse_address
from dossier.errors import Misconfigured, SohoaError, TransientFault

_POLICY = "sohoa-service"


def make_user(settings: Settings, *, access: str, secret: str) -> None:
    """Make the user, or set its secret and rights anew.

    Args:
        settings: name the store and its administrator's keys.
        access: the user's access key.
        secret: its secret key.

    Raises:
        Misconfigured: ``store.bad-address``, ``store.no-keys``, ``store.refused``,
            ``store.same-user``.
        TransientFault: ``store.no-answer``.
    """
    administrator = settings.store_keys()
    if access == administrator[0]:
        raise Misconfigured(
            "store.same-user",
            "the service must not be the store's administrator; give it an access key of its own",
        )
    where = parse_address(settings.store_address)
    admin = MinioAdmin(
        endpoint=where.host,
        credentials=StaticProvider(*administrator),
        region=where.region,
        secure=where.secure,
        # The certificates of make_client: SSL_CERT_FILE, or the system's.
        cert_check=True,
    )
    try:
        admin.policy_add(_POLICY, policy=store_policy(settings))
        admin.user_add(access, secret)
        admin.policy_set(_POLICY, user=access)
    except MinioAdminException as error:
        # Its text holds the whole answer; the status is enough.
        raise Misconfigured(
            "store.refused",
            f"the store did not make the user (status {error._code}); "  # noqa: SLF001 - not public
            "check the administrator's keys, and that it has MinIO's administration API",
        ) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise TransientFault(
            "store.no-answer", f"the store did not answer ({type(error).__name__}); try again"
        ) from None


def _first_line(name: str) -> str:
    try:
        lines = Path(os.environ.get(name, "")).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    if not lines or not lines[0]:
        raise Misconfigured("setting.unreadable", f"{name} must name a file with a key in it")
    return lines[0]


def main() -> int:
    """Make the user; the exit code."""
    try:
        make_user(
            read_settings(),
            access=_first_line("STORE_USER_ACCESS_KEY_FILE"),
            secret=_first_line("STORE_USER_SECRET_KEY_FILE"),
        )
    except SohoaError as error:
        sys.stderr.write(f"sohoa: {error.code}: {error.message}\n")
        return exit_of(error)
    sys.stdout.write("The service's user of the store is ready.\n")
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main())
