"""``make demo``: what it archives is what judges of others say is right."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from functional.cli.running import ROOT, Commands
from judges.ocfl import root_is_valid
from judges.pdfsig import all_signed
from judges.verapdf import judge

Demo = tuple[Commands, str, str]
Truth = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def packages(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The package of every archived paper, by its source's place below samples/."""
    commands, _, _ = demo
    folder = tmp_path_factory.mktemp("packages")
    made = {}
    for row in _samples(commands):
        exported = commands.run("export", row["paper"], folder, "--json").row
        made[f"{row['dossier']}/{row['source']}"] = Path(exported["package"])
    return made


def _samples(commands: Commands) -> list[dict[str, Any]]:
    """The archived papers: the samples, without the copies that wait at the desks."""
    return commands.json("list", "--state", "ARCHIVED")


def _numbers(entry: dict[str, Any]) -> dict[str, str]:
    """The citizen IDs on a sample, by role."""
    people: dict[str, dict[str, str]] = entry["people"]
    return {role: person["citizen_id"] for role, person in people.items() if person["citizen_id"]}


def _signed(package: Path) -> Path:
    found = (package / "representations" / "rep1" / "data").glob("*.pdf")
    (signed,) = (file for file in found if ".scan." not in file.name)
    return signed


def test_every_sample_is_archived_and_reported(demo: Demo, truth: Truth) -> None:
    commands, first, second = demo
    rows = _samples(commands)
    weak = {name for name, entry in truth.items() if entry.get("countersigned") is False}
    assert weak
    assert {f"{row['dossier']}/{row['source']}" for row in rows} == set(truth) - weak
    for name in weak:
        assert name.replace("/", " ") in first
    assert len({row["dossier"] for row in rows}) >= 4
    assert "THỬ NGHIỆM" in first
    assert "sohoa find --citizen-id" in first
    assert second.count("đã có / already there") == len(truth)


