"""Making the two buckets of a store, and the least that the service may be allowed there."""

from __future__ import annotations

from minio import Minio
from minio.error import S3Error

from archive.s3_client import Address, make_client, parse_address
from archive.s3_faults import translated
from dossier.errors import Misconfigured

_ENABLED = "Enabled"
_READ_AND_ADD = (
    "s3:PutObject",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObjectRetention",
    "s3:GetObjectRetention",
    "s3:PutObjectLegalHold",
    "s3:GetObjectLegalHold",
    # Of an upload in parts that was not finished; it was never a version.
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
_LOOK = (
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:GetBucketVersioning",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketLocation",
)
_LOOK_AT_WORK = ("s3:ListBucket", "s3:GetBucketVersioning", "s3:GetBucketLocation")
_WORK = (
    "s3:PutObject",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)


def make_buckets(address: str, *, access_key: str, secret_key: str) -> None:
    """Make both buckets where they are missing, and see that records are locked there.

    Making them needs the store's administrator; where both are there, the service's own user will
    do.

    Raises:
        Misconfigured: ``store.not-locked``: the bucket of records was made without Object Lock;
            ``store.work-versioned``: nothing can be erased from the bucket of work;
            ``store.refused``.
        TransientFault: ``store.no-answer``.
    """
    where = parse_address(address)
    client = make_client(where, access_key=access_key, secret_key=secret_key)
    with translated("the buckets"):
        for bucket, locked in ((where.bucket, True), (where.work, False)):
            if not client.bucket_exists(bucket):
                _make(client, bucket, locked=locked)
        if not _is_locked(client, where):
            raise Misconfigured(
                "store.not-locked",
                f"the bucket {where.bucket} keeps no versions or has no Object Lock, so nothing in "
                "it is safe; name another in SOHOA_STORE, or let sohoa init make it",
            )
        if client.get_bucket_versioning(where.work).status == _ENABLED:
            raise Misconfigured(
                "store.work-versioned",
                f"the bucket {where.work} keeps versions, so what is erased there would stay; "
                "name another in SOHOA_STORE, or let sohoa init make it",
            )


def _make(client: Minio, bucket: str, *, locked: bool) -> None:
    try:
        client.make_bucket(bucket, object_lock=locked)
    except S3Error as error:
        # Another ``init`` was faster.
        if error.code != "BucketAlreadyOwnedByYou":
            raise


def _is_locked(client: Minio, where: Address) -> bool:
    if client.get_bucket_versioning(where.bucket).status != _ENABLED:
        return False
    try:
        client.get_object_lock_config(where.bucket)
    except S3Error as error:
        if error.code == "ObjectLockConfigurationNotFoundError":
            return False
        raise
    return True


def least_policy(address: str) -> dict[str, object]:
    """The policy of the service's own user: adding and reading records, no right to delete one.

    Nor may it shorten a term, hide a record, or change what the buckets are. In the bucket of work
    it may erase.

    Raises:
        Misconfigured: ``store.bad-address``.
    """
    where = parse_address(address)
    record, work = f"arn:aws:s3:::{where.bucket}", f"arn:aws:s3:::{where.work}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allowed(_READ_AND_ADD, f"{record}/*"),
            _allowed(_LOOK, record),
            _allowed(_WORK, f"{work}/*"),
            _allowed(_LOOK_AT_WORK, work),
        ],
    }


def _allowed(actions: tuple[str, ...], resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": [resource]}
