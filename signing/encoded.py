"""ASN.1 that is written again exactly as it came.

asn1crypto takes a length whose last byte is 0x80 (such as 896) for an indefinite one, and then
encodes the whole value anew: eleven times as slow for a timestamp of that length, and with other
bytes where its maker did not write strict DER, so that its signature no longer holds.
"""

from __future__ import annotations

from typing import Any, cast

from asn1crypto import cms, core, x509


def as_it_came(value: Any) -> bytes:  # noqa: ANN401 - any ASN.1 value
    """The bytes of a value that was loaded and not changed."""
    return cast("bytes", core.Asn1Value.dump(value))


class EncodedToken(cms.ContentInfo):  # type: ignore[misc]  # asn1crypto has no types
    """A timestamp token to be put into a signature; load it, and do not look into it."""

    def dump(self, force: bool = False) -> bytes:  # noqa: ARG002, FBT001, FBT002 - as in the base
        """The bytes that were loaded."""
        return as_it_came(self)


class EncodedCertificate(x509.Certificate):  # type: ignore[misc]  # asn1crypto has no types
    """A certificate to be put into a signature."""

    def dump(self, force: bool = False) -> bytes:  # noqa: ARG002, FBT001, FBT002 - as in the base
        """The bytes that were loaded."""
        return as_it_came(self)
