"""The validation data that a PDF carries (ISO 32000-2 §12.8.4.3)."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

from typing import Any

from asn1crypto import cms, core, crl, ocsp, parser, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose

from signing.pdf_objects import entry, items
from signing.signable import MALFORMED
from signing.validation.revisions import is_white

UNREADABLE = "dss.unreadable"
_MOST = 10_000  # certificates, revocation lists and answers
_KINDS: dict[str, tuple[type[core.Asn1Value], DecodePurpose]] = {
    "/Certs": (x509.Certificate, DecodePurpose.CERTIFICATE),
    "/CRLs": (crl.CertificateList, DecodePurpose.CRL),
    "/OCSPs": (ocsp.OCSPResponse, DecodePurpose.OCSP_RESPONSE),
    "/Cert": (x509.Certificate, DecodePurpose.CERTIFICATE),
    "/CRL": (crl.CertificateList, DecodePurpose.CRL),
    "/OCSP": (ocsp.OCSPResponse, DecodePurpose.OCSP_RESPONSE),
}
_PLAIN = (generic.NameObject, generic.TextStringObject, generic.ByteStringObject)


def dss_problem(store: Any) -> str:  # noqa: ANN401 - any PDF object
    """A code why a document security store holds anything but validation data, or empty."""
    try:
        _check(store, top=True)
    except MALFORMED:
        return UNREADABLE
    return ""


def is_vri(value: Any) -> bool:  # noqa: ANN401 - any PDF object
    """Whether a value is the validation data of one signature, which some programs leave loose."""
    try:
        _check(value, top=False)
    except MALFORMED:
        return False
    return bool(entry(value, "/Type") == "/VRI")


def _check(store: Any, *, top: bool) -> None:  # noqa: ANN401 - any PDF object
    if isinstance(store, generic.StreamObject):
        raise ValueError("a stream where a dictionary belongs")  # noqa: TRY004 - the file's fault
    for key in store:
        value = entry(store, key)
        if key in _KINDS:
            if len(value) > _MOST:
                raise ValueError("too much validation data")
            for stream in items(value):
                _load(stream, *_KINDS[key])
        elif key == "/VRI" and top:
            for name in value:
                _check(entry(value, name), top=False)
        elif key == "/TS":
            _load(value, cms.ContentInfo, DecodePurpose.CERTIFICATE)
        elif key not in {"/Type", "/TU"} or not isinstance(value, _PLAIN):
            raise ValueError("an unknown entry")


def _load(
    stream: Any,  # noqa: ANN401 - any PDF object
    kind: type[core.Asn1Value],
    purpose: DecodePurpose,
) -> None:
    if not isinstance(stream, generic.StreamObject):
        raise ValueError("not a stream")  # noqa: TRY004 - it is the file's fault
    data = stream.read_data(purpose)
    length = parser.peek(data)
    if not is_white(data, length):
        raise ValueError("something stands behind the validation data")
    value = kind.load(data[:length])
    _ = [value[name] for name in value] if isinstance(value, core.Sequence) else value.native
