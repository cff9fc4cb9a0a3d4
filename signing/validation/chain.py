"""Whether a signature's certificates lead to a root we trust, and held when it was made.

Offline: nothing is fetched, whatever addresses certificates name.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import x509
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
)
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from dossier.reports import Level
from signing.signable import MALFORMED
from signing.trust import TrustAnchors

# RFC 5280 §4.2.1.3; Vietnamese office certificates carry one or both.
USAGE = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
)
_ANY_ALGORITHM = CMSAlgorithmUsagePolicy.lift_policy(AcceptAllAlgorithms())
_INDICATIONS: dict[AdESSubIndic, str] = {
    AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND: "chain.unknown-root",
    AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND: "chain.no-certificate",
    AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE: "chain.constraints",
    AdESIndeterminate.SIG_CONSTRAINTS_FAILURE: "chain.constraints",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE: "algorithm.weak",
    AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: "algorithm.weak",
    AdESIndeterminate.EXPIRED: "chain.expired",
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE: "chain.expired",
    AdESIndeterminate.NOT_YET_VALID: "chain.not-yet-valid",
    AdESIndeterminate.REVOKED_NO_POE: "chain.revoked",
    AdESIndeterminate.REVOKED_CA_NO_POE: "chain.revoked",
    AdESIndeterminate.REVOCATION_OUT_OF_BOUNDS_NO_POE: "chain.revocation-data",
    AdESFailure.REVOKED: "chain.revoked",
    AdESFailure.NOT_YET_VALID: "chain.not-yet-valid",
    AdESFailure.HASH_FAILURE: "signature.broken",
    AdESFailure.SIG_CRYPTO_FAILURE: "signature.broken",
    AdESFailure.FORMAT_FAILURE: "signature.unreadable",
}


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What can be said of the certificates.

    Attributes:
        problem: a stable code why they are not trusted, or empty.
    """

    problem: str

    @property
    def trusted(self) -> bool:
        """Whether they are."""
        return not self.problem


def judge_chain(
    embedded: EmbeddedPdfSignature,
    *,
    trust: TrustAnchors,
    now: datetime,
    level: Level | None,
    stamped_at: datetime | None,
) -> ChainVerdict:
    """Judge signer and timestamp.

    Without archive timestamps the timestamp has to be trusted at ``now``, the signer at the
    timestamp's time, or at ``now`` where there is none: a claimed time proves nothing. With them
    ETSI EN 319 102-1 §5.6.3 is followed through their chain.

    Args:
        embedded: the signature.
        trust: the roots, of signers and of time-stamping authorities.
        now: aware.
        level: B-LTA or another.
        stamped_at: the time in a timestamp over the signature that is intact, or None.
    """
    try:
        return ChainVerdict(asyncio.run(_judge(embedded, trust, now, level, stamped_at)))
    except SignatureValidationError as e:
        return ChainVerdict(_code(getattr(e, "ades_subindication", None)))
    except MALFORMED:
        return ChainVerdict("chain.unreadable")


async def _judge(
    embedded: EmbeddedPdfSignature,
    trust: TrustAnchors,
    now: datetime,
    level: Level | None,
    stamped_at: datetime | None,
) -> str:
    if level is Level.B_LTA:
        code = await _archived(embedded, trust, now)
        if code == "chain.unproven":  # the plain way names the cause more finely
            code = await _plain(embedded, trust, now, stamped_at) or code
    else:
        code = await _plain(embedded, trust, now, stamped_at)
    if code == "algorithm.weak":
        # The chain is not even looked at then, and an unknown root is the graver finding.
        code = await _plain(embedded, trust, now, stamped_at, _ANY_ALGORITHM) or code
    if not code and level in {Level.B_LT, Level.B_LTA}:
        code = await _revocation(embedded, trust, stamped_at or now)
    return code


