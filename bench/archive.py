"""What records cost: a deposit by S3, a rebuild, and a fixity check.

    python -m bench.archive [--objects 50000] [--s3-objects 5000] [--fixity-objects 1000]
                            [--folder DIR] [--database URL] [--minio PROGRAM] [--json]

- A store of small records in a folder, then ``sohoa rebuild`` into an empty database: records a
  second, catalogue and ledger. SQLite by default.
- A store of full-size records in a folder: reading all of it back against ``sha256sum`` of the
  same files; both warm, the better of two runs.
- Deposits into a real MinIO, against bare locked PUTs of the same bytes by the same client.

Generated records are not synced to the disk. Ends with 1 where a bar is missed: 1,200 records a
second, 70 % of ``sha256sum``, 1.5 times the bare PUTs.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest import mock
from uuid import UUID

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.retention import Retention

from archive import fixity
from archive.deposit import deposit, initialize
from archive.file_store import FileStore
from archive.s3_setup import make_buckets
from archive.s3_store import S3Store
from dossier import written
from dossier.ports import ObjectStore
from dossier.reports import Level, PdfaReport, Signature
from dossier.spine import (
    ArchivedRecord,
    Box,
    Description,
    MediaType,
    Page,
    Paper,
    RecognisedPage,
    Record,
    Scan,
    SignedRecord,
    Source,
    Value,
    Word,
)

OFFICE = "X00"
_ENGINE = "tesserocr 5.5.1 vie"
_NOW = datetime.now(UTC)
_UNTIL = _NOW + timedelta(days=90)
_SYLLABLES = (
    *("phường", "quận", "thành", "phố", "người", "yêu", "cầu", "giấy", "tờ", "tùy", "thân"),
    *("nơi", "cư", "trú", "dân", "tộc", "Kinh", "đăng", "ký", "khai", "sinh", "cơ", "quan"),
    *("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi"),
)
_LINES, _PER_LINE, _PAGES = 22, 10, 2
_SMALL, _FULL = (20_000, 10_000), (300_000, 250_000)
_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured figure with its bar.

    Attributes:
        met: whether it is within the bar.
    """

    name: str
    value: float
    bar: float
    met: bool


def signed_record(
    store: ObjectStore, number: int, chosen: Random, size: tuple[int, int]
) -> SignedRecord:
    """A made-up record whose blobs are in the work area.

    Args:
        store: where its blobs are put.
        number: of the record, from 1.
        chosen: decides its words.
        size: of PDF and scan, bytes.
    """
    pages = tuple(_page(page, chosen) for page in range(1, _PAGES + 1))
    pdfa = b"%PDF-1.7 " + chosen.randbytes(size[0])
    paper = Paper(
        id=UUID(int=((0x0199_9000_0000 + number) << 80) | (7 << 76) | (2 << 62) | number),
        office=OFFICE,
        dossier=f"X00-{number // 4:07d}",
        ordinal=number % 4 + 1,
        scan=Scan(
            id=UUID(int=(1 << 100) + number),
            office=OFFICE,
            blob=store.put_work_bytes(chosen.randbytes(size[1])),
            media_type=MediaType.TIFF,
            source=f"{number}.tif",
            received_at=_NOW,
        ),
        pages=tuple(Page(page.number, page.width, page.height) for page in pages),
    )
    record = Record(
        paper=paper,
        pdfa=store.put_work_bytes(pdfa),
        words=store.put_work_bytes(written.words_to_json(pages, engine=_ENGINE)),
        engine=_ENGINE,
        pdfa_report=PdfaReport(flavour="2u", validator="none"),
        description=_description(number, chosen),
    )
    signature = Signature(
        signer="UBND", certificate="ab" * 32, signed_at=_NOW - timedelta(seconds=1), level=Level.B_T
    )
    return SignedRecord(
        record=record, pdf=store.put_work_bytes(pdfa + b"%signed"), signatures=(signature,)
    )


def _page(number: int, chosen: Random) -> RecognisedPage:
    words = tuple(
        Word(chosen.choice(_SYLLABLES), Box(50.0 + 40 * i, 60.0, 85.0 + 40 * i, 72.0), 0.93, line)
        for line in range(_LINES)
        for i in range(_PER_LINE)
    )
    return RecognisedPage(number=number, width=595.3, height=841.9, words=words)


def _description(number: int, chosen: Random) -> Description:
    def value(field: str, text: str) -> Value:
        return Value(field=field, text=text, source=Source.OCR, confidence=0.98, page=1)

    def citizen_id() -> str:
        return f"0{chosen.randrange(10**11):011d}"

    values = (
        value("mother.name", " ".join(chosen.choice(_SYLLABLES) for _ in range(3))),
        value("mother.citizen_id", citizen_id()),
        value("father.name", " ".join(chosen.choice(_SYLLABLES) for _ in range(3))),
        value("father.citizen_id", citizen_id()),
        value("paper.number", f"{number}/2026"),
    )
    return Description(kind="birth-declaration", values=values)


def _deposit(store: ObjectStore, signed: SignedRecord, number: int) -> ArchivedRecord:
    at = _NOW + timedelta(milliseconds=number)
    return deposit(signed, store=store, archived_at=at, kept_until=_UNTIL)


def make_store(root: Path, objects: int, size: tuple[int, int]) -> FileStore:
    """A store in a folder with so many records, written without waiting for the disk."""
    store, chosen = FileStore(root), Random(1)
    with mock.patch.object(os, "fsync"):
        initialize(store, kept_until=_UNTIL)
        for number in range(1, objects + 1):
            signed = signed_record(store, number, chosen, size)
            _deposit(store, signed, number)
            for blob in (signed.pdf, signed.record.pdfa, signed.record.words):
                store.erase_work(blob.digest, untouched_since=datetime.max.replace(tzinfo=UTC))
    return store


