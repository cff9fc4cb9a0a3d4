"""Offices: what their stamps say, the keys they sign with, and offices below them."""

from __future__ import annotations

from dataclasses import dataclass

from api.application import Application
from api.desk.caller import Caller, Right
from dossier.codes import office_code
from dossier.errors import Misconfigured, WrongUse
from dossier.text import nfc

# NĐ 30/2020, phụ lục I, mục II; empty for a signature without a stamp.
STAMP_FORMS = ("SAO Y", "SAO LỤC", "TRÍCH SAO", "")
_MAX_NAME = 200  # characters, as the ledger keeps them
LARGEST_KEY = 64 * 1024  # bytes of a PKCS#12 file


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeView:
    """An office as its administrator sees it.

    Attributes:
        stamp_form: what its stamps say; empty for no stamp.
        signer: whose name its certificate bears; empty where it has no key of its own.
        key_ends: end of that certificate's term, ISO 8601; empty likewise.
        problem: code of why its key cannot be used; or empty.
    """

    code: str
    name: str
    stamp_form: str
    signer: str = ""
    key_ends: str = ""
    problem: str = ""


def list_offices(application: Application, caller: Caller) -> list[OfficeView]:
    """The offices of an administrator.

    Raises:
        WrongUse: ``right.missing``.
    """
    caller.require(Right.PEOPLE)
    return [_view(application, code) for code in sorted(caller.offices)]


def add_office(application: Application, caller: Caller, *, code: str, name: str) -> None:
    """Add an office below one of the administrator's; an existing one stays as it is.

    Raises:
        WrongUse: ``right.missing``, ``office.bad-code``, ``office.no-name``; ``office.not-below``:
            its code does not begin with the code of an office of the administrator.
    """
    caller.require(Right.PEOPLE)
    code, shown = office_code(code), nfc(" ".join(name.split()))[:_MAX_NAME]
    if not shown:
        raise WrongUse("office.no-name", "give the office's name as stamps shall show it")
    if not any(code.startswith(f"{own}.") for own in caller.offices):
        raise WrongUse("office.not-below", "the code begins with the code of the office above")
    zone = application.settings.time_zone
    application.ledger.offices.add(code, shown, time_zone=zone)
    application.tokens.forget_offices()


def set_stamp_form(application: Application, caller: Caller, office: str, form: str) -> None:
    """Set what the stamps of an office say, from the next signature on.

    Raises:
        WrongUse: ``right.missing``, ``office.unknown``; ``office.bad-stamp``.
    """
    caller.require(Right.PEOPLE)
    if form not in STAMP_FORMS:
        raise WrongUse("office.bad-stamp", "a stamp says SAO Y, SAO LỤC or TRÍCH SAO, or nothing")
    application.ledger.offices.set_stamp_form(_own(caller, office), form)


def add_key(
    application: Application, caller: Caller, office: str, *, content: bytes, passphrase: str
) -> None:
    """Let an office sign with the key of a PKCS#12 file from now on.

    Args:
        application: keeps the keys.
        caller: an administrator.
        office: its code.
        content: of the file.
        passphrase: of that file.

    Raises:
        WrongUse: ``right.missing``, ``office.unknown``; ``signer.too-large``;
            ``office.key-unusable``: a wrong passphrase, or no key that can be used.
    """
    from signing.office_keys import OfficeKeys  # noqa: PLC0415 - costs half a second

    caller.require(Right.PEOPLE)
    code = _own(caller, office)
    if len(content) > LARGEST_KEY:
        raise WrongUse("signer.too-large", "a PKCS#12 file of one key is smaller")
    try:
        OfficeKeys(application.settings.signers_folder).add(
            code, name=application.office_name(code), content=content, passphrase=passphrase
        )
    except Misconfigured as error:
        raise WrongUse("office.key-unusable", error.message) from None


def _own(caller: Caller, office: str) -> str:
    code = office_code(office)
    if code not in caller.offices:
        raise WrongUse("office.unknown", "there is no such office here")
    return code


def _view(application: Application, code: str) -> OfficeView:
    from signing.office_keys import OfficeKeys  # noqa: PLC0415 - costs half a second
    from signing.trust import describe_certificate  # noqa: PLC0415 - the same

    signer = ends = problem = ""
    try:
        key = OfficeKeys(application.settings.signers_folder).get(code)
        if key is not None:
            described = describe_certificate(key.load().certificate)
            signer, ends = described["name"], described["valid_until"]
    except Misconfigured as error:
        problem = error.code
    return OfficeView(
        code=code,
        name=application.office_name(code),
        stamp_form=application.stamp_form(code),
        signer=signer,
        key_ends=ends,
        problem=problem,
    )
