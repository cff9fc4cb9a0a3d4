"""What the file says of itself (XMP and Info), how it is written, and what judges it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pikepdf
import pikepdf.pdfa
from pikepdf import Dictionary, Name, ObjectStreamMode, Pdf, Stream, StreamDecodeLevel

from dossier.text import nfc
from ocr.pdfa import jpx
from pages.pdf import PDF_DAMAGE

VALIDATOR = f"pikepdf.pdfa {pikepdf.__version__} as 2b, and our own rules of 2u"
_PRODUCER = f"Sohoa, pikepdf {pikepdf.__version__}"
# pikepdf judges 1b, 2b and 3b: that the file says U and not B is the one finding it must have.
_NO_JPX = "JPEG 2000 images are not supported"
_SAYS_NOT_B = "ISO_19005_2:6.6.4-3"
_U = b"<pdfaid:conformance>U</pdfaid:conformance>"
_XMP = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>2</pdfaid:part>
   <pdfaid:conformance>U</pdfaid:conformance>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <xmp:CreateDate>{at}</xmp:CreateDate>
   <xmp:ModifyDate>{at}</xmp:ModifyDate>
   <xmp:MetadataDate>{at}</xmp:MetadataDate>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
   <pdf:Producer>{producer}</pdf:Producer>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""


def declare(pdf: Pdf, *, title: str, created: datetime) -> None:
    """Prepare a document for PDF/A-2u: output intent sRGB, XMP and Info that agree.

    Args:
        pdf: changed in memory.
        title: holds no personal data.
        created: aware; written in UTC, to the second.
    """
    jpx.name_colours(pdf)
    pikepdf.pdfa.prepare(pdf, "2b")
    at = created.astimezone(UTC).replace(microsecond=0)
    title = "".join(c for c in nfc(title) if c.isprintable())
    packet = _XMP.format(title=escape(title), at=at.isoformat(), producer=_PRODUCER)
    metadata = Stream(pdf, packet.encode())
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = pdf.make_indirect(metadata)
    pdf.Root.Lang = "vi"
    date = at.strftime("D:%Y%m%d%H%M%S+00'00'")
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(Title=title, CreationDate=date, ModDate=date, Producer=_PRODUCER)
    )


def save(pdf: Pdf, out: Path) -> None:
    """Write one revision of PDF 1.7 with a plain cross-reference table.

    Not by ``pikepdf.pdfa.save``, which turns U into B. The /ID is made from the content, so equal
    input gives equal bytes. No stream is compressed anew: pictures stay byte for byte.
    """
    pdf.save(
        out,
        force_version="1.7",
        object_stream_mode=ObjectStreamMode.disable,
        stream_decode_level=StreamDecodeLevel.none,
        compress_streams=True,
        recompress_flate=False,
        deterministic_id=True,
    )


def findings(out: Path) -> tuple[str, ...]:
    """The rules that a written file breaks (or that could not be judged), sorted; none is good."""
    report = pikepdf.pdfa.validate_written(out, "2b")
    rules = [f.rule for f in report.findings if _NO_JPX not in str(f.message)]
    if len(rules) < len(report.findings) and not _jpx_conforms(out):
        rules.append("sohoa:jpeg-2000")
    if rules.count(_SAYS_NOT_B) != 1 or not _says_u(out):
        rules.append("sohoa:does-not-say-2u")
    return tuple(sorted({rule for rule in rules if rule != _SAYS_NOT_B}))


def _jpx_conforms(out: Path) -> bool:
    """Whether each JPEG 2000 picture is one that PDF/A allows: pikepdf does not judge them."""
    with pikepdf.open(out) as pdf:
        return all(
            jpx.conforms(image.read_raw_bytes()) and not image.get("/SMaskInData", 0)
            for image in jpx.jpx_images(pdf)
        )


def _says_u(out: Path) -> bool:
    try:
        with pikepdf.open(out) as pdf:
            return _U in pdf.Root.Metadata.read_bytes()
    except PDF_DAMAGE:
        return False
