"""``sohoa user``: the people who sign in to the screens."""

from __future__ import annotations

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import application_of, operator_of
from api.desk import people
from api.settings import Settings
from dossier.people import Role

_COLUMNS = ("login", "name", "office", "roles", "state")


@click.group("user")
def user_command() -> None:
    """Invite, list and lock the people who sign in to the screens."""


@user_command.command("add")
@click.argument("login")
@click.option("--name", required=True, help="Full name, as pages show it.")
@click.option("--office", metavar="CODE", help="Where the person works; SOHOA_OFFICE.")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role]),
    multiple=True,
    required=True,
    help="What the person may do; give it several times.",
)
@answering
def add(
    output: Output,
    settings: Settings,
    *,
    login: str,
    name: str,
    office: str | None,
    roles: tuple[str, ...],
) -> int:
    """Invite a person: prints a path that sets the password once, within three days."""
    with application_of(settings) as application:
        caller = operator_of(application)
        secret = people.invite_person(
            application,
            caller,
            login=login,
            name=name,
            office=office or caller.office,
            roles=[Role(role) for role in roles],
        )
    return _invitation(output, login, secret)


@user_command.command("invite")
@click.argument("login")
@answering
def invite(output: Output, settings: Settings, *, login: str) -> int:
    """Invite a person again, who lost the password; open sessions end."""
    with application_of(settings) as application:
        caller = operator_of(application)
        person = people.find_person(application, caller, login)
        secret = people.invite_again(application, caller, person.id)
    return _invitation(output, login, secret)


@user_command.command("list")
@answering
def list_(output: Output, settings: Settings) -> int:
    """The people of this office and those below it."""
    with application_of(settings) as application:
        found = people.list_people(application, operator_of(application))
    output.rows(
        (
            {
                "login": person.login,
                "name": person.name,
                "office": person.office,
                "roles": [f"{grant.role} {grant.office}" for grant in person.roles],
                "state": "disabled"
                if person.disabled_at
                else "active"
                if person.password_hash
                else "invited",
            }
            for person in found
        ),
        _COLUMNS,
        empty="Chưa có ai / nobody yet.",
    )
    return Exit.DONE


@user_command.command("lock")
@click.argument("login")
@click.option("--undo", is_flag=True, help="Unlock instead.")
@answering
def lock(output: Output, settings: Settings, *, login: str, undo: bool) -> int:
    """Lock a person out at once; sessions end."""
    with application_of(settings) as application:
        caller = operator_of(application)
        person = people.find_person(application, caller, login)
        people.set_disabled(application, caller, person.id, disabled=not undo)
    if output.as_json:
        output.line({"login": person.login, "disabled": not undo})
    output.say(f"{person.login}: {'đã mở khóa / unlocked' if undo else 'đã khóa / locked'}")
    return Exit.DONE


def _invitation(output: Output, login: str, secret: str) -> int:
    path = f"/invitation#{secret}"
    if output.as_json:
        output.line({"login": login, "path": path})
        return Exit.DONE
    output.say("Mở đường dẫn này để đặt mật khẩu, dùng một lần / open once to set a password:")
    click.echo(path)
    return Exit.DONE
