"""The command line as a contract: rows, exit codes, what each command promises."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa
from functional.cli.running import ROOT, Commands
from functional.conftest import MODES, commands_in
from PIL import Image, ImageDraw, ImageFont

from workflow.ledger.access_log import SqlAccessLog
from workflow.ledger.people_tables import ACCESS

FIXTURES = ROOT / "tests" / "fixtures"
LETTER = FIXTURES / "vn-gov" / "2450-kgvx.pdf"
DOSSIER = "H15.50.05.13-261008-0975"
ROW_KEYS = {"paper", "dossier", "source", "state", "code", "pages", "kind"}
NUMBER = "001199012345"


def _picture(text: str) -> Image.Image:
    """A small sheet with some lines on it, 100 dpi."""
    font = ImageFont.truetype(
        "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf", 22
    )
    sheet = Image.new("L", (827, 600), 255)
    ImageDraw.Draw(sheet).multiline_text((60, 60), text, fill=0, font=font, spacing=14)
    return sheet


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A scan of a kind that requires no value: it passes, or is accepted as found."""
    file = tmp_path / "giay.png"
    lines = ("CHỨNG THỰC BẢN SAO", "Kính gửi ông Nguyễn Văn An", "Đường Hoà Bình, huyện Trà Cú")
    _picture("\n".join(lines)).save(file, dpi=(100, 100))
    return file


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    """A scan of no known kind."""
    file = tmp_path / "thu.png"
    _picture("Kính gửi ông Nguyễn Văn An\nĐường Hoà Bình, huyện Trà Cú").save(file, dpi=(100, 100))
    return file


@pytest.fixture(scope="module", params=MODES)
def archived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Commands, str]]:
    """One archived paper, for tests that only look."""
    with ExitStack() as stack:
        var = tmp_path_factory.mktemp("one") / "var"
        commands = commands_in(request.param, var, request, stack)
        (row,) = commands.json("ingest", LETTER, "--dossier", DOSSIER, "--sign", "--accept")
        assert row["state"] == "ARCHIVED"
        yield commands, row["paper"]


def _settled(commands: Commands) -> list[dict[str, object]]:
    """The rows of all papers once none is in progress, in this process or another."""
    end = time.monotonic() + 120
    while True:
        rows = commands.json("list")
        if all(row["state"] in {"ARCHIVED", "REVIEW", "REJECTED"} for row in rows):
            return rows
        assert time.monotonic() < end, rows
        time.sleep(0.5)


def _lose_database(commands: Commands) -> None:
    """Leave nothing in the database, not even a table."""
    with commands.application() as application, application.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    for file in commands.var.glob("sohoa.db*"):
        file.unlink()


def test_init_can_be_run_again(fresh: Commands) -> None:
    assert fresh.run("init", "--trial", "--json").row == {
        "office": "X00",
        "trial": True,
        "new": False,
        "rebuild_first": False,
    }
    assert "THỬ NGHIỆM" in fresh.run("init").err


def test_real_data_never_becomes_trial_data(made: Callable[..., Commands]) -> None:
    commands = made(trial=False)
    assert commands.run("init", "--trial").code == 2


def test_rows_have_what_the_contract_names(archived: tuple[Commands, str]) -> None:
    commands, paper = archived
    (row,) = commands.json("list", "--state", "ARCHIVED", "--dossier", DOSSIER)
    assert set(row) >= ROW_KEYS
    assert row["paper"] == paper
    assert row["pages"] == 1
    assert row["kind"] == "dispatch"
    assert commands.json("list", "--state", "REVIEW") == []
    (before,) = commands.run("--json", "list").rows
    assert before == row


def test_show_tells_everything(archived: tuple[Commands, str]) -> None:
    commands, paper = archived
    shown = commands.run("show", paper, "--json").row
    assert [m["after"] for m in shown["history"]] == [
        "RECEIVED",
        "RECOGNISED",
        "DESCRIBED",
        "SIGNED",
        "ARCHIVED",
    ]
    assert shown["record"]["object_id"] == f"urn:uuid:{paper}"
    assert shown["pdfa"]["findings"] == []
    (received,) = shown["received_signatures"]
    assert received["intact"]
    assert not received["trusted"]
    assert received["problem"]
    values = {value["field"]: value["text"] for value in shown["description"]["values"]}
    assert values["paper.number"] == "2450/VPCP-KGVX"
    assert commands.run("show", f"{DOSSIER}.001", "--json").row["paper"] == paper


def test_text_is_read_in_order(archived: tuple[Commands, str]) -> None:
    commands, paper = archived
    (page,) = commands.json("text", paper)
    assert page["text"].index("Số: 2450") < page["text"].index("Kính gửi")
    assert commands.run("text", paper).out.strip() == page["text"].strip()


