"""``sohoa audit``: who saw whose data."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output, Row
from api.cli.shared import application_of, operator_of
from api.desk import audit, people
from api.settings import Settings

_COLUMNS = ("at", "who", "action", "purpose", "subject", "papers", "times")


@click.command("audit")
@click.option("--person", metavar="LOGIN", help="Only what this person did.")
@click.option("--paper", type=click.UUID, help="Only lines that showed this paper.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), help="Only this day.")
@click.option(
    "--about",
    is_flag=True,
    help="Who looked up one citizen; the number is read from a prompt or standard input.",
)
@click.option("--misses", is_flag=True, help="Look-ups of citizen IDs that nobody has, by actor.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@answering
def audit_command(
    output: Output,
    settings: Settings,
    *,
    person: str | None,
    paper: UUID | None,
    day: datetime | None,
    about: bool,
    misses: bool,
    limit: int,
) -> int:
    """Show the access log, newest first: who, when, why, and what was shown."""
    with application_of(settings) as application:
        caller = operator_of(application)
        if misses:
            output.rows(
                (
                    {"who": one.who, "misses": one.misses, "last_at": one.last_at}
                    for one in audit.list_misses(application, caller)
                ),
                ("who", "misses", "last_at"),
                empty="Không có / none.",
            )
            return Exit.DONE
        if about:
            found = audit.list_about_person(application, caller, _number())
        else:
            since = None if day is None else day.replace(tzinfo=settings.zone)
            found = audit.list_accesses(
                application,
                caller,
                person=people.find_person(application, caller, person).id if person else None,
                paper=paper,
                since=since,
                until=None if since is None else since + timedelta(days=1),
                limit=limit,
            )
    output.rows(_rows(found), _COLUMNS, empty="Không có lần truy cập nào / no access.")
    return Exit.DONE


def _number() -> str:
    """A citizen ID that stands in neither the list of processes nor the shell's history."""
    if sys.stdin.isatty():
        return str(click.prompt("Số định danh cá nhân / citizen ID", hide_input=True))
    return sys.stdin.readline()


def _rows(found: Iterable[audit.AccessView]) -> Iterable[Row]:
    for line in found:
        yield {
            "at": line.at,
            "last_at": line.last_at,
            "times": line.times,
            "who": line.who,
            "on_behalf_of": line.on_behalf_of,
            "office": line.office,
            "action": line.action,
            "purpose": line.purpose,
            "subject": line.subject,
            "papers": [str(paper) for paper in line.papers],
        }
