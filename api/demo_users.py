"""Three people with random passwords, so that a visitor of the demo can sign in at each desk."""

from __future__ import annotations

import os
import secrets

from api.application import Application
from api.cli.output import Output
from api.desk import people
from api.desk.caller import Caller
from dossier.errors import WrongUse
from dossier.people import Role

_PEOPLE = (
    ("tiepnhan", "Trần Thu Hà", (Role.CLERK,), "tiếp nhận, kiểm tra, tra cứu"),
    ("kyso", "Lê Văn Bình", (Role.SIGNER,), "ký số"),
    (
        "quantri",
        "Phạm Minh Châu",
        (Role.ARCHIVIST, Role.AUDITOR, Role.ADMIN),
        "tra cứu, nhật ký, người dùng",
    ),
)
_FILE = "demo-users.txt"


def show(application: Application, caller: Caller, output: Output) -> None:
    """Add the people who are missing, and say where to sign in.

    Passwords are shown once, and written to a file of the data folder that only its owner reads.
    """
    settings = application.settings
    made = [
        (login, password, work)
        for login, name, roles, work in _PEOPLE
        if (password := _add(application, caller, login, name, roles))
    ]
    output.say("Mở các bàn làm việc / open the desks: make serve")
    output.say(f"rồi đăng nhập tại / then sign in at: http://localhost:{settings.http_port}/")
    file = settings.var / _FILE
    if made:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as out:
            for login, password, work in made:
                output.say(f"  {login:10} {password}   {work}")
                out.write(f"{login} {password}\n")
    output.say(f"Mật khẩu lưu ở / passwords are kept in: {file}")
    output.say(f"Kiểm tra một PDF / check a PDF: http://localhost:{settings.http_port}/verify")


def _add(
    application: Application, caller: Caller, login: str, name: str, roles: tuple[Role, ...]
) -> str:
    """Add a person; the password, or empty where the person was there already."""
    try:
        secret = people.invite_person(
            application, caller, login=login, name=name, office=caller.office, roles=roles
        )
    except WrongUse as error:
        if error.code == "user.login-taken":
            return ""
        raise
    password = secrets.token_urlsafe(9)
    people.accept_invitation(application, secret, password)
    return password
