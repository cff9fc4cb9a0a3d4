"""``sohoa list``, ``show``, ``text``, ``review``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output, seen
from api.cli.shared import ROW_COLUMNS, application_of, listed, operator_of, warn_if_incomplete
from api.desk import corrections, papers
from api.desk.correct_record import correct_record
from api.desk.views import PaperView
from api.settings import Settings
from api.wording import sentences
from dossier import written
from dossier.errors import WrongUse
from dossier.spine import Description
from dossier.states import PaperState

_VALUE_COLUMNS = ("field", "text", "confidence", "page", "box", "doubt")


@click.command("list")
@click.option("--state", type=click.Choice([s.value for s in PaperState], case_sensitive=False))
@click.option("--dossier", metavar="CODE")
@answering
def list_command(
    output: Output, settings: Settings, *, state: str | None, dossier: str | None
) -> int:
    """The papers, and where each stands."""
    with application_of(settings) as application:
        page = papers.list_papers(
            application,
            operator_of(application),
            state=None if state is None else PaperState(state.upper()),
            dossier=dossier,
        )
        ended = warn_if_incomplete(application)
    rows = (listed(view) for view in page.papers)
    output.rows(rows, ROW_COLUMNS, empty="Không có giấy nào / none.")
    return ended


@click.command("show")
@click.argument("paper")
@answering
def show_command(output: Output, settings: Settings, *, paper: str) -> int:
    """One paper: state, history, description, signatures, location in the archive."""
    with application_of(settings) as application:
        caller = operator_of(application)
        view = papers.open_paper(application, caller, papers.find_paper(application, caller, paper))
    row = _shown(view)
    if output.as_json:
        output.line(row)
        return Exit.DONE
    output.rows([row], ROW_COLUMNS)
    for sentence in (sentences.sentence(view.code, view.fault), view.reason):
        if sentence:
            output.say(sentence)
    output.rows(row["description"]["values"], _VALUE_COLUMNS)
    _say_doubts(output, row["description"]["doubts"])
    output.rows(row["received_signatures"], ("signer", "signed_at", "level", "trusted", "problem"))
    output.rows(row["signatures"], ("signer", "signed_at", "level"))
    output.rows(row["history"], ("at", "before", "after", "code", "actor"))
    if row["record"]:
        output.say(f"{row['record']['object_id']}  {row['record']['key']}")
    return Exit.DONE


@click.command("text")
@click.argument("paper")
@answering
def text_command(output: Output, settings: Settings, *, paper: str) -> int:
    """The text recognised on a paper, in reading order."""
    with application_of(settings) as application:
        caller = operator_of(application)
        pages = papers.words(application, caller, papers.find_paper(application, caller, paper))
    for page in pages:
        if output.as_json:
            output.line({"page": page.number, "text": page.text(), "unread": page.unread})
        else:
            click.echo(seen(page.text()) + ("\f" if page is not pages[-1] else ""))
    return Exit.DONE


@click.command("review")
@click.argument("paper")
@click.option("--set", "typed", multiple=True, metavar="FIELD=VALUE", help="Set a value.")
@click.option("--accept", is_flag=True, help="Confirm the rest and let the paper go on.")
@answering
def review_command(
    output: Output, settings: Settings, *, paper: str, typed: tuple[str, ...], accept: bool
) -> int:
    """Show the doubtful values of a paper; correct and confirm them."""
    changes = dict(_field_and_text(part) for part in typed)
    if changes and not accept:
        raise WrongUse("review.accept", "values are set together with --accept")
    with application_of(settings) as application:
        caller = operator_of(application)
        named = papers.find_paper(application, caller, paper)
        if accept:
            corrections.review(application, caller, named, changes)
        view = papers.open_paper(application, caller, named)
    description = _description(view)
    values = [written.value_to_json(value) for value in description.values]
    if output.as_json:
        output.line({**listed(view), "values": values})
        return Exit.DONE
    output.rows([listed(view)], ROW_COLUMNS)
    output.rows(values, _VALUE_COLUMNS)
    _say_doubts(output, description.doubts)
    if view.state is PaperState.REVIEW:
        output.say(f"sohoa review {paper} [--set FIELD=VALUE ...] --accept")
    return Exit.DONE


def _description(view: PaperView) -> Description:
    return Description(kind="") if view.content is None else view.content.description


def _shown(view: PaperView) -> dict[str, Any]:
    """An opened paper as ``show --json`` prints it."""
    content = view.content
    location = None if content is None else content.location
    pdfa = None if content is None else content.pdfa
    return {
        "paper": str(view.paper),
        "dossier": view.dossier,
        "ordinal": view.ordinal,
        "office": view.office,
        "source": view.source,
        "state": view.state.value,
        "code": view.code,
        "reason": view.reason,
        "fault": view.fault,
        "pages": view.pages,
        "kind": view.kind,
        "received_at": view.received_at,
        "media_type": view.media_type,
        "sha256": "" if content is None else content.sha256,
        "arrived_signed": content is not None and content.arrived_signed,
        "engine": "" if content is None else content.engine,
        "description": written.description_to_json(_description(view)),
        "pdfa": None if pdfa is None else written.pdfa_report_to_json(pdfa),
        "received_signatures": [
            written.report_to_json(report)
            for report in (() if content is None else content.received_signatures)
        ],
        "signatures": [
            written.signature_to_json(signature)
            for signature in (() if content is None else content.signatures)
        ],
        "record": None if location is None else asdict(location),
        "history": [
            {
                "at": entry.at,
                "before": entry.before,
                "after": entry.after,
                "code": entry.code,
                "reason": entry.reason,
                "actor": entry.actor,
            }
            for entry in view.history
        ],
    }


@click.command("correct")
@click.argument("paper")
@click.option("--set", "typed", multiple=True, required=True, metavar="FIELD=VALUE")
@click.option("--reason", required=True, metavar="WHY", help="Kept with the record.")
@answering
def correct_command(
    output: Output, settings: Settings, *, paper: str, typed: tuple[str, ...], reason: str
) -> int:
    """Correct values of an archived record: a new version of it, with who, when and why."""
    changes = dict(_field_and_text(part) for part in typed)
    with application_of(settings) as application:
        caller = operator_of(application)
        named = papers.find_paper(application, caller, paper)
        version = correct_record(application, caller, named, changes, reason=reason)
    if output.as_json:
        output.line({"paper": str(named), "version": version})
    output.say(f"Đã sửa hồ sơ lưu, phiên bản / record corrected, version {version}")
    return Exit.DONE


def _say_doubts(output: Output, doubts: Iterable[str]) -> None:
    for doubt in doubts:
        output.say(f"Cần kiểm tra / doubtful: {sentences.doubt_and_code(doubt)}")


def _field_and_text(part: str) -> tuple[str, str]:
    field, equals, text = part.partition("=")
    if not equals:
        raise WrongUse("review.bad-field", "write --set FIELD=VALUE")
    return field.strip(), text
