"""What the file store does beyond the contract: crashes, terms, what others leave in its folder."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.file_faults import translated
from archive.file_store import FileStore
from dossier.errors import IntegrityViolation, Misconfigured, TransientFault
from dossier.ports import RecordVersion

SOON = datetime(2036, 1, 1, 7, 30, tzinfo=UTC)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"a record")
    return path


def test_a_record_is_read_only_and_tells_its_term(root: Path, source: Path) -> None:
    store = FileStore(root)
    record = store.put_record("a/b", source, kept_until=SOON)
    path = root / "record" / "a" / "b"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert path.stat().st_nlink == 1
    with store.open_record(record) as stream:
        stream.read()
    assert store.kept_until(record) == SOON
    store.put_record("a/b", source, kept_until=SOON - timedelta(days=1))
    assert store.kept_until(record) == SOON


def test_a_term_is_never_rounded_down(root: Path, source: Path) -> None:
    store = FileStore(root)
    record = store.put_record("a", source, kept_until=SOON + timedelta(microseconds=1))
    assert store.kept_until(record) == SOON + timedelta(seconds=1)


def test_folders_are_closed_to_others(root: Path, source: Path) -> None:
    FileStore(root).put_record("a/b/c", source, kept_until=SOON)
    for folder in (root, root / "record", root / "record" / "a" / "b", root / "temp"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_nothing_is_left_under_temp(root: Path, source: Path) -> None:
    store = FileStore(root)
    store.put_work(source)
    store.put_record("a", source, kept_until=SOON)
    store.put_record("a", source, kept_until=SOON)
    other = source.with_name("other")
    other.write_bytes(b"other")
    with pytest.raises(IntegrityViolation):
        store.put_record("a", other, kept_until=SOON)
    assert list((root / "temp").iterdir()) == []


def test_a_sweep_takes_only_what_is_old(root: Path, source: Path) -> None:
    store = FileStore(root)
    assert store.sweep(before=SOON) == 0
    store.put_work(source)
    old, young = root / "temp" / "old", root / "temp" / "young"
    old.write_bytes(b"half")
    young.write_bytes(b"being written")
    os.utime(old, (1, 1))
    assert store.sweep(before=datetime.now(UTC) - timedelta(hours=1)) == 1
    assert [p.name for p in (root / "temp").iterdir()] == ["young"]


def test_a_link_in_the_record_area_is_not_followed(root: Path, source: Path) -> None:
    store = FileStore(root)
    store.put_record("a/b", source, kept_until=SOON)
    (root / "record" / "a" / "link").symlink_to(source)
    assert [r.key for r in store.records()] == ["a/b", "a/link"]
    with (
        pytest.raises(IntegrityViolation) as caught,
        store.open_record(RecordVersion(key="a/link", version="", size=8)),
    ):
        pass
    assert caught.value.code == "record.missing"
    with pytest.raises(IntegrityViolation) as caught:
        store.put_record("a/link", source, kept_until=SOON)
    assert caught.value.code == "record.exists"


def test_many_threads_put_the_same(root: Path, source: Path) -> None:
    store = FileStore(root)
    faults: list[Exception] = []

    def put() -> None:
        try:
            for n in range(5):
                store.put_work(source)
                store.put_record(f"a/{n}", source, kept_until=SOON)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test tells
            faults.append(fault)

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(list(store.records())) == 5


@pytest.mark.parametrize(
    ("number", "error", "code"),
    [
        ("ENOSPC", TransientFault, "store.full"),
        ("EACCES", Misconfigured, "store.refused"),
        ("EROFS", TransientFault, "store.read-only"),
        ("EIO", IntegrityViolation, "store.unreadable"),
        ("ESTALE", TransientFault, "store.failed"),
    ],
)
def test_system_errors_name_the_party_that_must_act(
    number: str, error: type[TransientFault], code: str
) -> None:
    import errno  # noqa: PLC0415 - only here

    with pytest.raises(error) as caught, translated("a file"):
        raise OSError(getattr(errno, number), "a text of the system", "/a/path")
    assert caught.value.code == code
    assert "/a/path" not in caught.value.message


def test_a_full_disk_leaves_nothing(
    root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    root.mkdir()
    for folder in ("temp", "record"):
        (root / folder).mkdir()
    with pytest.raises(TransientFault):
        FileStore(root).put_record("a", source, kept_until=SOON)
    assert [p for p in root.rglob("*") if p.is_file()] == []


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from archive.file_store import FileStore

store, source = FileStore(Path(sys.argv[1])), Path(sys.argv[2])
print("go", flush=True)
for n in range(1_000_000):
    store.put_record(f"a/{n:06d}", source, kept_until=datetime(2036, 1, 1, tzinfo=UTC))
    store.put_work_bytes(b"%d" % n * 300_000)
"""


def test_a_writer_killed_at_any_moment_leaves_only_whole_files(root: Path, tmp_path: Path) -> None:
    content = os.urandom(3 << 20)
    source = tmp_path / "large"
    source.write_bytes(content)
    store = FileStore(root)
    for n in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root), str(source)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"go\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(0.05 + n * 0.03)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    for record in store.records():
        with store.open_record(record) as stream:
            assert stream.read() == content
    for digest in store.works(untouched_since=SOON):
        path = root / "work" / digest[:2] / digest
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    store.sweep(before=SOON)
    assert list((root / "temp").iterdir()) == []
    store.put_record("a/000000", source, kept_until=SOON)


def test_a_work_area_that_is_away_is_no_alarm(root: Path) -> None:
    store = FileStore(root)
    blob = store.put_work_bytes(b"here")
    (root / "work").rename(root / "elsewhere")
    with pytest.raises(TransientFault) as caught, store.work_file(blob):
        pass
    assert caught.value.code == "store.no-answer"
    (root / "elsewhere").rename(root / "work")
    with store.work_file(blob) as path:
        assert path.read_bytes() == b"here"
