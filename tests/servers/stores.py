"""Stores by S3 for the tests: new buckets, used with no more rights than the service has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import minio as client
from servers.minio import Minio

from archive.s3_setup import least_policy, make_buckets
from archive.s3_store import S3Store


@dataclass(frozen=True)
class Place:
    """Two new buckets, and one who may do there what the service must.

    Attributes:
        minio: where.
        bucket: of records.
        access_key: of the service.
        secret_key: of the service.
        folder: for local copies and for what is put.
    """

    minio: Minio
    bucket: str
    access_key: str
    secret_key: str
    folder: Path

    @property
    def address(self) -> str:
        """As in SOHOA_STORE."""
        return self.through(self.minio.address)

    def through(self, host: str) -> str:
        """The same by way of another host."""
        return f"s3+http://{host}/{self.bucket}"

    def store(
        self, kind: type[S3Store] = S3Store, *, host: str = "", read_seconds: float = 20.0
    ) -> S3Store:
        """The service's store; or a broken kind of it, or by way of another host."""
        return kind(
            self.through(host or self.minio.address),
            access_key=self.access_key,
            secret_key=self.secret_key,
            scratch=self.folder / "scratch",
            read_seconds=read_seconds,
        )

    def service(self) -> client.Minio:
        """A client that does whatever is asked, with the service's keys."""
        return client.Minio(
            self.minio.address, self.access_key, self.secret_key, secure=False, region="us-east-1"
        )

    def administrator(self) -> client.Minio:
        """The same, with the administrator's keys."""
        return client.Minio(
            self.minio.address,
            self.minio.user,
            self.minio.password,
            secure=False,
            region="us-east-1",
        )

    def file(self, content: bytes) -> Path:
        """A file with this content."""
        path = self.folder / "source"
        path.write_bytes(content)
        return path

    def versions(self, key: str) -> int:
        """How many versions of a key there are, as the store itself tells."""
        found = self.administrator().list_objects(self.bucket, key, include_version=True)
        return sum(each.object_name == key and not each.is_delete_marker for each in found)


def place(minio: Minio, folder: Path) -> Place:
    """Make a place."""
    bucket = minio.new_bucket_name()
    address = f"s3+http://{minio.address}/{bucket}"
    make_buckets(address, access_key=minio.user, secret_key=minio.password)
    access, secret = minio.new_user(least_policy(address))
    return Place(minio, bucket, access, secret, folder)
