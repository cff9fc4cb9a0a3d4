"""Whether what was signed would be trusted, before anybody gets it.

NĐ 68/2024 Đ.29(1)(2), Đ.31, Đ.32: certificate and path are checked before signing. The verifier's
own code does it, on the signature that was made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from dossier.errors import Misconfigured, SohoaError, TransientFault
from signing.sign import NOT_CHECKED
from signing.timestamp import Token
from signing.trust import RevocationData, TrustAnchors
from signing.validation.chain import ChainResult, validate_chain

_KEPT_FOR = timedelta(minutes=10)
_MOST_KEPT = 100


@dataclass(slots=True)
class Approval:
    """Approves signatures whose signer and authority the verifier trusts; one per process.

    A result is used again for some minutes, for the same pair of certificates.

    Attributes:
        trust: reads the roots.
        revocation: reads the revocation data that is at hand.
        must_check_revocation: refuse to sign where it cannot be checked.
    """

    trust: Callable[[], TrustAnchors]
    revocation: Callable[[], RevocationData] = RevocationData
    must_check_revocation: bool = False
    _kept: dict[str, tuple[datetime, ChainResult]] = field(default_factory=dict, repr=False)

    def remarks(
        self, embedded: EmbeddedPdfSignature, *, certificate: bytes, token: Token, now: datetime
    ) -> tuple[str, ...]:
        """What has to be recorded beside a signature.

        Args:
            embedded: the signature that was made.
            certificate: DER of its signer's.
            token: its timestamp.
            now: aware.

        Returns:
            ``revocation.not-checked`` or nothing.

        Raises:
            Misconfigured: ``signer.not-trusted``, ``signer.revoked``, ``tsa.not-trusted``.
            TransientFault: ``revocation.unknown``: it has to be checked, and cannot be.
        """
        result = self._result(embedded, certificate, token, now)
        if result.problem:
            raise _refusal(result.problem)
        if result.revocation_checked:
            return ()
        if self.must_check_revocation:
            raise TransientFault(
                "revocation.unknown",
                "nothing fresh says whether the signer's or the time-stamping authority's "
                "certificate was revoked; nothing was signed, it is tried again",
            )
        return (NOT_CHECKED,)

    def _result(
        self, embedded: EmbeddedPdfSignature, certificate: bytes, token: Token, now: datetime
    ) -> ChainResult:
        pair = (
            hashlib.sha256(certificate).hexdigest() + hashlib.sha256(token.certificate).hexdigest()
        )
        kept = self._kept.get(pair)
        if kept is not None and timedelta(0) <= now - kept[0] < _KEPT_FOR:
            return kept[1]
        result = validate_chain(
            embedded,
            trust=self.trust(),
            revocation=self.revocation(),
            now=max(now, token.at),
            stamped_at=token.at,
        )
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        if not result.problem:
            self._kept[pair] = now, result
        return result


def _refusal(problem: str) -> SohoaError:
    if problem.startswith("timestamp."):
        return Misconfigured(
            "tsa.not-trusted",
            f"the certificate of the time-stamping authority is not trusted ({problem}); nothing "
            "was signed. Add its root with `sohoa trust add`, or set another authority",
        )
    if problem == "chain.revoked":
        return Misconfigured(
            "signer.revoked",
            "the signer's certificate was revoked; nothing was signed. Get a new one",
        )
    return Misconfigured(
        "signer.not-trusted",
        f"the signer's certificate is not trusted ({problem}); nothing was signed. Add its root "
        "with `sohoa trust add`, or use a certificate for signing documents",
    )
