"""Users, roles and invitations, on every database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, SEALING, START, ledger_on

from dossier.errors import WrongUse
from dossier.people import Role
from workflow.ledger.people import Invitation, NewUser, People, RoleGrant
from workflow.ledger.people_tables import USER

LAN = NewUser(
    id=UUID(int=1), office=OFFICE, login="Lan.Tran", name="Trần Thị Lan", created_at=START,
    created_by="cli:root", roles=(RoleGrant(OFFICE, Role.CLERK),),
)  # fmt: skip
HOA = replace(LAN, id=UUID(int=2), login="hoa", name="Lê Hoa", roles=())
DAY = timedelta(days=1)


@pytest.fixture
def people(engine: sa.Engine) -> People:
    ledger = ledger_on(engine)
    ledger.offices.add("H15.01", "UBND xã")
    made = People(ledger.connections, cipher=SEALING)
    assert not made.has_users()
    made.add_user(LAN)
    return made


def _invite(people: People, digest: bytes, user: NewUser = LAN) -> None:
    people.add_invitation(
        Invitation(
            digest=digest, user=user.id, created_at=START, created_by="x", expires_at=START + DAY
        )
    )


def _code(raised: pytest.ExceptionInfo[WrongUse]) -> str:
    return raised.value.code


def test_a_user_is_found_by_id_and_by_login_in_any_case(people: People) -> None:
    user = people.get_user(LAN.id)
    assert user is not None
    assert people.has_users()
    assert people.find_by_login("LAN.tran") == user
    assert (user.login, user.name, user.roles) == ("lan.tran", "Trần Thị Lan", LAN.roles)
    assert (user.password_hash, user.totp_secret, user.disabled_at) == (None, None, None)
    assert people.find_by_login("nobody") is None
    assert people.get_user(UUID(int=9)) is None


def test_a_login_exists_once(people: People) -> None:
    with pytest.raises(WrongUse) as raised:
        people.add_user(replace(LAN, id=UUID(int=3), login="lan.TRAN"))
    assert _code(raised) == "user.login-taken"


def test_an_unknown_office_is_refused(people: People) -> None:
    for user in (replace(HOA, office="H99"), replace(HOA, roles=(RoleGrant("H99", Role.ADMIN),))):
        with pytest.raises(WrongUse) as raised:
            people.add_user(user)
        assert _code(raised) == "office.unknown"
    assert people.get_user(HOA.id) is None
    with pytest.raises(WrongUse):
        people.grant_role(LAN.id, RoleGrant("H99", Role.ADMIN), at=START, by="x")


def test_users_are_listed_by_office(people: People) -> None:
    people.add_user(replace(HOA, office="H15.01"))
    assert [user.login for user in people.list_users(offices=[OFFICE, "H15.01"])] == [
        "hoa", "lan.tran",
    ]  # fmt: skip
    assert [user.login for user in people.list_users(offices=["H15.01"])] == ["hoa"]
    assert people.list_users(offices=[]) == []


def test_roles_are_granted_and_revoked(people: People) -> None:
    signer = RoleGrant("H15.01", Role.SIGNER)
    for _ in range(2):
        people.grant_role(LAN.id, signer, at=START, by="x")
    user = people.get_user(LAN.id)
    assert user is not None
    assert user.roles == (RoleGrant(OFFICE, Role.CLERK), signer)
    people.revoke_role(LAN.id, RoleGrant(OFFICE, Role.CLERK))
    people.revoke_role(LAN.id, RoleGrant(OFFICE, Role.CLERK))
    user = people.get_user(LAN.id)
    assert user is not None
    assert user.roles == (signer,)
    with pytest.raises(WrongUse) as raised:
        people.grant_role(UUID(int=9), signer, at=START, by="x")
    assert _code(raised) == "user.unknown"


def test_a_totp_secret_is_encrypted_at_rest(people: People, engine: sa.Engine) -> None:
    people.set_totp_secret(LAN.id, "JBSWY3DPEHPK3PXP")
    user = people.get_user(LAN.id)
    assert user is not None
    assert user.totp_secret == "JBSWY3DPEHPK3PXP"  # noqa: S105 - an example's
    with engine.connect() as connection:
        stored = connection.execute(sa.select(USER.c.totp_secret)).scalar_one()
    assert b"JBSWY3DPEHPK3PXP" not in stored
    people.set_totp_secret(LAN.id, None)
    user = people.get_user(LAN.id)
    assert user is not None
    assert user.totp_secret is None


def test_a_one_time_code_is_used_once_also_by_many_at_once(people: People) -> None:
    won: list[bool] = []
    begin = threading.Barrier(4)

    def use() -> None:
        begin.wait()
        won.append(people.use_totp_step(LAN.id, 7))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False, False, False, True]
    assert not people.use_totp_step(LAN.id, 6)
    assert people.use_totp_step(LAN.id, 8)


def test_a_disabled_user_stays_disabled_since_the_first_time(people: People) -> None:
    people.disable_user(LAN.id, now=START)
    people.disable_user(LAN.id, now=START + DAY)
    user = people.get_user(LAN.id)
    assert user is not None
    assert user.disabled_at == START
    people.enable_user(LAN.id)
    user = people.get_user(LAN.id)
    assert user is not None
    assert user.disabled_at is None


def test_an_unknown_user_cannot_be_changed(people: People) -> None:
    unknown = UUID(int=9)
    changes: tuple[Callable[[], None], ...] = (
        lambda: people.rename_user(unknown, "x"),
        lambda: people.set_password_hash(unknown, "x"),
        lambda: people.disable_user(unknown, now=START),
        lambda: _invite(people, b"d", replace(LAN, id=unknown)),
    )
    for change in changes:
        with pytest.raises(WrongUse) as raised:
            change()
        assert _code(raised) == "user.unknown"


def test_an_invitation_sets_the_password_once(people: People) -> None:
    _invite(people, b"first")
    invited = people.find_invited(b"first", now=START)
    assert invited is not None
    assert invited.id == LAN.id
    assert people.accept_invitation(b"first", "$argon2id$a", now=START) == LAN.id
    user = people.get_user(LAN.id)
    assert user is not None
    assert user.password_hash == "$argon2id$a"  # noqa: S105 - no password
    assert people.find_invited(b"first", now=START) is None
    with pytest.raises(WrongUse) as raised:
        people.accept_invitation(b"first", "$argon2id$b", now=START)
    assert _code(raised) == "invitation.invalid"
    user = people.get_user(LAN.id)
    assert user is not None
    assert user.password_hash == "$argon2id$a"  # noqa: S105 - no password


def test_an_invitation_ends_by_time_by_a_newer_one_and_with_its_user(people: People) -> None:
    _invite(people, b"first")
    _invite(people, b"second")
    assert people.find_invited(b"first", now=START) is None
    assert people.find_invited(b"second", now=START + DAY) is None
    assert people.find_invited(b"unknown", now=START) is None
    with pytest.raises(WrongUse):
        people.accept_invitation(b"second", "h", now=START + DAY)
    people.disable_user(LAN.id, now=START)
    assert people.find_invited(b"second", now=START) is None
    with pytest.raises(WrongUse):
        people.accept_invitation(b"second", "h", now=START)
    people.enable_user(LAN.id)
    # The refused attempts did not use it up.
    assert people.accept_invitation(b"second", "h", now=START) == LAN.id
