"""``sohoa find``, ``export``: lookup and packages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import application_of, operator_of, warn_if_incomplete
from api.desk.access_logging import check_purpose
from api.desk.files import dossier_package, paper_package
from api.desk.papers import find_paper
from api.desk.search import MOST_IN_LIST, MOST_SKIPPED, LookupBy, find
from api.file_modes import user_modes
from api.settings import Settings
from api.wording import hit_list
from archive.aip import Aip
from archive.export import stream_tar, stream_zip, write_file, write_folder
from dossier.errors import Misconfigured, WrongUse
from dossier.finding import Filters, Found, FoundPage, SortBy

_LIMIT = 200
_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])


@click.command("find")
@click.option(
    "--citizen-id",
    metavar="[N]",
    is_flag=False,
    flag_value="-",
    help="12 digits, or an old number of 9. Without N, or with -, it is read from the prompt or "
    "stdin, which keeps it out of the shell's history and the list of processes.",
)
@click.option("--text", "words", metavar="WORDS", help="With or without diacritics; - reads stdin.")
@click.option("--dossier", metavar="CODE")
@click.option("--purpose", metavar="WHY", default="", help="Purpose of the lookup; it is logged.")
@click.option("kinds", "--kind", multiple=True, metavar="ID", help="Only papers of this kind.")
@click.option("years", "--year", multiple=True, type=click.IntRange(1800, 2999))
@click.option("roles", "--role", multiple=True, metavar="ROLE", help="Naming somebody in it.")
@click.option("--in-dossier", metavar="CODE", default="", help="With --text: only of this dossier.")
@click.option("--issuer", metavar="WORDS", default="", help="Words of who issued the paper.")
@click.option("--dated-from", type=_DAY, help="First day of the paper.")
@click.option("--dated-until", type=_DAY, help="Last day of the paper.")
@click.option("--archived-from", type=_DAY, help="First day of archiving.")
@click.option("--archived-until", type=_DAY, help="Last day of archiving.")
@click.option("--sort", type=click.Choice(list(SortBy)), default=SortBy.RELEVANCE)
@click.option("--skip", type=click.IntRange(0, MOST_SKIPPED), default=0, help="For a next page.")
@click.option("--limit", type=click.IntRange(1, _LIMIT), default=_LIMIT, show_default=True)
@click.option("as_csv", "--csv", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help=f"Write the hits there, up to {MOST_IN_LIST}.")  # fmt: skip
@answering
def find_command(
    output: Output,
    settings: Settings,
    *,
    citizen_id: str | None,
    words: str | None,
    dossier: str | None,
    purpose: str,
    sort: str,
    skip: int,
    limit: int,
    as_csv: Path | None,
    **narrowing: Any,  # noqa: ANN401 - the options of filters
) -> int:
    """Find archived records by person, text or dossier."""
    by, term = _which(citizen_id, words, dossier)
    if by is not LookupBy.DOSSIER:
        purpose = check_purpose(purpose)
    if term == "-":
        term = _read_term(by)
    with application_of(settings) as application:
        if by is LookupBy.TEXT:
            application.catalogue.follow()
        page = find(
            application,
            operator_of(application),
            by,
            term,
            purpose=purpose,
            limit=limit if as_csv is None else MOST_IN_LIST,
            skip=skip,
            filters=_filters(**narrowing),
            sort=SortBy(sort),
        )
        ended = warn_if_incomplete(application)
        if as_csv is not None:
            _write_csv(as_csv, hit_list.as_csv(page.rows, title_of=application.forms.name_of))
            return ended
    output.rows(
        (_found(row) for row in page.rows),
        ("paper", "dossier", "kind", "person", "role", "number", "archived_at"),
        empty="Không tìm thấy / nothing found.",
    )
    if not output.as_json and page.rows:
        output.say(_counted(page, skip))
    return ended


_FORMS: dict[str, Callable[[Aip, Path], Path]] = {
    "folder": write_folder,
    "zip": lambda aip, folder: write_file(aip, folder, stream=stream_zip, suffix=".zip"),
    "tar": lambda aip, folder: write_file(aip, folder, stream=stream_tar, suffix=".tar"),
}


@click.command("export")
@click.argument("names", nargs=-1, metavar="[PAPER] DIR", type=click.Path(path_type=str))
@click.option("--dossier", metavar="CODE", help="All archived papers of a dossier, in one package.")
@click.option("--as", "form", type=click.Choice(list(_FORMS)), default="folder", show_default=True)
@answering
def export_command(
    output: Output, settings: Settings, *, names: tuple[str, ...], dossier: str | None, form: str
) -> int:
    """Write the E-ARK package of an archived paper, or of a dossier, into DIR."""
    *papers, folder = names or ("",)
    if len(papers) != (dossier is None) or not folder:
        raise WrongUse("export.which", "say PAPER DIR, or --dossier CODE DIR")
    with application_of(settings) as application:
        caller = operator_of(application)
        if dossier is None:
            paper = find_paper(application, caller, papers[0])
            aip = paper_package(application, caller, paper)
        else:
            aip = dossier_package(application, caller, dossier)
        with user_modes():
            package = _FORMS[form](aip, Path(folder))
    row: dict[str, object] = {"package": str(package)}
    if dossier is None:
        row["paper"] = str(paper)
    if form == "folder":
        row["signed_pdf"] = str(package / aip.signed[0])
    if output.as_json:
        output.line(row)
    output.say("\n".join(str(row[key]) for key in ("package", "signed_pdf") if key in row))
    return Exit.DONE


def _which(citizen_id: str | None, words: str | None, dossier: str | None) -> tuple[LookupBy, str]:
    terms = {
        LookupBy.CITIZEN_ID: citizen_id,
        LookupBy.TEXT: words,
        LookupBy.DOSSIER: dossier,
    }
    given = {by: term for by, term in terms.items() if term is not None}
    if len(given) != 1:
        raise WrongUse("find.which", "give one of --citizen-id, --text, --dossier")
    return given.popitem()


def _write_csv(file: Path, content: str) -> None:
    try:
        with user_modes():
            file.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise Misconfigured(
            "report.cannot-write", "the list cannot be written there; check folder and rights"
        ) from error


def _read_term(by: LookupBy) -> str:
    """The term from the prompt of a terminal, not echoed, or the first line of standard input."""
    if sys.stdin.isatty():
        label = "Số định danh cá nhân" if by is LookupBy.CITIZEN_ID else "Tìm"
        return str(click.prompt(label, hide_input=by is LookupBy.CITIZEN_ID, err=True))
    return sys.stdin.readline().strip()


def _filters(
    *, in_dossier: str, dated_from: datetime | None, dated_until: datetime | None,
    archived_from: datetime | None, archived_until: datetime | None,
    **rest: Any,  # noqa: ANN401 - the options that are filters as they are
) -> Filters:  # fmt: skip
    return Filters(
        dossier=in_dossier.strip().upper(),
        dated_from=dated_from and dated_from.date(),
        dated_until=dated_until and dated_until.date(),
        archived_from=archived_from and archived_from.date(),
        archived_until=archived_until and archived_until.date(),
        **rest,
    )


def _counted(page: FoundPage, skip: int) -> str:
    """Which of how many hits these are."""
    said = f"{skip + 1}-{skip + len(page.rows)} / {page.total}"
    if page.approximate:
        said += "; không có giấy khớp hoàn toàn, đây là giấy gần nhất / nearest matches"
    return said


def _found(row: Found) -> dict[str, object]:
    return {
        "paper": str(row.paper),
        "dossier": row.dossier,
        "kind": row.kind,
        "person": row.person,
        "role": row.role,
        "number": row.number,
        "archived_at": row.archived_at,
        "passage": None if row.passage is None else asdict(row.passage),
    }