def test_export_holds_the_signed_pdf(archived: tuple[Commands, str], tmp_path: Path) -> None:
    commands, paper = archived
    exported = commands.run("export", paper, tmp_path, "--json").row
    assert Path(exported["signed_pdf"]).parent.as_posix().endswith("representations/rep1/data")
    assert Path(exported["package"]).name == f"urn_uuid_{paper}"
    (report,) = commands.json("verify", exported["signed_pdf"])
    assert report["valid"]
    assert report["level"] == "B-LTA"
    content = bytearray(Path(exported["signed_pdf"]).read_bytes())
    content[2000] ^= 1
    spoilt = tmp_path / "spoilt.pdf"
    spoilt.write_bytes(content)
    assert commands.run("verify", spoilt).code == 6
    assert commands.run("verify", LETTER).code == 3
    assert commands.run("export", paper, tmp_path).code == 0


def test_find_asks_for_a_purpose_and_writes_it_down(archived: tuple[Commands, str]) -> None:
    commands, paper = archived
    assert commands.run("find", "--text", "x").code == 2
    assert commands.run("find", "--citizen-id", NUMBER).code == 2
    assert commands.run("find", "--purpose", "đối chiếu sổ").code == 2
    assert commands.run("find", "--citizen-id", "12", "--purpose", "đối chiếu sổ").code == 2
    assert commands.json("find", "--citizen-id", NUMBER, "--purpose", "đối chiếu sổ") == []
    found = commands.json("find", "--dossier", DOSSIER)
    assert {row["paper"] for row in found} == {paper}
    assert all({"paper", "dossier", "kind", "person", "role"} <= set(row) for row in found)
    with commands.application() as application, application.engine.connect() as database:
        stored = database.execute(sa.select(ACCESS)).mappings().all()
        assert isinstance(application.access_log, SqlAccessLog)
        logged = application.access_log.list_records(offices=[application.settings.office])
    by_number = [record for record in logged if record.action == "citizen-id"]
    assert [(record.purpose, record.subject) for record in by_number] == [("đối chiếu sổ", NUMBER)]
    assert not any(NUMBER.encode() in row["detail"] for row in stored)


def test_text_is_found_with_and_without_diacritics(archived: tuple[Commands, str]) -> None:
    commands, paper = archived
    for words in ("Văn phòng Chính phủ", "van phong chinh phu", "VĂN PHÒNG"):
        rows = commands.json("find", "--text", words, "--purpose", "đối chiếu sổ")
        assert paper in {row["paper"] for row in rows}, words
    assert commands.json("find", "--text", "giấy khai tử", "--purpose", "đối chiếu sổ") == []


def test_status_counts(archived: tuple[Commands, str]) -> None:
    commands, _ = archived
    row = commands.run("status", "--json").row
    assert row["sandbox"]["holds"]
    assert row["papers"] == {"ARCHIVED": 1}
    assert row["archived"] == 1
    assert row["trial"]


def test_the_same_bytes_twice_in_a_dossier_are_reported(fresh: Commands, scan: Path) -> None:
    first = fresh.json("ingest", scan, "--dossier", DOSSIER)
    copy = scan.with_name("copy.png")
    shutil.copy(scan, copy)
    again = fresh.json("ingest", copy, "--dossier", DOSSIER)
    assert [row["paper"] for row in again] == [row["paper"] for row in first]
    assert [row["known"] for row in (*first, *again)] == [False, True]
    other = fresh.json("ingest", copy, "--dossier", "A-2")
    assert other[0]["paper"] != first[0]["paper"]
    assert len(fresh.json("list")) == 2


def test_what_is_doubtful_waits_until_a_person_accepts_it(fresh: Commands, doubtful: Path) -> None:
    (row,) = fresh.json("ingest", doubtful, "--dossier", DOSSIER, "--sign")
    paper = row["paper"]
    assert row["state"] == "REVIEW"
    assert row["code"] == "review.doubtful"
    assert fresh.run("sign", paper).code == 2
    assert fresh.run("review", paper, "--set", f"owner.citizen_id={NUMBER}").code == 2
    assert fresh.run("review", paper, "--set", "owner.citizen_id=12", "--accept").code == 2
    reviewed = fresh.run(
        "review", paper, "--set", f"owner.citizen_id={NUMBER}", "--set", "owner.name=Lê Thị Bé",
        "--set", "kind=marital-status", "--accept", "--json",
    ).row  # fmt: skip
    assert reviewed["state"] == "DESCRIBED"
    assert reviewed["kind"] == "marital-status"
    # Who asked for a signature before the review has not seen what it changed.
    assert fresh.json("list")[0]["state"] == "DESCRIBED"
    (signed,) = fresh.json("sign", "--all")
    assert signed["state"] == "ARCHIVED"
    (found,) = fresh.json("find", "--citizen-id", NUMBER, "--purpose", "đối chiếu sổ")
    assert (found["role"], found["person"]) == ("owner", "Lê Thị Bé")
    assert found["number"].endswith("345")
    assert NUMBER not in str(found)
    assert (
        fresh.json("find", "--text", "hòa bình", "--purpose", "đối chiếu sổ")[0]["paper"] == paper
    )
    assert fresh.run("review", paper, "--accept").code == 2


