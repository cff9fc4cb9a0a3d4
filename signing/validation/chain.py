"""Whether a signature's certificates lead to a root we trust, and were valid when it was made.

Offline: nothing is fetched, whatever addresses certificates name. Revocation data comes from the
file, or from the caller.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESSubIndic
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureStatus
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.policy_decl import (
    AcceptAllAlgorithms,
)

from signing.signable import MALFORMED
from signing.trust import RevocationData, TrustAnchors
from signing.validation.cms_integrity import time_of_timestamp
from signing.validation.indications import CODES
from signing.validation.revocation_use import usable_at, without_forged_lists

# RFC 5280 §4.2.1.3; Vietnamese office certificates carry one or both.
USAGE = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
)
# A certificate made for servers, code or time-stamping alone signs no documents. The purpose of
# logging in is among the accepted ones since many authorities write only that one.
_PURPOSES = frozenset(
    {
        "any_extended_key_usage",
        "email_protection",
        "client_auth",
        "1.3.6.1.5.5.7.3.36",  # RFC 9336
        "microsoft_document_signing",
        "adobe_authentic_documents_trust",
    }
)
_ANY_ALGORITHM = CMSAlgorithmUsagePolicy.lift_policy(AcceptAllAlgorithms())
_CRYPTO = frozenset({"CRYPTO_CONSTRAINTS_FAILURE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"})
_REVOKED = frozenset(
    {
        AdESIndeterminate.REVOKED_NO_POE,
        AdESIndeterminate.REVOKED_CA_NO_POE,
        AdESFailure.REVOKED,
    }
)
# Problems in spite of which the level of a signature is found.
_BESIDE_REVOCATION = frozenset({"algorithm.weak"})


@dataclass(frozen=True, slots=True)
class ChainResult:
    """The result of validating the certificates of signer and timestamp.

    Attributes:
        problem: a stable code why they are not trusted, or empty.
        sub_indication: as ETSI EN 319 102-1 names the reason; empty where there is none.
        revocation_checked: there was fresh revocation data for each certificate of both chains,
            and none of them was revoked at the time of signing.
        revocation_in_file: the same holds with the data in the file alone (ETSI EN 319 142-1
            §6.3, level B-LT).
    """

    problem: str = ""
    sub_indication: str = ""
    revocation_checked: bool = False
    revocation_in_file: bool = False


def validate_chain(
    embedded: EmbeddedPdfSignature,
    *,
    trust: TrustAnchors,
    revocation: RevocationData,
    now: datetime,
    stamped_at: datetime | None,
    archived: Sequence[EmbeddedPdfSignature] = (),
) -> ChainResult:
    """Validate the certificates of signer and timestamp.

    Without archive timestamps the timestamp has to be trusted at ``now``, the signer at the
    timestamp's time, or at ``now`` where there is none: a claimed time proves nothing. With them
    only the last one has to be trusted at ``now``, and each earlier one at the time of the next,
    which proves that it existed then (ETSI EN 319 102-1 §5.6.3).

    Args:
        embedded: the signature.
        trust: the roots, of signers and of time-stamping authorities.
        revocation: revocation data besides that of the file.
        now: aware.
        stamped_at: the time in a timestamp over the signature that is intact, or None.
        archived: the document timestamps over the signature and its validation data, oldest first.
    """
    return asyncio.run(_Chain(embedded, trust, revocation, now, stamped_at).result(archived))


def validate_timestamp_chain(
    embedded: EmbeddedPdfSignature,
    *,
    trust: TrustAnchors,
    revocation: RevocationData,
    now: datetime,
) -> ChainResult:
    """Validate the certificates of a document timestamp at ``now``."""
    chain = _Chain(embedded, trust, revocation, now, None)
    return asyncio.run(chain.timestamp_result())


class _Chain:
    def __init__(
        self,
        embedded: EmbeddedPdfSignature,
        trust: TrustAnchors,
        revocation: RevocationData,
        now: datetime,
        stamped_at: datetime | None,
    ) -> None:
        self._embedded, self._trust = embedded, trust
        self._revocation = _with_adobe_attribute(embedded, revocation)
        self._now, self._stamped_at = now, stamped_at
        # When the signature is proven to have existed.
        self._moment = stamped_at or now
        self._certificates, held = _stored(embedded)
        authorities = [*trust.roots, *(one.dump() for one in self._certificates)]
        self._held = without_forged_lists(held, authorities)
        self._revocation = without_forged_lists(self._revocation, authorities)
        self._serials = {one.serial_number for one in self._certificates}
        self._serials.add(embedded.signer_cert.serial_number)

    async def result(self, archived: Sequence[EmbeddedPdfSignature]) -> ChainResult:
        renewed = True
        moments = [time_of_timestamp(one) for one in archived]
        for one, moment in zip(archived, [*moments[1:], self._now], strict=False):
            chain = _Chain(one, self._trust, self._revocation, moment, None)
            link = await chain.timestamp_result()
            if link.problem:
                return ChainResult(f"timestamp.{link.problem}", link.sub_indication)
            # Nothing newer proves that the last one was good: its authority has to be asked.
            renewed &= link.revocation_checked or one is archived[-1]
        if moments and self._stamped_at is not None:
            self._now = moments[0]
        found = await self._signature_result()
        return replace(found, revocation_in_file=found.revocation_in_file and renewed)

    async def _signature_result(self) -> ChainResult:
        found = await self._plain()
        if found.sub_indication in _CRYPTO:
            # The chain is not examined then, and an unknown root is the graver finding.
            other = await self._plain(_ANY_ALGORITHM)
            found = other if other.problem else found
        if not found.problem and not _is_for_documents(self._embedded.signer_cert):
            return _result(AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE)
        if found.problem and found.problem not in _BESIDE_REVOCATION:
            return found
        in_file, revoked = await self._revocation_found(RevocationData())
        checked = in_file
        if self._revocation.crls or self._revocation.ocsps:
            checked, revoked = await self._revocation_found(self._revocation)
        if revoked and not found.problem:
            return ChainResult("chain.revoked", AdESIndeterminate.REVOKED_NO_POE.standard_name)
        return ChainResult(
            found.problem,
            found.sub_indication,
            revocation_checked=checked and not found.problem,
            revocation_in_file=in_file,
        )

    async def timestamp_result(self) -> ChainResult:
        try:
            status = await async_validate_pdf_timestamp(
                self._embedded, self._context(self._now, self._revocation), skip_diff=True
            )
            required = await async_validate_pdf_timestamp(
                self._embedded,
                self._context(self._now, self._revocation, required=True),
                skip_diff=True,
            )
        except SignatureValidationError as e:
            return _result(getattr(e, "ades_subindication", None))
        except MALFORMED:
            return ChainResult("chain.unreadable")
        if _is_revoked(required):
            return _result(required.trust_problem_indic)
        if not status.trusted:
            return _result(status.trust_problem_indic)
        return ChainResult(revocation_checked=required.trusted)

    async def _revocation_found(self, data: RevocationData) -> tuple[bool, bool]:
        """Whether revocation data for both chains is there, and whether it says revoked.

        Required, since the validator otherwise examines it only for certificates that name an
        address for it.
        """
        held = self._held
        if not (held.crls or held.ocsps or data.crls or data.ocsps):
            return False, False
        try:
            status = await async_validate_pdf_signature(
                self._embedded,
                signer_validation_context=self._context(self._moment, data, required=True),
                ts_validation_context=self._context(self._moment, data, required=True),
                key_usage_settings=USAGE,
                skip_diff=True,
                algorithm_policy=_ANY_ALGORITHM,
            )
        except (SignatureValidationError, *MALFORMED):
            return False, False
        timestamp = status.timestamp_validity
        stamped = self._stamped_at is None or (timestamp is not None and timestamp.trusted)
        revoked = _is_revoked(status) or (timestamp is not None and _is_revoked(timestamp))
        return bool(status.trusted and stamped), revoked

    async def _plain(self, algorithms: CMSAlgorithmUsagePolicy | None = None) -> ChainResult:
        try:
            status = await async_validate_pdf_signature(
                self._embedded,
                signer_validation_context=self._context(self._moment, self._revocation),
                ts_validation_context=self._context(self._now, self._revocation),
                key_usage_settings=USAGE,
                skip_diff=True,
                algorithm_policy=algorithms,
            )
        except SignatureValidationError as e:
            return _result(getattr(e, "ades_subindication", None))
        except MALFORMED:
            return ChainResult("chain.unreadable")
        timestamp = status.timestamp_validity
        if status.trust_problem_indic is not None or status.validation_path is None:
            return _result(status.trust_problem_indic)
        if self._stamped_at is not None and (timestamp is None or not timestamp.trusted):
            found = _result(None if timestamp is None else timestamp.trust_problem_indic)
            return ChainResult(f"timestamp.{found.problem}", found.sub_indication)
        return ChainResult("" if _accepted(status) else "signature.not-accepted")

    def _context(
        self, moment: datetime, data: RevocationData, *, required: bool = False
    ) -> ValidationContext:
        """A fresh one: a shared one carries one signer's revocation data over to the next."""
        settings: dict[str, Any] = {
            "trust_roots": _roots(self._trust),
            "moment": moment,
            "best_signature_time": moment,
            "allow_fetching": False,
            "revocation_mode": "require" if required else "soft-fail",
            # Revocation data is made after the signature, and speaks of it all the same.
            "retroactive_revinfo": True,
            "time_tolerance": timedelta(seconds=1),
        }
        held = RevocationData((*data.crls, *self._held.crls), (*data.ocsps, *self._held.ocsps))
        usable = usable_at(held, moment, serials=self._serials)
        return ValidationContext(
            other_certs=self._certificates,
            crls=[asn1_crl.CertificateList.load(der) for der in usable.crls],
            ocsps=[asn1_ocsp.OCSPResponse.load(der) for der in usable.ocsps],
            **settings,
        )


