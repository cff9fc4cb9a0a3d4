"""``sohoa list``, ``show``, ``text``, ``review``: looking at papers and settling doubts."""

from __future__ import annotations

from collections.abc import Iterable

import click

from api.cli.exit_codes import Exit
from api.cli.output import Output, seen
from api.cli.shared import (
    ROW_COLUMNS,
    actor,
    answering,
    application_of,
    listed,
    paper_named,
    warn_if_incomplete,
)
from api.desk import papers as desk_papers
from api.settings import Settings
from api.wording import sentences
from dossier import written
from dossier.codes import dossier_code
from dossier.errors import WrongUse
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
        rows = application.ledger.papers.list_papers(
            offices=application.offices,
            state=None if state is None else PaperState(state.upper()),
            dossier=None if dossier is None else dossier_code(dossier),
        )
        ended = warn_if_incomplete(application)
    output.rows((listed(row) for row in rows), ROW_COLUMNS, empty="Không có giấy nào / none.")
    return ended


@click.command("show")
@click.argument("paper")
@answering
def show_command(output: Output, settings: Settings, *, paper: str) -> int:
    """One paper: state, history, description, signatures, where it lies."""
    with application_of(settings) as application:
        shown = desk_papers.show(application, paper_named(application, paper), actor=actor())
    if output.as_json:
        output.line(shown)
        return Exit.DONE
    output.rows([shown], ROW_COLUMNS)
    for said in (sentences.sentence(shown["code"], shown["fault"]), str(shown["reason"])):
        if said:
            output.say(said)
    output.rows(shown["description"]["values"], _VALUE_COLUMNS)
    _say_doubts(output, shown["description"]["doubts"])
    output.rows(
        shown["received_signatures"], ("signer", "signed_at", "level", "trusted", "problem")
    )
    output.rows(shown["signatures"], ("signer", "signed_at", "level"))
    output.rows(shown["history"], ("at", "before", "after", "code", "actor"))
    if shown["record"]:
        output.say(f"{shown['record']['object_id']}  {shown['record']['key']}")
    return Exit.DONE


@click.command("text")
@click.argument("paper")
@answering
def text_command(output: Output, settings: Settings, *, paper: str) -> int:
    """What was read on a paper, in reading order."""
    with application_of(settings) as application:
        pages = desk_papers.words(application, paper_named(application, paper), actor=actor())
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
    """Look at what is doubtful on a paper; set values, confirm, let it go on."""
    changes = dict(_field_and_text(part) for part in typed)
    if changes and not accept:
        raise WrongUse("review.accept", "values are set together with --accept")
    with application_of(settings) as application:
        named = paper_named(application, paper)
        if accept:
            desk_papers.review(application, named, changes, actor=actor())
        held = application.ledger.papers.get(named, offices=application.offices)
        row = application.ledger.papers.get_summary(named, offices=application.offices)
        values = held.record.description.values if held and held.record else ()
        shown = [written.value_to_json(value) for value in values]
    if row is None or held is None:
        raise WrongUse("paper.unknown", "there is no such paper; see them with: sohoa list")
    if output.as_json:
        output.line({**listed(row), "values": shown})
        return Exit.DONE
    output.rows([listed(row)], ROW_COLUMNS)
    output.rows(shown, _VALUE_COLUMNS)
    if held.record is not None:
        _say_doubts(output, held.record.description.doubts)
    if row.state is PaperState.REVIEW:
        output.say(f"sohoa review {paper} [--set FIELD=VALUE ...] --accept")
    return Exit.DONE


def _say_doubts(output: Output, doubts: Iterable[str]) -> None:
    for doubt in doubts:
        output.say(f"Cần xem / doubtful: {sentences.doubt_and_code(doubt)}")


def _field_and_text(part: str) -> tuple[str, str]:
    field, equals, text = part.partition("=")
    if not equals:
        raise WrongUse("review.bad-field", "write --set FIELD=VALUE")
    return field.strip(), text