def test_the_archive_can_be_found_again_from_the_store_alone(fresh: Commands, scan: Path) -> None:
    fresh.json("ingest", scan, "--dossier", DOSSIER, "--sign", "--accept")
    fresh.json("ingest", LETTER, "--dossier", "A-2", "--sign", "--accept")
    before = [{**row, "updated_at": ""} for row in fresh.json("list")]
    shown = [fresh.run("show", row["paper"], "--json").row for row in before]
    found = fresh.json("find", "--text", "chinh phu", "--purpose", "đối chiếu sổ")
    _lose_database(fresh)
    assert fresh.run("init", "--trial", "--json").row["rebuild_first"]
    assert fresh.run("rebuild", "--json").row == {"records": 2, "damaged": []}
    after = [{**row, "updated_at": ""} for row in fresh.json("list")]
    assert after == before
    for row in shown:
        now = fresh.run("show", row["paper"], "--json").row
        for key in ("description", "signatures", "received_signatures", "record", "pdfa", "sha256"):
            assert now[key] == row[key]
        for moves in (now["history"], row["history"]):
            moves[-1]["at"] = ""
        assert now["history"] == row["history"]
    assert fresh.json("find", "--text", "chinh phu", "--purpose", "đối chiếu sổ") == found
    assert fresh.run("text", after[0]["paper"]).code == 0
    (known,) = fresh.json("ingest", LETTER, "--dossier", "A-2")
    assert known["known"]


def test_a_damaged_record_is_an_alarm(commune: Commands, scan: Path) -> None:
    commune.json("ingest", scan, "--dossier", DOSSIER, "--sign", "--accept")
    (description,) = (commune.var / "store").rglob("description.json")
    description.chmod(0o644)
    description.write_bytes(description.read_bytes().replace(b'"format":2', b'"format":3'))
    ended = commune.run("rebuild", "--json")
    assert ended.code == 6
    assert ended.row["records"] == 0
    assert len(ended.row["damaged"]) == 1


def test_without_the_tsa_a_paper_waits_described_and_goes_on_later(
    fresh: Commands, scan: Path
) -> None:
    dead = {"SOHOA_TSA_URL": "http://127.0.0.1:9/tsa", "SOHOA_TSA_SECONDS": "2"}
    ended = fresh.run("ingest", scan, "--dossier", "A-1", "--sign", "--accept", "--json", env=dead)
    assert ended.code == 5
    assert (ended.row["state"], ended.row["code"]) == ("DESCRIBED", "tsa.no-answer")
    assert ended.row["reason"]
    assert fresh.run("status", "--json").row["waiting"] == {"tsa.no-answer": 1}
    # Who works all the time may have tried again by itself meanwhile, and left nothing to sign.
    fresh.json("sign", "--all")
    (signed,) = _settled(fresh)
    assert signed["state"] == "ARCHIVED"


def test_no_wait_only_takes_in_and_the_next_start_brings_home(
    fresh: Commands, scan: Path, doubtful: Path
) -> None:
    (row,) = fresh.json("ingest", scan, "--dossier", "A-1", "--no-wait", "--accept", "--sign")
    assert row["state"] == "RECEIVED"
    fresh.json("ingest", doubtful, "--dossier", "A-2")
    states = {row["dossier"]: row["state"] for row in _settled(fresh)}
    assert states == {"A-1": "ARCHIVED", "A-2": "REVIEW"}


