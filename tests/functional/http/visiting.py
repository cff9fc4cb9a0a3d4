"""People at the screens: invited on the command line, signed in by forms, without JavaScript."""

from __future__ import annotations

from itertools import count

import httpx
from functional.http.serving import Served

PASSWORD = "ghế gỗ lim 2026"  # noqa: S105 - of made-up people
_logins = count()


def browser(served: Served) -> httpx.Client:
    """A client that sends what a browser sends with a form of the same site."""
    client = served.client("")
    client.headers.update({"Sec-Fetch-Site": "same-origin"})
    return client


def invite(
    served: Served, *roles: str, name: str = "Trần Thu Hà", office: str = ""
) -> tuple[str, str]:
    """Invite a new person; login and the secret of the invitation."""
    login = f"person{next(_logins)}.test"
    words = [word for role in roles for word in ("--role", role)]
    where = ["--office", office] if office else []
    (row,) = served.commands.json("user", "add", login, "--name", name, *words, *where)
    return login, str(row["path"]).partition("#")[2]


def signed_in(
    served: Served, *roles: str, name: str = "Trần Thu Hà", office: str = ""
) -> httpx.Client:
    """A new person who is signed in."""
    login, secret = invite(served, *roles, name=name, office=office)
    client = browser(served)
    accepted = client.post("/invitation", data={"secret": secret, "password": PASSWORD})
    assert accepted.status_code == 303, accepted.text
    entered = sign_in(client, login)
    assert entered.status_code == 303, entered.text
    return client


def sign_in(
    client: httpx.Client, login: str, password: str = PASSWORD, code: str = ""
) -> httpx.Response:
    """Send the form of the page to sign in."""
    return client.post("/login", data={"login": login, "password": password, "code": code})
