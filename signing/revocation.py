"""Revocation data of a chain of certificates: which are needed, fetched, and fresh.

A revocation list or an OCSP response proves that a certificate was good when it was used only if
it was made later (ETSI EN 319 102-1 §5.2.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from dossier.errors import TransientFault
from signing.trust import RevocationData

OCSP_REQUEST = "application/ocsp-request"
_LONGEST_CHAIN = 10
_MOST_ADDRESSES = 3  # of one certificate that are tried


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate with the one that issued it."""

    certificate: x509.Certificate
    issuer: x509.Certificate


# Gets what an address answers: to a GET, or to a POST of an OCSP request.
Fetch = Callable[[str, bytes | None], bytes]


def links_of(certificate: bytes, others: Iterable[bytes]) -> tuple[Link, ...]:
    """The certificates from a signer's to below its root, each with its issuer.

    Args:
        certificate: DER of the signer's.
        others: DER of those it may have been issued by, the roots too.

    Raises:
        ValueError: a certificate cannot be read, or an issuer is not among the others.
    """
    known = [x509.load_der_x509_certificate(der) for der in others]
    found: list[Link] = []
    current = x509.load_der_x509_certificate(certificate)
    while current.subject != current.issuer:
        issuer = next((one for one in known if _issued(current, one)), None)
        if issuer is None or len(found) >= _LONGEST_CHAIN:
            raise ValueError("a certificate of the chain is missing")
        found.append(Link(current, issuer))
        current = issuer
    return tuple(found)


def concerning(data: RevocationData, links: Sequence[Link], *, since: datetime) -> RevocationData:
    """The revocation data that concern a chain and are not older than ``since``.

    Args:
        data: any; what cannot be read is left out.
        links: of the chain.
        since: aware; whole seconds count.
    """
    since = since.replace(microsecond=0)
    issuers = {link.issuer.subject.public_bytes() for link in links}
    serials = {link.certificate.serial_number for link in links}
    return RevocationData(
        tuple(der for der in data.crls if _fits_crl(der, issuers, since)),
        tuple(der for der in data.ocsps if _fits_ocsp(der, serials, since)),
    )


def fetch_revocation(links: Iterable[Link], fetch: Fetch) -> RevocationData:
    """Ask the addresses in certificates: OCSP first, else the revocation list.

    Args:
        links: of the chains; one that stands in several is asked for once.
        fetch: decides where connections may go.

    Raises:
        TransientFault: ``revocation.no-answer``: an authority gave no usable answer;
            ``revocation.no-address``: a certificate names none.
    """
    crls: list[bytes] = []
    ocsps: list[bytes] = []
    for link in {link.certificate.fingerprint(hashes.SHA256()): link for link in links}.values():
        responders, lists = _addresses(link.certificate)
        if not responders and not lists:
            raise TransientFault(
                "revocation.no-address",
                "a certificate names no address for revocation data; hand it in by the folder of "
                "SOHOA_REVOCATION",
            )
        response = _first(responders, partial(_ask, link, fetch))
        listed = None
        # The validator finds no path for an answer that the issuer itself has signed, once the
        # signature is old (pyhanko-certvalidator 0.33): a list is preferred then.
        if response is None or not ocsp.load_der_ocsp_response(response).certificates:
            listed = _first(lists, partial(_download, fetch))
        if response is not None and listed is None:
            ocsps.append(response)
            continue
        if listed is None:
            raise TransientFault(
                "revocation.no-answer",
                "an authority gave no usable answer on revocation; it is asked again later",
            )
        crls.append(listed)
    return RevocationData(tuple(dict.fromkeys(crls)), tuple(ocsps))


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _fits_crl(der: bytes, issuers: set[bytes], since: datetime) -> bool:
    try:
        crl = x509.load_der_x509_crl(der)
    except ValueError:
        return False
    return crl.issuer.public_bytes() in issuers and crl.last_update_utc >= since


def _fits_ocsp(der: bytes, serials: set[int], since: datetime) -> bool:
    try:
        answer = ocsp.load_der_ocsp_response(der)
        made = answer.this_update_utc
        return answer.serial_number in serials and made.astimezone(UTC) >= since
    except ValueError:
        return False


def _addresses(certificate: x509.Certificate) -> tuple[list[str], list[str]]:
    """OCSP responders, and places of revocation lists."""
    responders, lists = [], []
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
        responders = [
            one.access_location.value
            for one in access.value
            if one.access_method == AuthorityInformationAccessOID.OCSP
        ]
    except (x509.ExtensionNotFound, ValueError):
        pass
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
        lists = [name.value for point in points.value for name in point.full_name or ()]
    except (x509.ExtensionNotFound, ValueError):
        pass
    return list(_web(responders)), list(_web(lists))


def _web(addresses: Iterable[object]) -> Iterator[str]:
    web = (one for one in addresses if isinstance(one, str))
    yield from [one for one in web if one.startswith(("http://", "https://"))][:_MOST_ADDRESSES]


def _first(addresses: Iterable[str], get: Callable[[str], bytes]) -> bytes | None:
    for address in addresses:
        try:
            return get(address)
        except (TransientFault, ValueError):
            continue
    return None


def _ask(link: Link, fetch: Fetch, url: str) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        # By far the most responders know no other digest here; nothing depends on its strength.
        link.certificate,
        link.issuer,
        hashes.SHA1(),  # noqa: S303 - as above
    )
    answer = fetch(url, builder.build().public_bytes(Encoding.DER))
    read = ocsp.load_der_ocsp_response(answer)
    if (
        read.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL
        or read.serial_number != link.certificate.serial_number
        or read.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    ):
        raise ValueError("no answer about this certificate")
    return answer


def _download(fetch: Fetch, url: str) -> bytes:
    content = fetch(url, None)
    if content.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_crl(content).public_bytes(Encoding.DER)
    x509.load_der_x509_crl(content)
    return content