def test_every_sort_of_picture_and_a_folder(fresh: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    pages = [_picture(f"CHỨNG THỰC BẢN SAO\nTrang {n}\nỦy ban nhân dân xã") for n in (1, 2, 3)]
    pages[0].save(folder / "a.tif", save_all=True, append_images=pages[1:], dpi=(100, 100))
    pages[0].save(folder / "b.jpg", dpi=(100, 100))
    pages[1].convert("1").save(folder / "c.tiff", compression="group4", dpi=(100, 100))
    pages[2].save(folder / "d.png", dpi=(100, 100))
    pages[0].save(folder / "e.pdf", save_all=True, append_images=pages[1:], resolution=100)
    (folder / ".hidden").write_bytes(b"x")
    # The name says nothing: a PNG called .pdf is a PNG.
    shutil.copy(folder / "d.png", folder / "f.pdf")
    Image.open(folder / "f.pdf").convert("RGB").save(folder / "f.pdf", format="PNG")
    rows = fresh.json("ingest", folder, "--dossier", "A-1", "--sign", "--accept")
    assert [(row["source"], row["pages"], row["state"]) for row in rows] == [
        ("a.tif", 3, "ARCHIVED"),
        ("b.jpg", 1, "ARCHIVED"),
        ("c.tiff", 1, "ARCHIVED"),
        ("d.png", 1, "ARCHIVED"),
        ("e.pdf", 3, "ARCHIVED"),
        ("f.pdf", 1, "ARCHIVED"),
    ]
    assert fresh.run("show", rows[5]["paper"], "--json").row["media_type"] == "image/png"


def test_both_engines_read_the_same(fresh: Commands, scan: Path) -> None:
    texts = []
    for engine in ("tesserocr", "pytesseract"):
        (row,) = fresh.json(
            "ingest", scan, LETTER, "--dossier", engine, env={"SOHOA_OCR_ENGINE": engine}
        )[:1]
        texts.append(fresh.run("text", row["paper"]).out)
        assert fresh.run("show", row["paper"], "--json").row["engine"].startswith(engine)
    for text in texts:
        assert "Nguyễn Văn An" in text


def test_exit_code_2_for_what_cannot_mean_anything(fresh: Commands, scan: Path) -> None:
    for words in (
        ("nonsense",),
        ("list", "--no-such-option"),
        ("list", "--state", "NONE"),
        ("show", "no-such-paper"),
        ("show", "01a214cb-035f-7565-af8f-733c810ed5bc"),
        ("ingest", scan, "--dossier", "../x"),
        ("ingest", scan, "--dossier", NUMBER),
        ("ingest", "no-such-file", "--dossier", "A-1"),
        ("sign",),
        ("verify", "no-such-file.pdf"),
    ):
        assert fresh.run(*words).code == 2, words


def test_accepting_without_review_is_for_trial_data_only(
    made: Callable[..., Commands], scan: Path
) -> None:
    commands = made(trial=False)
    assert commands.run("ingest", scan, "--dossier", "A-1", "--accept").code == 2
    assert commands.json("list") == []


def test_exit_code_3_for_rejected_input_and_the_rest_goes_on(
    fresh: Commands, doubtful: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "không phải ảnh.pdf"
    bad.write_text("this is no scan", encoding="utf-8")
    ended = fresh.run("ingest", bad, doubtful, "--dossier", "A-1", "--json")
    assert ended.code == 3
    rejected, taken = ended.rows
    assert (rejected["state"], rejected["code"]) == ("REJECTED", "scan.not-a-known-type")
    assert rejected["reason"]
    # Vietnamese first, with what to do; the code and the English sentence follow.
    assert "Hãy lưu bản quét thành một trong các loại này. / scan.not-a-known-type" in ended.err
    assert taken["state"] == "REVIEW"
    assert bad.exists()
    shown = fresh.run("show", rejected["paper"], "--json").row
    assert (shown["state"], shown["fault"], shown["media_type"]) == ("REJECTED", "sender", "")
    assert "Tệp không phải PDF" in fresh.run("show", rejected["paper"]).out


def test_exit_code_4_for_what_is_not_set_up(
    tmp_path: Path, made: Callable[..., Commands], scan: Path
) -> None:
    fresh = made()
    assert Commands(tmp_path / "none").run("list").code == 4
    assert fresh.run("list", env={"SOHOA_OCR_DPI": "x"}).code == 4
    assert fresh.run("list", env={"SOHOA_DATABASE": "oracle://x"}).code == 4
    assert fresh.run("list", env={"SOHOA_STORE": "ftp://x/y"}).code == 4
    ended = fresh.run(
        "ingest", scan, "--dossier", "A-1", "--json", env={"SOHOA_OCR_LANGUAGE": "xyz"}
    )
    assert ended.code == 4
    assert ended.row["state"] == "RECEIVED"
    real = made("real", trial=False)
    real.json("ingest", scan, "--dossier", "A-1")
    ended = real.run("sign", "--all", "--json")
    assert (ended.code, ended.row["state"], ended.row["code"]) == (4, "DESCRIBED", "signer.not-set")


def test_no_number_of_a_person_leaves_by_the_error_stream(fresh: Commands, tmp_path: Path) -> None:
    file = tmp_path / f"{NUMBER}.png"
    _picture(f"GIẤY KHAI SINH\nSố định danh cá nhân: {NUMBER}").save(file, dpi=(100, 100))
    (row,) = fresh.json("ingest", file, "--dossier", "A-1", env={"SOHOA_LOG_LEVEL": "DEBUG"})
    ended = fresh.run("show", row["paper"], env={"SOHOA_LOG_LEVEL": "DEBUG"})
    assert NUMBER not in ended.err
    assert not any(NUMBER in path.as_posix() for path in fresh.var.rglob("*"))