async def _revocation(embedded: EmbeddedPdfSignature, trust: TrustAnchors, moment: datetime) -> str:
    """A code where the revocation data in the file says that the signer was revoked by then.

    Asked for by itself: the validator looks at revocation data only for certificates that name
    an address for it.
    """
    status = await async_validate_pdf_signature(
        embedded,
        signer_validation_context=_context(embedded, trust, moment, required=True),
        ts_validation_context=_context(embedded, trust, moment),
        key_usage_settings=USAGE,
    )
    code = _code(status.trust_problem_indic)
    return code if code == "chain.revoked" else ""


async def _plain(
    embedded: EmbeddedPdfSignature,
    trust: TrustAnchors,
    now: datetime,
    stamped_at: datetime | None,
    algorithms: CMSAlgorithmUsagePolicy | None = None,
) -> str:
    status = await async_validate_pdf_signature(
        embedded,
        signer_validation_context=_context(embedded, trust, stamped_at or now),
        ts_validation_context=_context(embedded, trust, now),
        key_usage_settings=USAGE,
        algorithm_policy=algorithms,
    )
    timestamp = status.timestamp_validity
    if status.trust_problem_indic is None and status.validation_path is not None:
        if stamped_at is not None and (timestamp is None or not timestamp.trusted):
            code = _code(None if timestamp is None else timestamp.trust_problem_indic)
            return f"timestamp.{code}"
        return "" if _accepted(status) else "signature.not-accepted"
    return _code(status.trust_problem_indic)


def _accepted(status: PdfSignatureStatus) -> bool:
    # Whether later updates are allowed is judged by the caller, who knows the other signatures.
    return bool(status.trusted and status.intact and status.valid and status.seed_value_ok)


async def _archived(embedded: EmbeddedPdfSignature, trust: TrustAnchors, now: datetime) -> str:
    certificates = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=_roots(trust)),
        revinfo_policy=CertRevTrustPolicy(
            RevocationCheckingPolicy(
                RevocationCheckingRule.CHECK_IF_DECLARED, RevocationCheckingRule.CHECK_IF_DECLARED
            )
        ),
    )
    specification = SignatureValidationSpec(
        cert_validation_policy=certificates,
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
        key_usage_settings=USAGE,
    )
    timing = ValidationTimingInfo(
        validation_time=now, best_signature_time=now, point_in_time_validation=True
    )
    embedded.compute_integrity_info()  # which the next call expects to have been made
    result = await ades_lta_validation(
        embedded, PdfSignatureValidationSpec(specification), timing_info=timing
    )
    # SIGNING.md: no single verdict is enough.
    status = result.api_status
    if result.ades_subindic is AdESPassed.OK and isinstance(status, PdfSignatureStatus):
        return "" if _accepted(status) else "signature.not-accepted"
    return _code(result.ades_subindic)


def _context(
    embedded: EmbeddedPdfSignature,
    trust: TrustAnchors,
    moment: datetime,
    *,
    required: bool = False,
) -> ValidationContext:
    """A fresh one: a shared one carries one signer's revocation data over to the next."""
    settings: dict[str, Any] = {
        "trust_roots": _roots(trust),
        "moment": moment,
        "best_signature_time": moment,
        "allow_fetching": False,
        "revocation_mode": "require" if required else "soft-fail",
        # Revocation data is made after the signature, and speaks of it all the same.
        "retroactive_revinfo": True,
        "time_tolerance": timedelta(seconds=1),
    }
    try:
        store = DocumentSecurityStore.read_dss(embedded.reader)
    except (NoDSSFoundError, *MALFORMED):
        return ValidationContext(**settings)
    return store.as_validation_context(settings)


def _roots(trust: TrustAnchors) -> list[x509.Certificate]:
    return [x509.Certificate.load(root) for root in trust.roots]


def _code(indication: AdESSubIndic | None) -> str:
    if indication is None:
        return "chain.unknown-root"
    return _INDICATIONS.get(indication, "chain.unproven")
