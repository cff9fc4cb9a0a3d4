"""A wrong value of an archived record is corrected by a new version, and nothing is lost."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from judges import ocfl as judge
from unit.api.office import Office, archive, new_office
from unit.archive import made

from archive import ocfl
from archive.file_store import FileStore

PAPER = str(made.paper_id(1))
KEY = ocfl.object_key(ocfl.object_id(made.paper_id(1)))
RIGHT = "001188067890"
CORRECT = ("correct", PAPER, "--set", f"mother.citizen_id={RIGHT}", "--reason", "gõ nhầm số")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    office = new_office(tmp_path / "var", monkeypatch)
    with office.application() as application:
        for number in (1, 2):
            archive(application, number)
    return office


def _found(office: Office, number: str) -> set[str]:
    rows = office.run("find", "--citizen-id", number, "--purpose", "đối chiếu sổ", "--json").rows
    return {row["paper"] for row in rows}


def test_a_wrong_number_is_corrected(office: Office) -> None:
    assert office.run(*CORRECT, "--json").row == {"paper": PAPER, "version": 2}
    assert _found(office, RIGHT) == {PAPER}
    assert _found(office, made.MOTHER) == {str(made.paper_id(2))}
    shown = office.run("show", PAPER, "--json").row
    assert shown["record"]["version"] == 2
    last = shown["history"][-1]
    assert (last["code"], last["reason"]) == ("corrected", "gõ nhầm số")
    assert last["actor"].startswith("cli:")
    folder = office.object_folder(KEY)
    assert judge.object_is_valid(folder)
    premis = gzip.decompress((folder / "v2/content/PREMIS.xml.gz").read_bytes())
    assert "gõ nhầm số" in premis.decode()
    assert made.MOTHER in (folder / "v1/content/description.json").read_text()
    assert office.run("fixity", "--all").code == 0


def test_a_corrected_record_is_rebuilt_with_its_history(office: Office) -> None:
    office.run(*CORRECT)
    shown = office.run("show", PAPER, "--json").row
    office.lose_database()
    office.init()
    assert office.run("rebuild").code == 0
    again = office.run("show", PAPER, "--json").row
    for key in ("history", "description", "record"):
        assert again[key] == shown[key]
    assert _found(office, RIGHT) == {PAPER}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--set", f"mother.citizen_id={made.MOTHER}", "--reason", "x"), "correct.nothing"),
        (("--set", "mother.citizen_id=1", "--reason", "x"), "review.bad-value"),
        (("--set", f"mother.citizen_id={RIGHT}", "--reason", " "), "correct.no-reason"),
    ],
)
def test_a_correction_that_says_nothing_is_refused(
    office: Office, words: tuple[str, ...], code: str
) -> None:
    ended = office.run("correct", PAPER, *words)
    assert (ended.code, ended.err) == (2, code)


class Dies(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("writes", range(6))
def test_a_correction_that_was_killed_is_completed_by_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    left = [writes]
    put, replace = FileStore.put_record, FileStore.replace_derived

    def counted() -> None:
        if not left[0]:
            raise Dies
        left[0] -= 1

    def dying_put(store: FileStore, key: str, source: Path, **how: object) -> object:
        counted()
        return put(store, key, source, **how)  # type: ignore[arg-type]  # handed on

    def dying_replace(store: FileStore, key: str, source: Path, **how: object) -> None:
        counted()
        replace(store, key, source, **how)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(FileStore, "put_record", dying_put)
    monkeypatch.setattr(FileStore, "replace_derived", dying_replace)
    with pytest.raises(Dies):
        office.run(*CORRECT)
    monkeypatch.undo()
    monkeypatch.setenv("SOHOA_VAR", str(office.var))
    monkeypatch.setenv("SOHOA_OFFICE", made.OFFICE)
    # Readers take the newest whole version until then.
    assert office.run("show", PAPER).code == 0
    again = office.run(*CORRECT, "--json")
    assert again.code == 0
    assert _found(office, RIGHT) == {PAPER}
    assert judge.object_is_valid(office.object_folder(KEY))
    assert office.run("fixity", "--all").code == 0
