"""The part of the catalogue's contract about searching by words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

from unit.archive.made import MOTHER, OFFICE, description, entry, paper_id, value

from dossier.finding import Filters, Found, FoundPage, SortBy, TextQuery
from dossier.ports import Catalogue

OFFICES = (OFFICE,)
DOSSIER = "H15.50.05.13-261008-0975"


def papers(found: Sequence[Found]) -> list[UUID]:
    return [row.paper for row in found]


def search(
    catalogue: Catalogue,
    words: str,
    *,
    offices: Sequence[str] = OFFICES,
    filters: Filters | None = None,
    sort: SortBy = SortBy.RELEVANCE,
    skip: int = 0,
    limit: int = 20,
    facets: bool = False,
) -> FoundPage:
    return catalogue.search(
        TextQuery(
            words=words,
            offices=tuple(offices),
            filters=filters or Filters(),
            sort=sort,
            skip=skip,
            limit=limit,
            facets=facets,
        )
    )


def text(catalogue: Catalogue, words: str, limit: int = 20) -> list[UUID]:
    return papers(search(catalogue, words, limit=limit).rows)


def neighbours_end_with_their_line_and_value(catalogue: Catalogue) -> None:
    named = description(values=(value("a.name", "Lê Thị"), value("b.name", "Bích Ngọc")))
    together = description(values=(value("a.name", "Thị Bích Ngọc"), value("b.name", "Lê An")))
    nothing = description(values=())
    catalogue.add(entry(1, described=together, text="một tờ"))
    catalogue.add(entry(2, described=named, text="trang một\ntrang hai"))
    catalogue.add(entry(3, described=nothing, text="hai trang, trang một\nhai"))
    assert text(catalogue, "thị bích") == [paper_id(1), paper_id(2)]
    assert text(catalogue, '"thị bích"') == [paper_id(1)]
    assert text(catalogue, '"hai trang"') == [paper_id(3)]
    assert text(catalogue, '"một hai"') == []


def quotes_or_minus_and_star_do_what_people_expect(catalogue: Catalogue) -> None:
    nothing = description(values=())
    catalogue.add(entry(1, described=nothing, text="giấy khai sinh của bé"))
    catalogue.add(entry(2, described=nothing, text="giấy khai tử của ông"))
    catalogue.add(entry(3, described=nothing, text="sinh viên kê khai giá đất"))
    assert text(catalogue, '"khai sinh"') == [paper_id(1)]
    assert set(text(catalogue, "giấy sinh OR tử")) == {paper_id(1), paper_id(2)}
    assert text(catalogue, "khai -tử -giá") == [paper_id(1)]
    # A tone mark that was typed is meant: `giá` is left out, `giấy` and `gia` are not.
    assert text(catalogue, "khai -gia -tu") == [paper_id(1)]
    assert set(text(catalogue, "kha*")) == {paper_id(n) for n in (1, 2, 3)}
    assert text(catalogue, "-khai") == []


def what_offices_type_finds_the_paper(catalogue: Catalogue) -> None:
    decision = description(
        kind="decision",
        values=(
            value("paper.number", "15/2024/QĐ-UBND"), value("paper.date", "2024-03-05"),
            value("paper.abstract", "cho thuê đất của ông Lê Văn Thuý, giá 12.500.000 đồng"),
        ),
    )  # fmt: skip
    land = description(values=(value("owner.name", "Nguyễn Thị Hạnh"),))
    catalogue.add(entry(1, described=decision, text="thành phố Huế, thuê đất"))
    catalogue.add(entry(2, described=land, text="số phát hành AB 12345678, huyện Phú Vang"))
    other = description(kind="decision", values=(value("paper.number", "115/2024/QĐ-UBND"),))
    catalogue.add(entry(3, described=other, text="15 ngày sau quyết định này của UBND"))
    for words, first in (
        ("15/QĐ-UBND", 1), ("015/2024", 1), ("15/2024", 1), ("15 / 2024 / QĐ-UBND", 1),
        ("5/3/2024", 1), ("05/03/2024", 1), ("ngày 05 tháng 3 năm 2024", 1), ("12500000", 1),
        ("TP Huế", 1), ("tp", 1), ("thue dat", 1), ("thuy", 1), ("Thúi", 1), ("lê văn thúy", 1),
        ("AB12345678", 2), ("ngyễn thị hạnh", 2), ("nguyễ", 2), ("nguyễn thị hạ", 2), ("NTH", 2),
        ("N.T.Hạnh", 2), ("nguyeexn thij hanhj", 2), ("nguyenthihanh", 2), ("Hạnh Nguyễn", 2),
        ("giấy của bà Nguyễn Thị Hạnh", 2), ("115/QĐ-UBND", 3),
    ):  # fmt: skip
        found = text(catalogue, words)
        assert found[:1] == [paper_id(first)], (words, found)
    assert set(text(catalogue, "QĐUBND")) == {paper_id(1), paper_id(3)}


def a_dossier_is_found_by_a_fragment_of_its_code(catalogue: Catalogue) -> None:
    catalogue.add(entry(1))
    catalogue.add(entry(2, dossier="H15.50.05.13-261109-0042"))
    for words in (
        "H15.50.05.13-261109-0042",
        "261109-0042",
        "0042",
        "261109",
        "h15.50.05.13-261109",
    ):
        assert text(catalogue, words) == [paper_id(2)], words


def the_motto_is_no_content(catalogue: Catalogue) -> None:
    motto = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
    for n, name in enumerate(("Lê Thị Hạnh", "Lê Văn Nam", "Lê Văn Phúc", "Lê Thị Mai"), 1):
        named = description(values=(value("owner.name", name),))
        catalogue.add(entry(n, described=named, text=f"{motto}tờ giấy của {name}"))
    for words, only in (("Hạnh", 1), ("Nam", 2), ("phúc", 3)):
        assert text(catalogue, words) == [paper_id(only)]
    assert len(text(catalogue, "độc lập tự do hạnh phúc")) == 4


def described_values_stand_before_text(catalogue: Catalogue) -> None:
    named = description(values=(value("owner.name", "Phạm Gia Bảo"),))
    nothing = description(values=())
    catalogue.add(entry(1, described=named, text="một tờ giấy dài " * 50))
    for n in (2, 3, 4):
        catalogue.add(entry(n, described=nothing, text="Phạm Gia Bảo, Phạm Gia Bảo"))
    page = search(catalogue, "Phạm Gia Bảo")
    assert papers(page.rows)[0] == paper_id(1)
    assert page.total == 4
    passages = [row.passage for row in page.rows]
    assert [passage and passage.field for passage in passages] == ["owner.name", "", "", ""]
    for passage in passages:
        assert passage is not None
        marked = {passage.text[start:end] for start, end in passage.marks}
        assert marked == {"Phạm", "Gia", "Bảo"}


def a_passage_masks_numbers(catalogue: Catalogue) -> None:
    catalogue.add(
        entry(1, described=description(values=()), text=f"bà Hoà, số {MOTHER}, ở Bến Nghé")
    )
    (row,) = search(catalogue, "bến nghé").rows
    assert row.passage is not None
    assert MOTHER not in row.passage.text
    assert "•••••••••345" in row.passage.text
    start, end = row.passage.marks[0]
    assert row.passage.text[start:end] == "Bến"


def filters_narrow_and_facets_count(catalogue: Catalogue) -> None:
    kinds = ("decision", "notice", "decision")
    for n, kind in enumerate(kinds, 1):
        values = (
            value("paper.date", f"202{n}-03-05"), value("owner.name", "Trần Thị Hoà"),
            value("paper.issuer", "UBND phường Bến Nghé" if n < 3 else "Sở Tư pháp"),
        )  # fmt: skip
        catalogue.add(entry(n, described=description(kind=kind, values=values)))
    page = search(catalogue, "trần thị hoà", facets=True)
    assert page.total == 3
    assert page.facets["kind"] == {"decision": 2, "notice": 1}
    assert page.facets["year"] == {"2021": 1, "2022": 1, "2023": 1}
    assert page.facets["role"] == {"owner": 3}
    assert page.facets["office"] == {OFFICE: 3}
    for filters, expected in (
        (Filters(kinds=("decision",)), (3, 1)),
        (Filters(kinds=("decision", "notice")), (3, 2, 1)),
        (Filters(years=(2022,)), (2,)),
        (Filters(roles=("mother",)), ()),
        (Filters(issuer="bến nghé"), (2, 1)),
        (Filters(dossier=DOSSIER), (3, 2, 1)),
        (Filters(dossier="X1"), ()),
        (Filters(dated_from=date(2022, 3, 5)), (3, 2)),
        (Filters(dated_until=date(2022, 3, 5)), (2, 1)),
        (Filters(archived_from=date(2020, 1, 1), archived_until=date(2020, 1, 2)), ()),
    ):
        for words in ("hoa", ""):
            page = search(catalogue, words, filters=filters)
            assert papers(page.rows) == [paper_id(n) for n in expected], filters
            assert page.total == len(expected)
    oldest = search(catalogue, "hoa", sort=SortBy.OLDEST)
    assert papers(oldest.rows) == [paper_id(n) for n in (1, 2, 3)]


def all_pages_hold_each_record_once(catalogue: Catalogue) -> None:
    catalogue.add_all(entry(n) for n in range(1, 24))
    newest = [paper_id(n) for n in range(23, 0, -1)]
    for words in ("Trần Thị Hoà", "người làm chứng"):
        for sort, expected in ((SortBy.RELEVANCE, newest), (SortBy.OLDEST, newest[::-1])):
            found: list[UUID] = []
            for skip in range(0, 30, 5):
                page = search(catalogue, words, skip=skip, limit=5, sort=sort)
                assert page.total == 23
                found += papers(page.rows)
            assert found == expected
    rows = [
        row.paper
        for skip in range(0, 30, 5)
        for row in catalogue.by_citizen_id(MOTHER, offices=OFFICES, limit=5, skip=skip)
    ]
    assert rows == newest


def a_name_and_a_birth_date_find_one_of_that_name(catalogue: Catalogue) -> None:
    for n, birth in enumerate(("1984-03-05", "1990-01-02", "1984-04-05"), 1):
        values = (value("owner.name", "Trần Văn Nam"), value("owner.birth", birth))
        catalogue.add(entry(n, described=description(values=values)))
    assert text(catalogue, "Trần Văn Nam 5/3/1984")[0] == paper_id(1)
    assert text(catalogue, "tran van nam sinh 02/01/1990")[0] == paper_id(2)


SEARCH: tuple[Callable[[Catalogue], None], ...] = (
    neighbours_end_with_their_line_and_value,
    quotes_or_minus_and_star_do_what_people_expect,
    what_offices_type_finds_the_paper,
    a_dossier_is_found_by_a_fragment_of_its_code,
    the_motto_is_no_content,
    described_values_stand_before_text,
    a_passage_masks_numbers,
    filters_narrow_and_facets_count,
    all_pages_hold_each_record_once,
    a_name_and_a_birth_date_find_one_of_that_name,
)
