"""How long searches take: ``python -m bench.finding RECORDS [DATABASE]``.

One large office, 130 small ones, and one with a hundredth of the first 10,000 records. Prints CPU
milliseconds of this process and what a record takes on the disk.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.finding import abbreviations
from archive.finding.search_index import SearchIndex
from archive.identity import IdentityKeys
from bench.finding_records import LARGE, SMALL, TITLES, record
from dossier.finding import Filters, TextQuery
from dossier.text import folded
from workflow.ledger.engine import build_engine
from workflow.ledger.migrate import upgrade

_OFFICES = 131
_QUERIES = 200
_PAGE = 20


def main(records: int, address: str) -> None:
    """Fill a catalogue, search it, and print a table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        engine = build_engine(address or f"sqlite:///{folder}/records.db")
        upgrade(engine)
        keys = IdentityKeys(bytes(32))
        index = SearchIndex(
            keys,
            folder / "search",
            title_of=lambda kind: TITLES[kind],
            abbreviations=abbreviations.load(),
        )
        catalogue = SqlCatalogue(engine, keys, index=index)
        began = time.process_time()
        catalogue.add_all(record(n, offices=_OFFICES) for n in range(1, records + 1))
        print(f"add to the database {_ms(began) / records:.2f} ms a record (generated here)")
        began = time.process_time()
        catalogue.follow()
        print(f"add to the index    {_ms(began) / records:.2f} ms a record")
        _sizes(folder, records)
        for title, calls in _measured(catalogue, records):
            print(f"{title:28} {_percentiles(calls)}")
        engine.dispose()


def _sizes(folder: Path, records: int) -> None:
    index = sum(file.stat().st_size for file in (folder / "search").rglob("*") if file.is_file())
    database = sum(file.stat().st_size for file in folder.glob("records.db*"))
    print(f"bytes a record      database {database / records:.0f}, index {index / records:.0f}")


def _measured(
    catalogue: SqlCatalogue, records: int
) -> Iterator[tuple[str, Sequence[Callable[[], object]]]]:
    rng = Random(17)
    made = [record(rng.randrange(1, records + 1)) for _ in range(_QUERIES)]
    people = [next(iter(one.description.people()), None) for one in made]
    names = [person.name for person in people if person is not None and person.name]
    numbers = [p.citizen_id for p in people if p is not None and p.citizen_id]

    def search(words: str, office: str = LARGE, **narrowed: object) -> Callable[[], object]:
        filters = Filters(**narrowed)  # type: ignore[arg-type]  # as the caller names them
        query = TextQuery(words=words, offices=(office,), limit=_PAGE, filters=filters)
        return lambda: catalogue.search(query)

    mixed = [_mixed(n, one.description.values, rng) for n, one in enumerate(made)]
    yield (
        "look-up by citizen ID",
        [
            lambda number=number: catalogue.by_citizen_id(number, offices=(LARGE,), limit=50)  # type: ignore[misc]  # the default binds it
            for number in numbers
        ],
    )
    yield "200 mixed queries", [search(words) for words in mixed]
    yield "office of 100 records", [search(words, SMALL) for words in mixed]
    yield "a typing error in a name", [search(_mistyped(name, rng)) for name in names]
    yield (
        "kind + year + total",
        [search("", kinds=("decision",), years=(2015 + n % 11,)) for n in range(_QUERIES)],
    )


def _mixed(number: int, values: Sequence[object], rng: Random) -> str:
    texts = [str(getattr(value, "text", "")) for value in values]
    named = next((t for t, v in zip(texts, values, strict=True) if ".name" in str(v)), texts[0])
    return (
        named,
        folded(named),
        " ".join(named.split()[-2:]),
        texts[1],
        f"quyết định {rng.choice(['thu hồi đất', 'xử phạt', 'trợ cấp'])}",
        f"{named} khai sinh",
        "công chức địa chính",
        f"giấy tờ của {named} ở đâu",
    )[number % 8]


def _mistyped(name: str, rng: Random) -> str:
    at = rng.randrange(1, len(name) - 2)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _percentiles(calls: Sequence[Callable[[], object]]) -> str:
    calls[0]()
    took = []
    for call in calls:
        began = time.process_time()
        call()
        took.append(_ms(began))
    took.sort()
    return " / ".join(
        f"{took[min(int(len(took) * p), len(took) - 1)]:.2f}" for p in (0.5, 0.95, 0.99)
    )


def _ms(began: float) -> float:
    return (time.process_time() - began) * 1000


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
