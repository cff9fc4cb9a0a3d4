"""Which revocation data may be used at a moment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.x509 import ocsp

from signing.trust import RevocationData


def usable_at(
    data: RevocationData, moment: datetime, *, serials: Collection[int]
) -> RevocationData:
    """The data without lists and answers whose next ones were due before a moment.

    The library takes outdated data for a failure rather than for none. What says that one of our
    certificates was revoked stays, however old.

    Args:
        data: any.
        moment: aware.
        serials: serial numbers of our certificates.
    """
    return RevocationData(
        tuple(der for der in data.crls if _list_usable(der, moment, serials)),
        tuple(der for der in data.ocsps if _answer_usable(der, moment)),
    )


def without_forged_lists(data: RevocationData, certificates: Iterable[bytes]) -> RevocationData:
    """The data without lists that bear the name of one of our authorities, and not its signature.

    Anybody can append such a list to a file, and the library would take it for a failure.

    Args:
        data: any.
        certificates: DER, of the authorities among others.
    """
    if not data.crls:
        return data
    keys: dict[bytes, list[CertificateIssuerPublicKeyTypes]] = {}
    for der in certificates:
        try:
            one = x509.load_der_x509_certificate(der)
            key = one.public_key()
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            keys.setdefault(one.subject.public_bytes(), []).append(key)
    return RevocationData(tuple(der for der in data.crls if _signed(der, keys)), data.ocsps)


def _signed(der: bytes, keys: Mapping[bytes, Sequence[CertificateIssuerPublicKeyTypes]]) -> bool:
    try:
        crl = x509.load_der_x509_crl(der)
        known = keys.get(crl.issuer.public_bytes())
        return known is None or any(crl.is_signature_valid(key) for key in known)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _list_usable(der: bytes, moment: datetime, serials: Collection[int]) -> bool:
    try:
        crl = x509.load_der_x509_crl(der)
        due = crl.next_update_utc
        if due is None or due >= moment or crl.last_update_utc >= moment:
            return True
        return any(crl.get_revoked_certificate_by_serial_number(one) for one in serials)
    except ValueError:
        return False


def _answer_usable(der: bytes, moment: datetime) -> bool:
    try:
        answer = ocsp.load_der_ocsp_response(der)
        due = answer.next_update_utc
        if due is None or due >= moment or answer.this_update_utc >= moment:
            return True
    except ValueError:
        return False
    return answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