def rebuild(folder: Path, objects: int, database: str) -> Figure:
    """Records a second of ``sohoa rebuild`` into an empty database."""
    make_store(folder / "store", objects, _SMALL)
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("SOHOA_")},
        "SOHOA_VAR": str(folder),
        "SOHOA_OFFICE": OFFICE,
        **({"SOHOA_DATABASE": database} if database else {}),
    }
    program = str(Path(sys.executable).with_name("sohoa"))
    subprocess.run([program, "init"], env=environment, check=True, capture_output=True)
    began = time.perf_counter()
    done = subprocess.run(
        [program, "rebuild", "--json"], env=environment, check=True, capture_output=True
    )
    seconds = time.perf_counter() - began
    if json.loads(done.stdout)["records"] != objects:
        raise SystemExit("the rebuild did not find all records")
    return Figure(
        name="rebuild, records/s", value=objects / seconds, bar=1200, met=objects / seconds >= 1200
    )


def read_back(folder: Path, objects: int) -> Figure:
    """The speed of a fixity check as a share of that of ``sha256sum``."""
    store = make_store(folder / "store", objects, _FULL)
    files = [str(file) for file in (folder / "store" / "record").rglob("*") if file.is_file()]
    size = sum(os.stat(file).st_size for file in files)  # noqa: PTH116 - strings for a program
    ours, bare = [], []
    for _ in range(2):
        began = time.perf_counter()
        subprocess.run(
            ["xargs", "-0", "sha256sum"],
            input="\0".join(files).encode(),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        bare.append(time.perf_counter() - began)
        began = time.perf_counter()
        survey = fixity.survey(store, now=_NOW)
        ours.append(time.perf_counter() - began)
        if survey.alarms or survey.whole != objects:
            raise SystemExit("the check did not find all records whole")
    print(f"fixity {size / _MIB / min(ours):.0f} MiB/s", file=sys.stderr)
    share = min(bare) / min(ours)
    return Figure(name="fixity, share of sha256sum", value=share, bar=0.7, met=share >= 0.7)


def deposits(folder: Path, objects: int, program: str) -> Figure:
    """The time of a deposit as a multiple of the bare PUTs of its files; in turns of 50."""
    chosen = Random(1)
    spent = [0.0, 0.0]
    with _minio(folder, program) as (address, user, password):
        make_buckets(address, access_key=user, secret_key=password)
        store = S3Store(address, access_key=user, secret_key=password, scratch=folder / "scratch")
        initialize(store, kept_until=_UNTIL)
        host, _, bucket = address.removeprefix("s3+http://").partition("/")
        client = Minio(host, user, password, secure=False, region="us-east-1")
        for first in range(1, objects + 1, 50):
            numbers = range(first, min(first + 50, objects + 1))
            records = [(n, signed_record(store, n, chosen, _FULL)) for n in numbers]
            began = time.perf_counter()
            archived = [_deposit(store, signed, number) for number, signed in records]
            spent[0] += time.perf_counter() - began
            bodies = [body for one in archived for body in _bodies(store, one.key)]
            began = time.perf_counter()
            for body in bodies:
                name = f"bare/{hashlib.sha256(secrets.token_bytes(8)).hexdigest()}"
                lock = Retention(COMPLIANCE, _UNTIL)
                client.put_object(bucket, name, io.BytesIO(body), len(body), retention=lock)
            spent[1] += time.perf_counter() - began
    factor = spent[0] / spent[1]
    return Figure(name="deposit by S3, bare PUTs", value=factor, bar=1.5, met=factor <= 1.5)


def _bodies(store: S3Store, key: str) -> list[bytes]:
    bodies = []
    for record in store.records(f"{key}/"):
        with store.open_record(record) as stream:
            bodies.append(stream.read())
    return bodies


@contextlib.contextmanager
def _minio(folder: Path, program: str) -> Iterator[tuple[str, str, str]]:
    """A MinIO on loopback: SOHOA_STORE, user and password."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    user, password = "bench", secrets.token_hex(12)
    server = subprocess.Popen(
        [program, "server", str(folder / "minio"), "--address", host, "--quiet"],
        env={"MINIO_ROOT_USER": user, "MINIO_ROOT_PASSWORD": password, "HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(150):
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"http://{host}/minio/health/ready", timeout=1).close()
                break
            time.sleep(0.2)
        yield f"s3+http://{host}/bench", user, password
    finally:
        server.terminate()
        server.wait()


def main(arguments: list[str] | None = None) -> int:
    """Measure and report; 1 where a bar is missed."""
    asked = argparse.ArgumentParser(prog="bench.archive")
    asked.add_argument("--objects", type=int, default=50_000)
    asked.add_argument("--s3-objects", type=int, default=5_000)
    asked.add_argument("--fixity-objects", type=int, default=1_000)
    asked.add_argument("--folder", type=Path)
    asked.add_argument("--database", default="")
    cache = Path(os.environ.get("SOHOA_CACHE", Path.home() / ".cache" / "sohoa"))
    asked.add_argument("--minio", default=str(cache / "minio" / "minio"))
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args(arguments)
    figures = []
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures.append(rebuild(Path(folder), options.objects, options.database))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures.append(read_back(Path(folder), options.fixity_objects))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures.append(deposits(Path(folder), options.s3_objects, options.minio))
    for one in figures:
        line = {"figure": one.name, "value": round(one.value, 2), "bar": one.bar, "met": one.met}
        said = f"{one.name}: {one.value:.2f} (bar {one.bar}, {'met' if one.met else 'MISSED'})"
        print(json.dumps(line) if options.json else said)
    return 0 if all(one.met for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
