"""Signing with a key from a PKCS#12 file: PAdES B-T on a finished PDF/A."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import IO, BinaryIO, cast

from asn1crypto import algos
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfSigningSession
from pyhanko_certvalidator.registry import SimpleCertificateStore

from dossier.errors import Misconfigured, RejectedInput, TransientFault
from dossier.ports import Clock, Stamp, TimeSource
from dossier.reports import Level, Signature
from signing.approval import Approval
from signing.encoded import EncodedCertificate
from signing.key import Key
from signing.page_frame import frame_of
from signing.plain_writer import PlainWriter
from signing.signable import MALFORMED, open_signable, page_at
from signing.stamp import StampStyle
from signing.stamp_font import StampFont
from signing.stamp_layout import StampPlace, lay_out
from signing.timestamp import TOLERANCE, PortTimeStamper, Token
from signing.validation.readback import check_signed

# Bytes kept free in the CMS besides our certificates: the rest of it, and a token with its chain.
_RESERVED = 1_500 + 8_192
_FIELD = "Signature1"


class Pkcs12Signer:
    """The ``Signer`` port over a key in memory; safe to share by threads, not by an event loop.

    Nothing is fetched from the network but the timestamp.

    Args:
        key: as ``Key.from_pkcs12`` loads it.
        time_source: the time-stamping authority.
        stamp_font: of visible stamps; None where none will be asked for.
        clock: compared with the timestamp, and written as the claimed time of signing.
        approval: refuses what the verifier would not trust.
        place: where the visible stamp stands.
        tolerance: by how much the authority's clock may differ from ours.
    """

    def __init__(
        self,
        key: Key,
        *,
        time_source: TimeSource,
        clock: Clock,
        stamp_font: StampFont | None,
        approval: Approval,
        place: StampPlace | None = None,
        tolerance: timedelta = TOLERANCE,
    ) -> None:
        self._key = key
        self._time_source = time_source
        self._clock = clock
        self._font = stamp_font
        self._approval = approval
        self._place = place or StampPlace()
        self._tolerance = tolerance

    def sign(self, unsigned: Path, signed: Path, *, stamp: Stamp | None) -> Signature:
        """Write ``signed``: the bytes of ``unsigned`` and one B-T signature after them.

        ``signed`` appears whole and read back, or not at all.

        Raises:
            RejectedInput: ``pdf....``: not a PDF that this system made (see ``open_signable``).
            TransientFault: ``tsa.no-answer``; ``revocation.unknown``; ``signer.cannot-write``.
            Misconfigured: ``signer.not-trusted``, ``signer.revoked``, ``tsa.not-trusted``,
                ``signer.certificate-expired``, ``signer.certificate-not-yet-valid``,
                ``stamp.letter-missing``, ``stamp.font-missing``, ``signer.cannot-sign``.
            IntegrityViolation: ``signed.not-what-was-meant``: what came out does not verify.
        """
        self._key.check_valid_at(self._clock.now())
        try:
            with unsigned.open("rb") as before, _beside(signed) as after:
                token = self._signed(before, after, stamp)
                after.flush()
                made = check_signed(before, after, certificate=self._key.certificate, token=token)
                remarks = self._approval.remarks(
                    made, certificate=self._key.certificate, token=token, now=self._clock.now()
                )
                os.fsync(after.fileno())
                Path(after.name).replace(signed)
        except OSError as e:
            raise TransientFault(
                "signer.cannot-write",
                "the file to be signed cannot be read or the signed one not be written; look at "
                "the disk's free space and rights",
            ) from e
        return Signature(
            signer=self._key.name,
            certificate=hashlib.sha256(self._key.certificate).hexdigest(),
            signed_at=token.at.astimezone(UTC),
            level=Level.B_T,
            remarks=remarks,
        )

    def _signed(self, before: BinaryIO, after: IO[bytes], stamp: Stamp | None) -> Token:
        reader = open_signable(before)
        field, style = self._field(reader, stamp)
        stamper = PortTimeStamper(self._time_source, clock=self._clock, tolerance=self._tolerance)
        zone = UTC if stamp is None else stamp.at.tzinfo
        try:
            signer = PdfSigner(
                PdfSignatureMetadata(
                    field_name=_FIELD,
                    md_algorithm="sha256",
                    subfilter=SigSeedSubFilter.PADES,
                    reason=None if stamp is None else stamp.form or None,
                    location=None if stamp is None else stamp.office or None,
                ),
                _HeldKeySigner(self._key),
                timestamper=stamper,
                stamp_style=style,
                new_field_spec=field,
            )
            session = signer.init_signing_session(PlainWriter.from_reader(reader))
            session.system_time = self._clock.now().astimezone(zone)
            asyncio.run(_run(session, after, _RESERVED + self._key.certificates_size()))
        except (SigningError, *MALFORMED) as e:
            raise Misconfigured(
                "signer.cannot-sign", "the signature could not be made; report this as a fault"
            ) from e
        if stamper.token is None:
            raise Misconfigured("signer.cannot-sign", "no timestamp was asked for")
        return stamper.token

    def _field(self, reader: PdfFileReader, stamp: Stamp | None) -> tuple[SigFieldSpec, StampStyle]:
        if stamp is None:
            invisible = SigFieldSpec(_FIELD, invis_sig_settings=InvisSigSettings())
            return invisible, StampStyle()
        if self._font is None:
            raise Misconfigured(
                "stamp.font-missing", "a visible stamp is asked for, but no font is set"
            )
        try:
            frame = frame_of(page_at(reader, 0))
        except MALFORMED as e:
            raise RejectedInput("pdf.unreadable", "page 1 cannot be found") from e
        laid_out = lay_out(stamp, font=self._font, place=self._place, frame=frame)
        # pyHanko asks for whole numbers but takes any.
        box = cast("tuple[int, int, int, int]", laid_out.rectangle)
        return SigFieldSpec(_FIELD, on_page=0, box=box), StampStyle(stamp=laid_out)


async def _run(session: PdfSigningSession, output: IO[bytes], reserved: int) -> None:
    # One step after the other rather than sign_pdf, which would set the time by its own clock
    # and make a dummy signature first to learn its size.
    document = session.prepare_tbs_document(None, bytes_reserved=2 * reserved)  # hexadecimal
    digest, _ = document.digest_tbs_document(output=output)
    await document.perform_signature(
        digest.document_digest, PdfCMSSignedAttributes(signing_time=session.system_time)
    )


class _HeldKeySigner(Signer):
    """Signs with a key that was parsed once; one per signature."""

    def __init__(self, key: Key) -> None:
        store = SimpleCertificateStore()
        store.register_multiple(EncodedCertificate.load(der) for der in key.chain)
        super().__init__(
            signing_cert=EncodedCertificate.load(key.certificate),
            cert_registry=store,
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": key.mechanism}),
            embed_roots=True,
        )
        self._held = key

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,  # noqa: ARG002 - pyHanko's signature; it is always SHA-256 here
        dry_run: bool = False,  # noqa: ARG002, FBT001, FBT002 - the same; there are no dry runs
    ) -> bytes:
        return self._held.sign(data)


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[IO[bytes]]:
    """A file in the target's folder, removed at the end unless it was renamed."""
    with tempfile.NamedTemporaryFile(
        prefix=".signing-", suffix=".pdf", dir=target.parent, delete=False
    ) as file:
        try:
            yield file
        finally:
            Path(file.name).unlink(missing_ok=True)
