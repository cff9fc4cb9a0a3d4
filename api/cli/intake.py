"""``sohoa ingest`` and ``sign``: what moves papers, with its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import UUID

import click

from api.application import Application
from api.cli.exit_codes import worst
from api.cli.output import Output
from api.cli.progress import Waiting
from api.cli.shared import ROW_COLUMNS, actor, answering, application_of, listed, paper_named
from api.desk.intake import files_under
from api.settings import Settings
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from dossier.states import PaperState
from workflow.ledger.edits import EditRequest


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dossier", required=True, metavar="CODE", help="The dossier code (mã hồ sơ).")
@click.option("--sign", is_flag=True, help="Sign with the configured key what is described.")
@click.option("--accept", is_flag=True, help="Take what was found as it is (trial data only).")
@click.option("--no-wait", is_flag=True, help="Only take the files in; read them later.")
@answering
def ingest_command(
    output: Output,
    settings: Settings,
    *,
    paths: tuple[Path, ...],
    dossier: str,
    sign: bool,
    accept: bool,
    no_wait: bool,
) -> int:
    """Take files and folders into a dossier; one file is one paper."""
    code = dossier_code(dossier)
    files = list(files_under(paths))
    with application_of(settings) as application, Waiting(signing=sign) as waiting:
        if accept and not application.trial:
            raise WrongUse(
                "ingest.accept-refused",
                "--accept passes over the review, so it is for trial data only; leave it out",
            )
        papers: list[UUID] = []
        known: set[UUID] = set()

        def take_all(enqueue: Callable[[UUID], None]) -> None:
            for file in files:
                taken, error = application.intake.take(file, dossier=code, sign=sign, accept=accept)
                waiting.expect(taken.paper, file.name)
                papers.append(taken.paper)
                if error is not None:
                    waiting.turned_away(taken.paper, error)
                elif taken.known_already:
                    known.add(taken.paper)
                    waiting.known(taken.paper)
                    enqueue(taken.paper)
                else:
                    enqueue(taken.paper)

        if no_wait:
            take_all(lambda paper: None)  # noqa: ARG005 - the next start brings them home
        else:
            application.work(take_all, watch=waiting)
        rows = _rows(application, dict.fromkeys(papers))
        for row in rows:
            row["known"] = UUID(str(row["paper"])) in known
    output.rows(rows, ROW_COLUMNS)
    if known:
        output.say(f"{len(known)} tệp đã có từ trước, không nhận lần nữa / already there.")
    return worst(waiting.errors)


@click.command("sign")
@click.argument("papers", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All described papers.")
@answering
def sign_command(
    output: Output, settings: Settings, *, papers: tuple[str, ...], every: bool
) -> int:
    """Sign described papers with the configured key, and archive them."""
    if bool(papers) == every:
        raise WrongUse("sign.which", "name the papers to sign, or say --all; not both")
    with application_of(settings) as application, Waiting(signing=True) as waiting:
        described = application.ledger.papers.list_papers(
            offices=application.offices, state=PaperState.DESCRIBED
        )
        wanted = (
            [row.paper for row in described]
            if every
            else [paper_named(application, name) for name in papers]
        )
        signed_before = {
            paper
            for paper in wanted
            if (row := application.ledger.papers.get_summary(paper, offices=application.offices))
            is not None
            and row.state in {PaperState.SIGNED, PaperState.ARCHIVED}
        }
        arranging, now = application.ledger.edits, application.clock.now()
        for paper in wanted:
            waiting.expect(paper, str(paper))
            if paper not in signed_before:
                arranging.request_signature(
                    EditRequest(paper=paper, offices=application.offices, actor=actor(), at=now)
                )

        def nudge(enqueue: Callable[[UUID], None]) -> None:
            for paper in wanted:
                enqueue(paper)

        application.work(nudge, watch=waiting)
        rows = _rows(application, wanted)
    output.rows(rows, ROW_COLUMNS, empty="Không có giấy nào chờ ký / nothing waits to be signed.")
    return worst(waiting.errors)


def _rows(application: Application, papers: Iterable[UUID]) -> list[dict[str, object]]:
    found = (
        application.ledger.papers.get_summary(paper, offices=application.offices)
        for paper in papers
    )
    return [dict(listed(row)) for row in found if row is not None]
