"""Whether searches find what offices type: ``python -m bench.office_queries``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.finding import abbreviations
from archive.finding.search_index import SearchIndex
from archive.identity import IdentityKeys
from bench.finding_records import LARGE, TITLES, record
from dossier.finding import TextQuery
from workflow.ledger.engine import build_engine
from workflow.ledger.migrate import upgrade

QUERIES = Path(__file__).parent / "office_queries.toml"
RECORDS = 2000
_PAGE = 20


@dataclass(slots=True)
class Score:
    """How many queries were asked, found on the first page, and found first."""

    asked: int = 0
    found: int = 0
    first: int = 0
    missed: list[str] | None = None


@contextmanager
def catalogue_of(records: int) -> Iterator[SqlCatalogue]:
    """A catalogue with the first made-up records; it is gone at the end."""
    with TemporaryDirectory() as folder:
        engine = build_engine(f"sqlite:///{folder}/records.db")
        upgrade(engine)
        yield _filled(engine, records)
        engine.dispose()


def _filled(engine: Any, records: int) -> SqlCatalogue:  # noqa: ANN401 - bench imports no SQLAlchemy
    keys = IdentityKeys(bytes(32))
    index = SearchIndex(
        keys, None, title_of=lambda kind: TITLES[kind], abbreviations=abbreviations.load()
    )
    catalogue = SqlCatalogue(engine, keys, index=index)
    catalogue.add_all(record(number) for number in range(1, records + 1))
    catalogue.follow()
    return catalogue


def scores(catalogue: SqlCatalogue, *, kept: bool) -> Mapping[str, Score]:
    """The score of each kind of query.

    Args:
        catalogue: of the records.
        kept: of the set that is kept back, or of the other.
    """
    result: dict[str, Score] = {}
    for query in tomllib.loads(QUERIES.read_text(encoding="utf-8"))["query"]:
        if (query.get("set") == "kept") is not kept:
            continue
        page = catalogue.search(TextQuery(words=query["words"], offices=(LARGE,), limit=_PAGE))
        # The lowest bits of a paper's id are its number.
        got = [row.paper.int & 0xFFFFFFFF for row in page.rows]
        score = result.setdefault(query["kind"], Score(missed=[]))
        score.asked += 1
        score.found += bool(set(got) & set(query["first"]))
        score.first += got[:1] != [] and got[0] in query["first"]
        if score.missed is not None and not (got and got[0] in query["first"]):
            score.missed.append(f"{query['words']} -> {got[:3]}, not {query['first']}")
    return result


def main() -> None:
    """Print both sets."""
    with catalogue_of(RECORDS) as catalogue:
        for kept in (False, True):
            asked = scores(catalogue, kept=kept)
            print("kept back" if kept else "open")
            for kind, score in asked.items():
                print(
                    f"  {kind:20} {score.asked:3} asked {score.found:3} found {score.first:3} first"
                )
                for missed in () if kept else score.missed or ():
                    print(f"      {missed}")
            total = sum(s.asked for s in asked.values())
            print(
                f"  found {sum(s.found for s in asked.values()) / total:.3f}, "
                f"first {sum(s.first for s in asked.values()) / total:.3f} of {total}"
            )


if __name__ == "__main__":
    main()