def _stored(
    embedded: EmbeddedPdfSignature,
) -> tuple[list[x509.Certificate], RevocationData]:
    """Certificates and revocation data of the file's document security store."""
    try:
        store = DocumentSecurityStore.read_dss(embedded.reader)
        return list(store.load_certs()), RevocationData(
            tuple(one.get_object().read_data(DecodePurpose.CRL) for one in store.crls),
            tuple(one.get_object().read_data(DecodePurpose.OCSP_RESPONSE) for one in store.ocsps),
        )
    except (NoDSSFoundError, *MALFORMED):
        return [], RevocationData()


def _with_adobe_attribute(
    embedded: EmbeddedPdfSignature, revocation: RevocationData
) -> RevocationData:
    """The data together with that of the attribute that Adobe's programs write."""
    try:
        (held,) = (
            attribute["values"][0]
            for attribute in embedded.signer_info["signed_attrs"]
            if attribute["type"].native == "adobe_revocation_info_archival"
        )
        crls, ocsps = held["crl"] or (), held["ocsp"] or ()
        return RevocationData(
            (*revocation.crls, *(crl.dump() for crl in crls)),
            (*revocation.ocsps, *(answer.dump() for answer in ocsps)),
        )
    except MALFORMED:  # none, or none that can be read
        return revocation


def _accepted(status: PdfSignatureStatus) -> bool:
    # Whether later updates are allowed is decided by the caller, who knows the other signatures.
    return bool(status.trusted and status.intact and status.valid and status.seed_value_ok)


def _is_for_documents(certificate: x509.Certificate) -> bool:
    """Whether the purposes of a certificate allow signing documents (RFC 5280 §4.2.1.12)."""
    purposes = certificate.extended_key_usage_value
    return purposes is None or not _PURPOSES.isdisjoint(purposes.native)


def _is_revoked(status: SignatureStatus) -> bool:
    return status.trust_problem_indic in _REVOKED


def _roots(trust: TrustAnchors) -> list[x509.Certificate]:
    return [x509.Certificate.load(root) for root in trust.roots]


def _result(indication: AdESSubIndic | None) -> ChainResult:
    if indication is None:
        return ChainResult(
            "chain.unknown-root", AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND.standard_name
        )
    return ChainResult(CODES.get(indication, "chain.unproven"), str(indication.standard_name))
