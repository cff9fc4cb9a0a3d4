"""Made-up scans for tests of the PDF/A: pictures and PDFs of every kind, and words on them."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Page, Pdf, Stream
from PIL import Image, ImageDraw

from dossier.spine import Box, RecognisedPage, Word
from dossier.written import words_to_json
from ocr.pdfa.job import write_pdfa

SIZE = (300.0, 420.0)  # pt, of every page as received
TEXT = ("Cộng", "hòa", "xã", "hội", "chủ", "nghĩa", "Việt", "Nam")
AT = "2026-10-08T09:15:00+07:00"
TITLE = "H15.50.05.13-261008-0975.1"
FONTS = Path("/usr/share/fonts/truetype/liberation2")


def picture(mode: str = "RGB", *, size: tuple[int, int] = (600, 840)) -> Image.Image:
    """Something to look at: dark bars on paper, more of them on the left and at the top."""
    image = Image.new("RGB", size, (250, 248, 240))
    draw = ImageDraw.Draw(image)
    for i in range(1, 9):
        draw.rectangle((30, 40 * i, 30 + 55 * (9 - i), 40 * i + 14), fill=(20, 20 + 10 * i, 90))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:  # noqa: ANN401 - Pillow's options
    """The bytes of a picture file."""
    written = io.BytesIO()
    image.save(written, kind, **how)
    return written.getvalue()


def page(
    number: int = 1,
    *,
    size: tuple[float, float] = SIZE,
    turn: int = 0,
    texts: Sequence[str] = TEXT,
    unread: str = "",
) -> RecognisedPage:
    """A page with two words a line, each in a box of its own; upright size from ``turn``."""
    width, height = size if turn % 180 == 0 else size[::-1]
    words = tuple(
        Word(
            text,
            Box(30 + 110 * (i % 2), 40 + 24 * (i // 2), 120 + 110 * (i % 2), 54 + 24 * (i // 2)),
            0.9,
            i // 2,
        )
        for i, text in enumerate(texts)
    )
    return RecognisedPage(
        number=number, width=width, height=height, turn=turn, words=words, unread=unread
    )


def written(
    folder: Path,
    content: bytes,
    media_type: str,
    pages: Sequence[RecognisedPage],
    *,
    out: str = "out.pdf",
    **changed: Any,  # noqa: ANN401 - other arguments of the job
) -> tuple[Path, dict[str, Any]]:
    """The job's file and its report on a scan with these bytes; run in this process."""
    scan, words, work = folder / "scan", folder / "words.json", folder / f"{out}.work"
    scan.write_bytes(content)
    words.write_bytes(words_to_json(tuple(pages), engine="none"))
    work.mkdir()
    report = write_pdfa(
        **{
            "scan": str(scan),
            "media_type": media_type,
            "words": str(words),
            "out": str(folder / out),
            "work": str(work),
            "title": TITLE,
            "created": AT,
            "max_pixels": 10_000_000,
            **changed,
        }
    )
    return folder / out, report


def one_page(pdf: Pdf, *, size: tuple[float, float] = SIZE) -> Page:
    """A new page with the picture over all of it, as a scanner makes it."""
    new = pdf.add_blank_page(page_size=size)
    data = saved(picture(), "JPEG", quality=70)
    image = Stream(pdf, b"")
    image.write(data, filter=Name.DCTDecode)
    for key, value in {
        "/Type": Name.XObject,
        "/Subtype": Name.Image,
        "/Width": 600,
        "/Height": 840,
        "/BitsPerComponent": 8,
        "/ColorSpace": Name.DeviceRGB,
    }.items():
        image[key] = value
    new.obj["/Resources"] = Dictionary(
        XObject=Dictionary(Im=pdf.make_indirect(image)),
        Font=Dictionary(
            # As an OCR layer of somebody else has it: not embedded.
            Helv=pdf.make_indirect(
                Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
            )
        ),
    )
    content(pdf, new, f"q {size[0]} 0 0 {size[1]} 0 0 cm /Im Do Q")
    return new


def content(pdf: Pdf, on: Page, text: str) -> None:
    """Set the content of a page."""
    on.obj["/Contents"] = pdf.make_indirect(Stream(pdf, text.encode("latin-1")))


def embedded_font(pdf: Pdf, text: str, *, to_unicode: bool = True) -> pikepdf.Object:
    """Liberation Serif as a simple TrueType font that shows these Latin characters."""
    from fontTools.subset import Options, Subsetter  # noqa: PLC0415 - slow to import
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - the same

    font = TTFont(FONTS / "LiberationSerif-Regular.ttf", recalcTimestamp=False)
    subsetter = Subsetter(Options(notdef_outline=True, drop_tables=["GSUB", "GPOS", "GDEF"]))
    subsetter.populate(text=text)
    subsetter.subset(font)
    program = io.BytesIO()
    font.save(program)
    em = font["head"].unitsPerEm
    widths = [
        round(font["hmtx"][font.getBestCmap()[code]][0] * 1000 / em)
        if code in font.getBestCmap()
        else 0
        for code in range(32, 127)
    ]
    file = Stream(pdf, b"")
    file.write(zlib.compress(program.getvalue()), filter=Name.FlateDecode)
    file.Length1 = len(program.getvalue())
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name("/AAAAAA+LiberationSerif"),
        Flags=32,
        FontBBox=[-200, -300, 1200, 1000],
        ItalicAngle=0,
        Ascent=891,
        Descent=-216,
        CapHeight=700,
        StemV=80,
        FontFile2=pdf.make_indirect(file),
    )
    made = Dictionary(
        Type=Name.Font,
        Subtype=Name.TrueType,
        BaseFont=Name("/AAAAAA+LiberationSerif"),
        FirstChar=32,
        LastChar=126,
        Widths=Array(widths),
        Encoding=Name.WinAnsiEncoding,
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    if not to_unicode:
        made["/Encoding"] = Dictionary(
            BaseEncoding=Name.WinAnsiEncoding,
            Differences=Array([ord(text[0]), Name("/g1234")]),
        )
    return pdf.make_indirect(made)


def bytes_of(pdf: Pdf) -> bytes:
    """A document as a file."""
    file = io.BytesIO()
    pdf.save(file)
    return file.getvalue()


def pdf_of_jpeg_2000(**entries: Any) -> bytes:  # noqa: ANN401 - entries of the picture
    """A PDF of one page that a JPEG 2000 picture covers."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=SIZE)
        image = Stream(pdf, saved(picture(), "JPEG2000", irreversible=True, quality_layers=[40]))
        image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.JPXDecode
        image.Width, image.Height = 600, 840
        for key, value in entries.items():
            image[f"/{key}"] = value
        pdf.pages[0].obj["/Resources"] = Dictionary(XObject=Dictionary(Im=image))
        pdf.pages[0].obj["/Contents"] = Stream(pdf, b"q 300 0 0 420 0 0 cm /Im Do Q")
        return bytes_of(pdf)


def pdf_of_inline_picture() -> bytes:
    """A PDF of one page that an inline picture covers, which viewers are asked to smooth."""
    small = picture("L", size=(60, 84))
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=SIZE)
        head = b"q 300 0 0 420 0 0 cm BI /W 60 /H 84 /BPC 8 /CS /G /I true /F /AHx ID "
        pixels = small.tobytes().hex().encode("ascii") + b">"
        pdf.pages[0].obj["/Contents"] = Stream(pdf, head + pixels + b" EI Q")
        return bytes_of(pdf)
