"""``sohoa find``, ``export``, ``verify``: records, found and taken out."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import actor, answering, application_of, paper_named, warn_if_incomplete
from api.desk import papers as desk_papers
from api.settings import Settings
from dossier import written
from dossier.codes import numbers_masked
from dossier.errors import SohoaError, WrongUse
from dossier.ports import Found
from dossier.reports import SignatureReport, Verdict

_LIMIT = 200
_SIGNATURE_COLUMNS = (
    "file",
    "signer",
    "signed_at",
    "level",
    "valid",
    "trusted",
    "verdict",
    "problem",
    "changed_later",
    "undecided",
    "remarks",
)


@click.command("find")
@click.option("--citizen-id", metavar="N", help="12 digits, or an old number of 9; - reads stdin.")
@click.option("--text", "words", metavar="WORDS", help="With or without diacritics.")
@click.option("--dossier", metavar="CODE")
@click.option("--purpose", metavar="WHY", default="", help="Why you look; it is logged.")
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
    asked = {"citizen-id": citizen_id, "text": words, "dossier": dossier}
    given = {manner: text for manner, text in asked.items() if text is not None}
    if len(given) != 1:
        raise WrongUse("find.which", "say one of --citizen-id, --text, --dossier")
    manner, text = given.popitem()
    if text == "-":
        text = sys.stdin.readline().strip()
    if manner != "dossier" and not purpose.strip():
        raise WrongUse("find.no-purpose", "say why you look, with --purpose; it is logged")
    with application_of(settings) as application:
        found = desk_papers.find(
            application, manner, text, purpose=purpose.strip(), actor=actor(), limit=_LIMIT
        )
        ended = warn_if_incomplete(application)
    output.rows(
        (_found(row) for row in found),
        ("paper", "dossier", "kind", "person", "role", "number", "archived_at"),
        empty="Không tìm thấy / nothing found.",
    )
    return ended


@click.command("export")
@click.argument("paper")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@answering
def export_command(output: Output, settings: Settings, *, paper: str, folder: Path) -> int:
    """Write the package of an archived paper as a folder in DIR."""
    with application_of(settings) as application:
        named = paper_named(application, paper)
        package, signed = desk_papers.export(application, named, folder, actor=actor())
    if output.as_json:
        output.line({"paper": str(named), "package": str(package), "signed_pdf": str(signed)})
    output.say(f"{package}\n{signed}")
    return Exit.DONE


@click.command("verify")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
)
@click.option(
    "revocation",
    "--revocation",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
    metavar="FILE",
    help="A revocation list or an OCSP response (DER or PEM); may be given more than once.",
)
@answering
def verify_command(
    output: Output, settings: Settings, *, files: tuple[Path, ...], revocation: tuple[Path, ...]
) -> int:
    """Who signed a PDF, when, how far it is preserved, and whether to trust it."""
    rows: list[dict[str, object]] = []
    ended = Exit.DONE
    with application_of(settings) as application:
        for file in files:
            try:
                reports = application.verify(file, revocation=revocation)
            except SohoaError as error:
                reports = ()
                rows.append({"file": str(file), "valid": False, "problem": error.code})
            else:
                rows += [_verified(file, report) for report in reports]
                if not reports:
                    rows.append({"file": str(file), "valid": False, "problem": "no-signature"})
            ended = max(ended, _ended(reports))
    output.rows(rows, _SIGNATURE_COLUMNS)
    return ended


def _found(row: Found) -> dict[str, object]:
    return {
        "paper": str(row.paper),
        "dossier": row.dossier,
        "kind": row.kind,
        "person": numbers_masked(row.person),
        "role": row.role,
        "number": row.number,
        "archived_at": row.archived_at,
    }


def _verified(file: Path, report: SignatureReport) -> dict[str, object]:
    return {"file": str(file), **written.report_to_json(report), "valid": report.valid}


def _ended(reports: tuple[SignatureReport, ...]) -> Exit:
    """Changed after signing: an alarm. Undecided, not trusted, or not signed: not accepted."""
    if any(report.verdict is Verdict.ALTERED for report in reports):
        return Exit.INTEGRITY
    if reports and all(report.valid for report in reports):
        return Exit.DONE
    return Exit.REJECTED
