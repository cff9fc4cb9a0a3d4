"""A list of hits as CSV (RFC 4180), for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from dossier.finding import Found

_COLUMNS = ("paper", "dossier", "kind", "person", "role", "number", "archived_at", "passage")
# A cell that begins so would be a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Sequence[Found], *, title_of: Callable[[str], str]) -> str:
    """The rows with a heading; numbers masked, as everywhere.

    Args:
        rows: the hits.
        title_of: the name of a kind of paper.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = (
            str(row.paper),
            row.dossier,
            title_of(row.kind),
            row.person,
            row.role,
            row.number,
            row.archived_at.isoformat(timespec="seconds"),
            row.passage.text if row.passage else "",
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    # With a byte-order mark spreadsheets read it as UTF-8.
    return "\ufeff" + out.getvalue()
