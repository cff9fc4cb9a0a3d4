"""Tables for people, one object a line for programs."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.settings import Settings
from api.wording import labels, sentences

if TYPE_CHECKING:
    from ocr.fields.forms import Forms

Row = Mapping[str, Any]


def seen(text: str) -> str:
    """The text without what a terminal would take for an order, or hide.

    File names and what people typed may hold anything.
    """
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")


class Output:
    """Where a command's answer goes: stdout, in one of two forms.

    Args:
        settings: the zone in which times are shown (JSON keeps the offset too), and where
            the form definitions are that name kinds of paper.
        as_json: one JSON object a line instead of a table.
    """

    def __init__(self, settings: Settings, *, as_json: bool) -> None:
        self.as_json = as_json
        self._settings = settings
        width = None if sys.stdout.isatty() else 200
        self._console = Console(file=sys.stdout, width=width, highlight=False, soft_wrap=False)

    def rows(self, rows: Iterable[Row], columns: Sequence[str], *, empty: str = "") -> None:
        """Print rows; in a table only these columns, in JSON all there is."""
        if self.as_json:
            for row in rows:
                self.line(row)
            return
        table = Table(*(labels.HEADINGS[column] for column in columns))
        for row in rows:
            table.add_row(*(Text(seen(self._cell(column, row.get(column)))) for column in columns))
        if table.row_count:
            self._console.print(table)
        elif empty:
            self.say(empty)

    def line(self, row: Row) -> None:
        """Print one JSON object."""
        written = json.dumps(row, ensure_ascii=False, default=self._plain)
        sys.stdout.write(written + "\n")

    def say(self, sentence: str) -> None:
        """A sentence for people; nothing in JSON."""
        if not self.as_json:
            self._console.print(Text(seen(sentence)))

    def at(self, time: datetime | None) -> str | None:
        """A time as it is shown."""
        if time is None:
            return None
        return time.astimezone(self._settings.zone).isoformat(timespec="seconds")

    @cached_property
    def _forms(self) -> Forms:
        from api.application import forms_of  # noqa: PLC0415 - not every command needs them

        return forms_of(self._settings)

    def _plain(self, value: object) -> object:
        if isinstance(value, datetime):
            return self.at(value)
        return str(value)

    def _cell(self, column: str, value: object) -> str:
        if column in {"state", "before", "after"} and value:
            return labels.state(str(value))
        if column == "doubt":
            return sentences.doubt_and_code(str(value or ""))
        if column == "kind":
            return self._forms.name_of(str(value))
        if column == "role":
            return labels.role(str(value))
        match value:
            case None:
                said = ""
            case bool():
                said = "có" if value else "không"
            case float():
                said = f"{value:.2f}"
            case list() | tuple():
                said = ", ".join(self._cell("", part) for part in value)
            case _:
                said = str(self._plain(value))
        return said
