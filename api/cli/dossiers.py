"""``sohoa dossier`` and ``sohoa split``."""

from __future__ import annotations

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import ROW_COLUMNS, application_of, listed, operator_of
from api.desk import dossiers, papers, splitting
from api.desk.splitting import PageUse
from api.settings import Settings
from dossier.errors import WrongUse


@click.command("dossier")
@click.argument("code")
@click.option("--close", "act", flag_value="close", help="It takes no more papers.")
@click.option("--reopen", "act", flag_value="reopen", help="It takes papers again.")
@click.option("--anyway", is_flag=True, help="Close it with unfinished or missing papers too.")
@answering
def dossier_command(
    output: Output, settings: Settings, *, code: str, act: str | None, anyway: bool
) -> int:
    """A dossier with its papers; close it, or reopen it."""
    with application_of(settings) as application:
        caller = operator_of(application)
        if act == "close":
            view = dossiers.close_dossier(application, caller, code, anyway=anyway)
        elif act == "reopen":
            view = dossiers.reopen_dossier(application, caller, code)
        else:
            view = dossiers.get_dossier(application, caller, code)
    rows = [listed(paper) for paper in view.papers or ()]
    if output.as_json:
        output.line(
            {
                "dossier": view.code,
                "office": view.office,
                "closed_at": view.closed_at,
                "missing": view.missing,
                "unfinished": view.unfinished,
                "papers": rows,
            }
        )
        return Exit.DONE
    output.rows(rows, ROW_COLUMNS, empty="Không có giấy nào / none.")
    closed = "đã đóng / closed" if view.closed_at else "đang mở / open"
    output.say(f"{view.code}: {closed}")
    return Exit.DONE


@click.command("split")
@click.argument("paper")
@click.argument("parts", nargs=-1, required=True, metavar="PAGES...")
@answering
def split_command(output: Output, settings: Settings, *, paper: str, parts: tuple[str, ...]) -> int:
    """Make several papers of one: PAGES is such as 1,2 or 3; pages not named are left out."""
    pages = [
        (number, 0, PageUse.CONTINUES if index else PageUse.BEGINS)
        for part in parts
        for index, number in enumerate(_numbers(part))
    ]
    with application_of(settings) as application:
        caller = operator_of(application)
        named = papers.find_paper(application, caller, paper)
        made = splitting.split(application, caller, named, pages)
    output.rows(({"paper": str(one)} for one in made), ("paper",))
    return Exit.DONE


def _numbers(part: str) -> list[int]:
    try:
        return [int(number) for number in part.split(",")]
    except ValueError:
        raise WrongUse("pages.not-parts", "write the pages of a paper as 1,2,3") from None
