"""``sohoa ingest`` and ``sign``: submit and sign papers, with progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import click

from api.cli.answering import answering
from api.cli.exit_codes import worst
from api.cli.output import Output
from api.cli.progress import Waiting
from api.cli.shared import ROW_COLUMNS, application_of, listed, operator_of
from api.desk import edits, papers
from api.desk.intake import check_accept, files_under, submit
from api.settings import Settings
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from dossier.states import PaperState


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dossier", required=True, metavar="CODE", help="The dossier code (mã hồ sơ).")
@click.option("--sign", is_flag=True, help="Sign described papers with the configured key.")
@click.option("--accept", is_flag=True, help="Accept all values without review (trial data only).")
@click.option("--no-wait", is_flag=True, help="Submit the files; process them later.")
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
    """Submit files and folders to a dossier; one file is one paper."""
    code = dossier_code(dossier)
    files = list(files_under(paths))
    with application_of(settings) as application, Waiting(signing=sign) as waiting:
        caller = operator_of(application)
        if accept:
            check_accept(application)
        submitted: list[UUID] = []
        known: set[UUID] = set()

        def submit_all(enqueue: Callable[[UUID], None]) -> None:
            for file in files:
                result = submit(application, caller, file, dossier=code, sign=sign, accept=accept)
                waiting.expect(result.paper, file.name)
                submitted.append(result.paper)
                if result.error is not None:
                    waiting.rejected(result.paper, result.error)
                    continue
                if result.known:
                    known.add(result.paper)
                    waiting.known(result.paper)
                enqueue(result.paper)

        if no_wait:
            submit_all(lambda paper: None)  # noqa: ARG005 - the next start processes them
        else:
            application.process(submit_all, watch=waiting)
        views = papers.get_papers(application, caller, list(dict.fromkeys(submitted)))
    output.rows(({**listed(view), "known": view.paper in known} for view in views), ROW_COLUMNS)
    if known:
        output.say(f"{len(known)} tệp đã có từ trước, không nhận lần nữa / already there.")
    return worst(waiting.errors)


@click.command("sign")
@click.argument("named", metavar="[PAPERS]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All described papers.")
@click.option(
    "--ask/--yes", default=None, help="List them and ask first; by default at a terminal."
)
@answering
def sign_command(
    output: Output, settings: Settings, *, named: tuple[str, ...], every: bool, ask: bool | None
) -> int:
    """Sign described papers with the configured key, and archive them."""
    if bool(named) == every:
        raise WrongUse("sign.which", "name the papers to sign, or say --all; not both")
    with application_of(settings) as application, Waiting(signing=True) as waiting:
        caller = operator_of(application)
        if every:
            page = papers.list_papers(application, caller, state=PaperState.DESCRIBED)
            wanted = [view.paper for view in page.papers]
            if wanted and (sys.stdin.isatty() if ask is None else ask):
                output.rows((listed(view) for view in page.papers), ROW_COLUMNS)
                question = f"Ký {len(wanted)} giấy này? / Sign these {len(wanted)} papers?"
                click.confirm(question, abort=True, err=True)
        else:
            wanted = [papers.find_paper(application, caller, name) for name in named]
        signed_before = {
            view.paper
            for view in papers.get_papers(application, caller, wanted)
            if view.state in {PaperState.SIGNED, PaperState.ARCHIVED}
        }
        for paper in wanted:
            waiting.expect(paper, str(paper))
            if paper not in signed_before:
                edits.request_signature(application, caller, paper)

        def enqueue_all(enqueue: Callable[[UUID], None]) -> None:
            for paper in wanted:
                enqueue(paper)

        application.process(enqueue_all, watch=waiting)
        views = papers.get_papers(application, caller, wanted)
    output.rows(
        (listed(view) for view in views),
        ROW_COLUMNS,
        empty="Không có giấy nào chờ ký / nothing waits to be signed.",
    )
    return worst(waiting.errors)
