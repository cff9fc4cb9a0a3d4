"""``sohoa verify``: the signatures of PDFs."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.file_modes import user_modes
from api.settings import Settings
from api.verification import verifier
from api.wording import signature_report
from dossier import written
from dossier.errors import Misconfigured, SohoaError
from dossier.reports import SignatureReport, Verdict

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
@click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a report here."
)
@answering
def verify_command(
    output: Output,
    settings: Settings,
    *,
    files: tuple[Path, ...],
    revocation: tuple[Path, ...],
    page: Path | None,
) -> int:
    """Who signed a PDF, when, how far it is preserved, and whether to trust it."""
    rows: list[dict[str, object]] = []
    found: list[tuple[str, tuple[SignatureReport, ...]]] = []
    ended = Exit.DONE
    with verifier(settings, revocation=revocation) as verify:
        for file in files:
            try:
                reports = verify(file)
            except SohoaError as error:
                reports = ()
                rows.append({"file": str(file), "valid": False, "problem": error.code})
            else:
                rows += [_verified(file, report) for report in reports]
                if not reports:
                    rows.append({"file": str(file), "valid": False, "problem": "no-signature"})
            found.append((str(file), reports))
            ended = max(ended, _ended(reports))
    if page is not None:
        _write(page, signature_report.as_html(found, zone=settings.zone))
    if output.as_json:
        output.rows(rows, _SIGNATURE_COLUMNS)
        return ended
    for name, reports in found:
        output.say(signature_report.as_text(name, reports, zone=settings.zone))
    output.rows([row for row in rows if "signer" not in row], ("file", "valid", "problem"))
    return ended


def _write(page: Path, text: str) -> None:
    try:
        with user_modes():
            page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(
            "report.cannot-write", "the report cannot be written there; check folder and rights"
        ) from error


def _verified(file: Path, report: SignatureReport) -> dict[str, object]:
    return {"file": str(file), **written.report_to_json(report), "valid": report.valid}


def _ended(reports: tuple[SignatureReport, ...]) -> Exit:
    """Changed after signing: an alarm. Undecided, not trusted, or not signed: not accepted."""
    if any(report.verdict is Verdict.ALTERED for report in reports):
        return Exit.INTEGRITY
    if reports and all(report.valid for report in reports):
        return Exit.DONE
    return Exit.REJECTED
