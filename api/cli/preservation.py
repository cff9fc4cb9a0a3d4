"""``sohoa preserve``, ``renew``: levels of archived signatures."""

from __future__ import annotations

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit, worst
from api.cli.output import Output
from api.cli.shared import application_of, operator_of
from api.desk import levels, papers
from api.settings import Settings
from api.wording import sentences
from dossier.errors import WrongUse

_COLUMNS = ("paper", "level", "provable_until", "code", "reason")


@click.command("preserve")
@click.argument("named", metavar="[PAPERS]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All archived papers below B-LTA.")
@answering
def preserve_command(
    output: Output, settings: Settings, *, named: tuple[str, ...], every: bool
) -> int:
    """Bring archived signatures to B-LTA, and say why where that cannot be done yet."""
    if bool(named) == every:
        raise WrongUse("preserve.which", "name the papers to preserve, or say --all; not both")
    with application_of(settings) as application:
        caller = operator_of(application)
        wanted = [papers.find_paper(application, caller, name) for name in named]
        results = levels.preserve(application, caller, None if every else wanted)
    return _show(output, results)


@click.command("renew")
@answering
def renew_command(output: Output, settings: Settings) -> int:
    """Renew the archive timestamps whose certificate ends within half a year."""
    with application_of(settings) as application:
        results = levels.renew(application, operator_of(application))
    return _show(output, results)


def _show(output: Output, results: list[levels.LevelResult]) -> Exit:
    output.rows(
        [
            {
                "paper": str(one.paper),
                "level": one.level.value,
                "provable_until": one.provable_until,
                "code": "" if one.error is None else one.error.code,
                "reason": "" if one.error is None else sentences.both(one.error),
            }
            for one in results
        ],
        _COLUMNS,
        empty="Không có giấy nào phải làm / nothing is due.",
    )
    return worst(one.error for one in results if one.error is not None)
