"""``sohoa find``, ``export``: lookup and packages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import application_of, operator_of, warn_if_incomplete
from api.desk.access_logging import check_purpose
from api.desk.files import dossier_package, paper_package
from api.desk.papers import find_paper
from api.desk.search import LookupBy, find
from api.file_modes import user_modes
from api.settings import Settings
from archive.aip import Aip
from archive.export import stream_tar, stream_zip, write_file, write_folder
from dossier.errors import WrongUse
from dossier.ports import Found

_LIMIT = 200


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
@answering
def find_command(
    output: Output,
    settings: Settings,
    *,
    citizen_id: str | None,
    words: str | None,
    dossier: str | None,
    purpose: str,
) -> int:
    """Find archived records by person, text or dossier."""
    terms = {
        LookupBy.CITIZEN_ID: citizen_id,
        LookupBy.TEXT: words,
        LookupBy.DOSSIER: dossier,
    }
    given = {by: term for by, term in terms.items() if term is not None}
    if len(given) != 1:
        raise WrongUse("find.which", "give one of --citizen-id, --text, --dossier")
    by, term = given.popitem()
    if by is not LookupBy.DOSSIER:
        purpose = check_purpose(purpose)
    if term == "-":
        term = _read_term(by)
    with application_of(settings) as application:
        found = find(application, operator_of(application), by, term, purpose=purpose, limit=_LIMIT)
        ended = warn_if_incomplete(application)
    output.rows(
        (_found(row) for row in found),
        ("paper", "dossier", "kind", "person", "role", "number", "archived_at"),
        empty="Không tìm thấy / nothing found.",
    )
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


def _read_term(by: LookupBy) -> str:
    """The term from the prompt of a terminal, not echoed, or the first line of standard input."""
    if sys.stdin.isatty():
        label = "Số định danh cá nhân" if by is LookupBy.CITIZEN_ID else "Tìm"
        return str(click.prompt(label, hide_input=by is LookupBy.CITIZEN_ID, err=True))
    return sys.stdin.readline().strip()


def _found(row: Found) -> dict[str, object]:
    return {
        "paper": str(row.paper),
        "dossier": row.dossier,
        "kind": row.kind,
        "person": row.person,
        "role": row.role,
        "number": row.number,
        "archived_at": row.archived_at,
    }