def test_people_can_sign_in_and_papers_wait_for_them(demo: Demo) -> None:
    commands, first, second = demo
    file = commands.var / "demo-users.txt"
    people = [line.split() for line in file.read_text(encoding="utf-8").splitlines()]
    assert [login for login, _ in people] == ["tiepnhan", "kyso", "quantri"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert "http://localhost:8000/" in first
    for _, password in people:
        assert first.count(password) == 1
        assert password not in second
    assert commands.json("list", "--state", "DESCRIBED")
    assert commands.json("list", "--state", "REVIEW")


def test_the_samples_are_of_every_sort(truth: Truth) -> None:
    kinds = {entry["kind"] for entry in truth.values()}
    assert kinds >= {"birth-declaration", "marriage-extract", "marital-status", "certified-copy"}
    assert {Path(name).suffix for name in truth} >= {".pdf", ".tif", ".jpg"}


def test_all_pass_pdfa_2u_and_a_wrong_letter_does_not(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    verdicts = judge([_signed(package) for package in packages.values()])
    assert len(verdicts) == len(packages) > 10
    assert [file for file, passed in verdicts.items() if not passed] == []
    content = _signed(next(iter(packages.values()))).read_bytes()
    # As it was before signing: the signature's update brings an XMP packet of its own.
    content = content[: content.index(b"%%EOF") + len(b"%%EOF\n")]
    whole, spoilt = tmp_path / "whole.pdf", tmp_path / "spoilt.pdf"
    whole.write_bytes(content)
    spoilt.write_bytes(content.replace(b"pdfaid:conformance>U<", b"pdfaid:conformance>X<"))
    judged = judge([whole, spoilt])
    assert judged[whole]
    assert not judged[spoilt]


def test_all_are_signed_whole(packages: dict[str, Path], tmp_path: Path) -> None:
    for package in packages.values():
        assert all_signed(_signed(package)), package
    spoilt = tmp_path / "spoilt.pdf"
    content = bytearray(_signed(next(iter(packages.values()))).read_bytes())
    content[1000] ^= 1
    spoilt.write_bytes(content)
    assert not all_signed(spoilt)


def test_the_store_is_valid_ocfl_and_a_flipped_byte_is_not(demo: Demo, tmp_path: Path) -> None:
    commands, _, _ = demo
    root = commands.var / "store" / "record"
    assert root_is_valid(root)
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    (words,) = list(copy.rglob("words.json.gz"))[:1]
    words.chmod(0o644)
    content = bytearray(words.read_bytes())
    content[10] ^= 1
    words.write_bytes(content)
    assert not root_is_valid(copy)


def test_the_scan_is_kept_byte_for_byte(packages: dict[str, Path]) -> None:
    for name, package in packages.items():
        (received,) = (package / "representations" / "rep1" / "data").glob("*.scan.*")
        sample = ROOT / "samples" / name
        digest = hashlib.sha256(sample.read_bytes()).hexdigest()
        assert hashlib.sha256(received.read_bytes()).hexdigest() == digest


def test_signed_input_keeps_its_signatures_and_they_are_reported(demo: Demo, truth: Truth) -> None:
    commands, _, _ = demo
    signed = {name for name, entry in truth.items() if entry.get("signed")}
    assert signed
    for row in _samples(commands):
        shown = commands.run("show", row["paper"], "--json").row
        arrived = f"{row['dossier']}/{row['source']}" in signed
        assert shown["arrived_signed"] == arrived
        assert bool(shown["received_signatures"]) == arrived
        assert all(report["intact"] for report in shown["received_signatures"])
        assert [s["level"] for s in shown["signatures"]] == ["B-LTA"]


def test_people_are_found_by_number_with_their_role(demo: Demo, truth: Truth) -> None:
    commands, _, _ = demo
    dossiers = {row["paper"]: f"{row['dossier']}/{row['source']}" for row in _samples(commands)}
    named: Counter[str] = Counter()
    for entry in truth.values():
        named.update(set(_numbers(entry).values()))
    number, papers = named.most_common(1)[0]
    assert papers > 1
    found = commands.json("find", "--citizen-id", number, "--purpose", "đối chiếu sổ")
    expected = {
        (name, role)
        for name, entry in truth.items()
        for role, citizen in _numbers(entry).items()
        if citizen == number
    }
    assert {(dossiers[row["paper"]], row["role"]) for row in found} == expected
    assert all(number not in str(row) for row in found)


def test_fields_are_right_and_none_is_wrong_and_certain(demo: Demo, truth: Truth) -> None:
    commands, _, _ = demo
    expected = found = 0
    for row in _samples(commands):
        entry = truth[f"{row['dossier']}/{row['source']}"]
        shown = commands.run("show", row["paper"], "--json").row
        assert shown["kind"] == entry["kind"]
        values = {v["field"]: v for v in shown["description"]["values"]}
        for role, citizen in _numbers(entry).items():
            expected += 1
            value = values.get(f"{role}.citizen_id")
            found += value is not None and value["text"] == citizen
        for field, value in values.items():
            role, _, attribute = field.partition(".")
            if attribute == "citizen_id" and not value["doubt"]:
                assert _numbers(entry).get(role) == value["text"]
            assert 0 <= value["confidence"] <= 1
            if value["source"] == "ocr":
                assert value["page"] >= 1
                assert len(value["box"]) == 4
    assert found >= 0.95 * expected > 0


def test_nothing_lies_about_that_names_a_person(demo: Demo, truth: Truth) -> None:
    """No number in a key, a file name or the database."""
    commands, _, _ = demo
    numbers = {n for entry in truth.values() for n in _numbers(entry).values()}
    names = [path.as_posix() for path in commands.var.rglob("*")]
    database = (commands.var / "sohoa.db").read_bytes()
    for number in numbers:
        assert not any(number in name for name in names)
        assert number.encode() not in database
