"""Our codes for the sub-indications of ETSI EN 319 102-1 §5.1.3 that concern certificates."""

from __future__ import annotations

from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESSubIndic

CODES: dict[AdESSubIndic, str] = {
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
