"""Parts of the HTTP API by themselves: rates, tokens, masks, signatures, pieces, problems."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from unit.workflow.fakes import OFFICE, SEALING, START, new_ledger

from api.desk.tokens import new_secret, verify
from api.http import problems
from api.http.rate_limit import RateLimiter
from api.upload_files import UploadFiles
from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    TransientFault,
    WrongUse,
)
from workflow.ledger.tokens import Token, Tokens
from workflow.ledger.uploads import Upload, Uploads
from workflow.webhooks import signature

UPLOAD = UUID(int=7)
ASKING = "t"


def test_a_bucket_holds_a_minutes_worth_and_fills_steadily() -> None:
    rates = RateLimiter()
    assert [rates.take("t", rate=60, now=0.0) for _ in range(60)] == [0.0] * 60
    assert rates.take("t", rate=60, now=0.0) == pytest.approx(1.0)
    assert rates.take("other", rate=60, now=0.0) == 0.0
    assert rates.take("t", rate=60, now=1.0) == 0.0
    assert rates.take("t", rate=60, now=1.5) == pytest.approx(0.5)


def _token(number: str, digest: bytes) -> Token:
    return Token(
        id=number,
        office=OFFICE,
        name="t",
        digest=digest,
        scopes=("read",),
        rate=60,
        created_at=START,
        created_by="cli:x",
        expires_at=START + timedelta(days=1),
    )


def test_only_the_whole_token_is_genuine_and_only_as_long_as_it_holds(tmp_path: Path) -> None:
    tokens = Tokens(new_ledger(tmp_path).connections)
    number, text, digest = new_secret()
    other = new_secret()[1]
    tokens.add(_token(number, digest))
    found = verify(text, tokens, now=START)
    assert found is not None
    assert found.id == number
    secret = text.rpartition("_")[2]
    assert secret.encode() not in digest
    for wrong in (
        "", "x", other, text[:-1], text + "A", text.upper(), f" {text}",
        f"sohoa_{number}_{other[-43:]}",
    ):  # fmt: skip
        assert verify(wrong, tokens, now=START) is None, wrong
    assert verify(text, tokens, now=START + timedelta(days=1)) is None
    tokens.revoke(number, now=START)
    assert verify(text, tokens, now=START) is None
    with pytest.raises(WrongUse):
        tokens.revoke("nobody", now=START)


def test_an_office_sees_itself_and_those_below(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    for code in ("H15.50", "H15.50.05", "H150", "H1"):
        ledger.offices.add(code, "UBND")
    tokens = Tokens(ledger.connections)
    assert set(tokens.offices("H15")) == {"H15", "H15.50", "H15.50.05"}
    assert set(tokens.offices("H15.50")) == {"H15.50", "H15.50.05"}
    assert tokens.offices("H9") == ()


def test_a_message_is_ours_only_as_it_was_sent() -> None:
    header = signature.sign([b"secret"], b'{"a":1}', at=1000)
    assert signature.verify(b"secret", b'{"a":1}', header, now=1200)
    assert not signature.verify(b"secret", b'{"a":2}', header, now=1200)
    assert not signature.verify(b"Secret", b'{"a":1}', header, now=1200)
    assert not signature.verify(b"secret", b'{"a":1}', header, now=1301)
    assert not signature.verify(b"secret", b'{"a":1}', header.replace("1000", "1001"), now=1200)
    assert not signature.verify(b"secret", b'{"a":1}', "t=1000", now=1200)


def test_pieces_are_there_for_certain_once_they_are_settled(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    tokens = Tokens(ledger.connections)
    tokens.add(_token("t", b""))
    uploads = Uploads(ledger.connections, cipher=SEALING)
    pieces = UploadFiles(tmp_path / "uploads", uploads)
    upload = Upload(
        id=UPLOAD, office=OFFICE, token=ASKING, dossier="D", source="", sign=False, length=6,
        offset=0, created_at=START, expires_at=START + timedelta(hours=1),
    )  # fmt: skip
    uploads.add(upload)
    with pieces.locked(upload):
        pieces.append(UPLOAD, b"abc", at=0)
    found = uploads.get(UPLOAD, token=ASKING)
    assert found is not None
    assert found.offset == 0
    pieces.commit(upload, offset=3)
    # A crash left more than is certain: it is written over, and cut off.
    pieces.append(UPLOAD, b"XXXXXX", at=3)
    pieces.append(UPLOAD, b"def", at=3)
    found = uploads.get(UPLOAD, token=ASKING)
    assert found is not None
    assert found.offset == 3
    pieces.commit(found, offset=6)
    assert pieces.path(UPLOAD).read_bytes() == b"abcdef"
    assert [u.id for u in uploads.list_unprocessed()] == [UPLOAD]
    assert uploads.get(UPLOAD, token=ASKING * 2) is None
    other = UploadFiles(tmp_path / "uploads", uploads)
    with pieces.locked(found):
        for who in (pieces, other):
            with pytest.raises(WrongUse), who.locked(found):
                pass
    with other.locked(found):
        pass
    # A process that does not have the pieces makes no file of holes.
    elsewhere = UploadFiles(tmp_path / "elsewhere", uploads)
    with pytest.raises(TransientFault) as caught, elsewhere.locked(found):
        pass
    assert caught.value.code == "upload.not-here"
    assert list((tmp_path / "elsewhere").iterdir()) == []
    uploads.prune(now=START + timedelta(hours=2), answers_before=START)
    pieces.remove_orphans()
    assert not pieces.path(UPLOAD).exists()


def test_each_root_has_its_status_and_codes_their_own() -> None:
    assert problems.status_of(WrongUse("any.code", "m")) == 422
    assert problems.status_of(RejectedInput("any.code", "m")) == 422
    assert problems.status_of(Misconfigured("any.code", "m")) == 503
    assert problems.status_of(TransientFault("any.code", "m")) == 503
    assert problems.status_of(TransientFault("fault.unexpected", "m")) == 500
    assert problems.status_of(IntegrityViolation("any.code", "m")) == 500
    assert problems.status_of(WrongUse("paper.unknown", "m")) == 404
    document = problems.document(WrongUse("paper.unknown", "see them with: sohoa list"))
    assert document["title"] == "Không có giấy này."
    assert "sohoa list" not in document["detail"]


def test_a_problem_tells_a_clerk_in_vietnamese_what_to_do() -> None:
    busy = problems.document(TransientFault("database.busy", "m"))["title"]
    assert busy.startswith("Cơ sở dữ liệu đang bận")
    # What was sent was not taken: nobody may think that it is tried again by itself.
    assert "thử lại sau ít phút" in busy
    assert "không mất" not in busy
    for code in ("store.full", "catalogue.busy", "disk.full", "tsa.no-answer"):
        assert "thử lại sau ít phút" in problems.document(TransientFault(code, "m"))["title"]
    damaged = problems.document(IntegrityViolation("store.damaged", "m"))["title"]
    assert damaged.startswith("BÁO ĐỘNG")
    title = problems.document(WrongUse("http.invalid-request", "m"))["title"]
    assert title.startswith("Có mục không đúng cách viết")
