"""Vietnamese sentences of codes."""

from __future__ import annotations

import unicodedata

from api.wording import sentences
from dossier.errors import IntegrityViolation, SohoaError, TransientFault, WrongUse
from workflow.ledger.queue import WORKER_LOST


def test_a_doubt_tells_what_it_is_about() -> None:
    assert sentences.doubt("page.unread:2") == "Không đọc được trang 2"
    assert sentences.doubt("missing:child.name") == "Chưa thấy họ, chữ đệm, tên của con"
    assert sentences.doubt("missing:paper.number") == "Chưa thấy số, ký hiệu"
    assert (
        sentences.doubt("unread:mother.citizen_id") == "Chưa đọc được số định danh cá nhân của mẹ"
    )
    assert sentences.doubt("") == ""


def test_what_is_set_aside_is_not_lost() -> None:
    assert "Giấy không mất" in sentences.sentence(WORKER_LOST)
    assert "Giấy không mất" in sentences.sentence("set-aside.child.crashed", "nobody")
    assert "Giấy không mất" in sentences.sentence("ocr.failed", "nobody")
    assert sentences.sentence("") == ""


def test_a_violated_integrity_is_an_alarm() -> None:
    error = IntegrityViolation("work.changed", "what lies there is something else")
    assert sentences.both(error).startswith("BÁO ĐỘNG")
    assert sentences.sentence("set-aside.work.changed", error.fault).startswith("BÁO ĐỘNG")


def test_english_follows_and_stands_alone_where_nobody_wrote_vietnamese() -> None:
    known: SohoaError = WrongUse("dossier.closed", "the dossier is closed")
    assert sentences.both(known) == (
        "Hồ sơ đã đóng, không nhận thêm giấy. Hãy dùng hồ sơ khác. / "
        "dossier.closed: the dossier is closed"
    )
    assert sentences.both(TransientFault("x.y", "z")) == "x.y: z"


def test_sentences_are_whole_and_short() -> None:
    for code, said in sentences.SENTENCES.items():
        assert said == unicodedata.normalize("NFC", said), code
        assert said.endswith((".", "!")), code
        assert len(said) <= 170, code
