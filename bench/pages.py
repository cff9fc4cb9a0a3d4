"""The pages that throughput is measured on, each as a picture that all contestants share.

A page is rendered once, at 300 dpi in colour, to a JPEG. A set of pages is one PDF of those very
JPEGs (for ``sohoa`` and OCRmyPDF) and one grey PGM a page (for bare ``tesserocr``).
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdfium2
from PIL import Image

DPI = 300
_JPEG_QUALITY = 90
_GOVERNMENT, _SCANS, _PLAIN = 10, 6, 6


@dataclass(frozen=True, slots=True)
class SourcePage:
    """A page of a file as found.

    Attributes:
        number: from 1.
        text: its transcription, or empty where there is none.
        dpi: px an inch at which it is rendered.
    """

    file: Path
    number: int
    text: str
    dpi: int = DPI


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSet:
    """Pages as the contestants take them.

    Attributes:
        pdf: all pages, one picture a page.
        singles: the same, a file a page.
        grey: a PGM a page.
        dpis: px an inch of each page.
        texts: the transcription of each page, empty where there is none.
        jpegs: the picture of each page.
        sizes: width and height of each page, pt.
    """

    name: str
    pdf: Path
    singles: tuple[Path, ...]
    grey: tuple[Path, ...]
    dpis: tuple[int, ...]
    texts: tuple[str, ...]
    jpegs: tuple[Path, ...]
    sizes: tuple[tuple[float, float], ...]


def normalised(text: str) -> str:
    """NFC, with every run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def distance(one: str, other: str) -> int:
    """Levenshtein's distance in characters (Myers' bit-parallel method, Hyyrö's form)."""
    if not one:
        return len(other)
    *_, last = _distances(one, other, anywhere=False)
    return last


def lowest_distance(part: str, whole: str) -> int:
    """The distance of a text to the most similar part of another."""
    return min(_distances(part, whole, anywhere=True)) if part else 0


def _distances(one: str, other: str, *, anywhere: bool) -> Iterator[int]:
    """The distance of a text to what ends at each place of another, before its first letter too.

    Args:
        one: not empty.
        other: the other text.
        anywhere: what is compared may begin at any place of the other, not at its beginning alone.
    """
    full, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    places: dict[str, int] = {}
    for index, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << index
    plus, minus, score = full, 0, len(one)
    yield score
    for letter in other:
        here = places.get(letter, 0)
        vertical = here | minus
        across = (((here & plus) + plus) ^ plus) | here
        up, down = minus | ~(across | plus), plus & across
        score += bool(up & last) - bool(down & last)
        up, down = up << 1 | (not anywhere), down << 1
        plus, minus = (down | ~(vertical | up)) & full, up & vertical & full
        yield score


def _government(folder: Path) -> Iterator[SourcePage]:
    """Every page of the signed scans; then those transcribed once more, as of 200 dpi."""
    texts = {p.stem: p for part in ("text", "textlayer") for p in (folder / part).glob("*_p1.txt")}
    again = []
    for file in sorted((folder / "pdf").glob("*.pdf")):
        transcription = texts.get(f"{file.stem}_p1")
        for number in range(1, _page_count(file) + 1):
            first = number == 1 and transcription is not None
            text = transcription.read_text("utf-8") if first and transcription else ""
            yield SourcePage(file, number, text)
            if text:
                again.append(SourcePage(file, number, text, 200))
    yield from again


def _described(folder: Path) -> Iterator[SourcePage]:
    """The one-page documents of a set with ``metadata.jsonl``, in the order of their names."""
    lines = (folder / "metadata.jsonl").read_text("utf-8").splitlines()
    for row in sorted((json.loads(line) for line in lines), key=lambda row: str(row["pdf"])):
        file = folder / row["pdf"]
        if file.exists() and _page_count(file) == 1:
            text, title = row.get("text") or row["full_text"], row["title"]
            # Some transcriptions leave out the title that is printed.
            yield SourcePage(file, 1, text if text.startswith(title) else f"{title}\n{text}")


def _page_count(file: Path) -> int:
    with pypdfium2.PdfDocument(file) as pdf:
        return len(pdf)


def find_sources(folder: Path) -> dict[str, list[SourcePage]]:
    """The pages of a folder by set.

    The project's shared data is known by its parts; any other folder is one set of all its PDFs,
    the transcription of a first page beside it as ``.txt``.
    """
    if (folder / "vn-gov").is_dir():
        return {
            "vn-gov": list(_government(folder / "vn-gov"))[:_GOVERNMENT],
            "vn-synth-scans": list(_described(folder / "vn-synth-scans"))[:_SCANS],
            "vn-synth-pages": list(_described(folder / "vn-synth-pages"))[:_PLAIN],
        }
    found = []
    for file in sorted(folder.rglob("*.pdf")):
        beside = file.with_suffix(".txt")
        text = beside.read_text("utf-8") if beside.exists() else ""
        pages = range(1, _page_count(file) + 1)
        found += [SourcePage(file, n, text if n == 1 else "") for n in pages]
    if not found:
        raise SystemExit("no PDF was found there; name a folder of pages with --pages")
    return {"pages": found}


def _render(page: SourcePage, to: Path) -> None:
    with pypdfium2.PdfDocument(page.file) as pdf:
        pdf.init_forms()
        picture = pdf[page.number - 1].render(scale=page.dpi / 72, may_draw_forms=True).to_pil()
        picture.convert("RGB").save(to, quality=_JPEG_QUALITY, dpi=(page.dpi, page.dpi))


def picture_pdf(jpegs: list[Path], to: Path) -> None:
    """A PDF whose pages are these JPEGs, their streams untouched."""
    with pikepdf.new() as pdf:
        for jpeg in jpegs:
            with Image.open(jpeg) as picture:
                (width, height), dpi = picture.size, float(picture.info["dpi"][0])
            image = pikepdf.Stream(pdf, jpeg.read_bytes())
            image.stream_dict = pikepdf.Dictionary(
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Image,
                Width=width,
                Height=height,
                ColorSpace=pikepdf.Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )
            wide, high = width * 72 / dpi, height * 72 / dpi
            page = pdf.add_blank_page(page_size=(wide, high))
            name = page.add_resource(image, pikepdf.Name.XObject)
            drawn = f"q {wide:.3f} 0 0 {high:.3f} 0 0 cm {name} Do Q"
            page.obj.Contents = pikepdf.Stream(pdf, drawn.encode())
        pdf.save(to)


def prepare(name: str, pages: list[SourcePage], folder: Path) -> PageSet:
    """Render the pages of a set into a folder."""
    folder.mkdir(parents=True)
    jpegs, greys, singles, sizes = [], [], [], []
    for index, page in enumerate(pages, start=1):
        jpeg = folder / f"{index:03d}.jpg"
        _render(page, jpeg)
        grey = jpeg.with_suffix(".pgm")
        with Image.open(jpeg) as picture:
            picture.convert("L").save(grey)
            sizes.append((picture.width * 72 / page.dpi, picture.height * 72 / page.dpi))
        single = folder / f"page-{index:03d}.pdf"
        picture_pdf([jpeg], single)
        jpegs.append(jpeg)
        greys.append(grey)
        singles.append(single)
    pdf = folder / f"{name}.pdf"
    picture_pdf(jpegs, pdf)
    return PageSet(
        name=name,
        pdf=pdf,
        singles=tuple(singles),
        grey=tuple(greys),
        dpis=tuple(page.dpi for page in pages),
        texts=tuple(normalised(page.text) for page in pages),
        jpegs=tuple(jpegs),
        sizes=tuple(sizes),
    )
