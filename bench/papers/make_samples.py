"""Writes ``samples/``: dossiers of made-up people, and government papers.

    python -m bench.papers.make_samples VN_GOV_FOLDER [SAMPLES_FOLDER]

The same every time: from seeds, without the time of day. ``VN_GOV_FOLDER`` holds ``pdf/*.pdf`` and
``metadata.tsv``; its papers are not subject to copyright (Luật Sở hữu trí tuệ, Điều 15 khoản 2).
"""

from __future__ import annotations

import csv
import json
import random
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image

from bench.papers.faults import Faults, scanned
from bench.papers.layouts import LAYOUTS, Drawn
from bench.papers.sheet import Block, Prose, Sheet, Style

_QUALITY = 60  # of JPEG: the samples are to stay small
_WHEN = time.struct_time((2026, 10, 8, 9, 15, 0, 3, 281, 0))
_KINDS = {
    "Công văn": "dispatch",
    "Quyết định": "decision",
    "Thông báo": "notice",
    "Thông tư": "circular",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A paper of made-up people to be written.

    Attributes:
        path: under the samples folder; its ending says the format.
        seed: of people and wording.
        second_page: the first words of the block that begins page 2, or empty.
    """

    path: str
    kind: str
    seed: int
    style: Style
    faults: Faults
    dpi: int = 200
    second_page: str = ""


@dataclass(frozen=True, slots=True)
class Official:
    """A government paper to be written: as it is where it stays a signed PDF, else its pictures.

    An office does not countersign it where ``weak``: its signature is of SHA-1, or it is a
    hybrid-reference file.
    """

    path: str
    source: str
    as_is: bool = False
    weak: bool = False


_FIRST, _SECOND, _THIRD, _FOURTH = (
    "H15.50.05.13-261008-0975",
    "H15.50.05.13-261008-0976",
    "H15.50.05.13-261009-0012",
    "000.00.01.H26-260930-0012",
)
_AT_SIGNATURE = (0.62, 0.82)
PAPERS: Sequence[Made | Official] = (
    Made(
        path=f"{_FIRST}/01-to-khai-khai-sinh.pdf",
        kind="birth-declaration",
        seed=3,
        style=Style(size=13, leading=1.5),
        faults=Faults(skew=0.7, noise=2.5, light=15, jpeg=80),
        second_page="NGƯỜI MẸ",
    ),
    Made(
        path=f"{_FIRST}/02-trich-luc-ket-hon.jpg",
        kind="marriage-extract",
        seed=2,
        style=Style(family="noto-serif", size=12),
        faults=Faults(skew=-0.9, noise=3, stamp=(0.6, 0.62), light=20),
    ),
    Made(
        path=f"{_FIRST}/03-ban-sao-chung-thuc.tif",
        kind="certified-copy",
        seed=3,
        style=Style(size=13),
        faults=Faults(skew=0.4, noise=2.5, stamp=(0.45, 0.86)),
    ),
    Made(
        path=f"{_SECOND}/01-xac-nhan-hon-nhan.pdf",
        kind="marital-status",
        seed=4,
        style=Style(size=13.5, leading=1.5, fill="leaders"),
        faults=Faults(skew=1.1, noise=2.5, stamp=(0.6, 0.6), fold=0.45, jpeg=75),
    ),
    Made(
        path=f"{_SECOND}/02-ban-sao-chung-thuc.jpg",
        kind="certified-copy",
        seed=5,
        style=Style(family="liberation-sans", size=12, fill="aligned"),
        faults=Faults(skew=-0.5, noise=3, stamp=(0.5, 0.85), light=25),
    ),
    Official(f"{_SECOND}/03-cong-van.pdf", "2450-kgvx", as_is=True),
    Made(
        path=f"{_THIRD}/01-trich-luc-ket-hon.tif",
        kind="marriage-extract",
        seed=6,
        style=Style(size=13),
        faults=Faults(skew=0.6, noise=4, bitonal=True),
        dpi=300,
    ),
    Made(
        path=f"{_THIRD}/02-xac-nhan-hon-nhan.jpg",
        kind="marital-status",
        seed=7,
        style=Style(family="dejavu-serif", size=11.5),
        faults=Faults(skew=-1.3, noise=3, stamp=_AT_SIGNATURE, light=30),
    ),
    Made(
        path=f"{_THIRD}/03-giay-khai-sinh.pdf",
        kind="birth-certificate",
        seed=8,
        style=Style(family="noto-sans", size=11.5, fill="grid"),
        faults=Faults(skew=0.5, noise=3, stamp=(0.6, 0.84)),
    ),
    Official(f"{_THIRD}/04-cong-van.jpg", "cv_3722_metro"),
    Made(
        path=f"{_FOURTH}/01-to-khai-khai-sinh.jpg",
        kind="birth-declaration",
        seed=4,
        style=Style(family="free-serif", size=12, leading=1.3),
        faults=Faults(skew=0.8, noise=3, blur=0.5, jpeg=80),
    ),
    Official(f"{_FOURTH}/02-thong-tu.pdf", "tt_21_bct_fuel", as_is=True),
    Official(f"{_FOURTH}/03-quyet-dinh.tif", "288-ttg"),
    Official(f"{_FOURTH}/04-thong-bao.pdf", "hanoi_tb_453_flag", as_is=True, weak=True),
    Official(f"{_FOURTH}/05-cong-van.pdf", "2450-kgvx"),
)


def drawn_pages(made: Made) -> tuple[Drawn, list[Image.Image]]:
    """The truth about a paper and its scanned pages."""
    rng = random.Random(made.seed)
    drawn = LAYOUTS[made.kind](rng)
    pages = []
    for blocks in _parted(drawn.blocks, made.second_page):
        sheet = Sheet(made.dpi, made.style)
        sheet.draw(blocks)
        if sheet.y > sheet.image.height:
            raise ValueError(f"{made.path}: the page is too full")
        pages.append(scanned(sheet.image, made.faults, dpi=made.dpi, rng=rng))
    return drawn, pages


def _parted(blocks: Sequence[Block], second_page: str) -> list[Sequence[Block]]:
    """The blocks of each page."""
    for at, block in enumerate(blocks):
        if second_page and isinstance(block, Prose) and second_page in block.text.upper():
            return [blocks[:at], blocks[at:]]
    return [blocks]


def save(pages: Sequence[Image.Image], path: Path, *, dpi: int) -> None:
    """Write pages in the format that the file's ending says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first, rest = pages[0], list(pages[1:])
    if path.suffix == ".pdf":
        first.save(
            path, save_all=True, append_images=rest, resolution=dpi, quality=_QUALITY,
            creationDate=_WHEN, modDate=_WHEN,
        )  # fmt: skip
    elif path.suffix == ".tif":
        if first.mode == "1":
            first.save(
                path, save_all=True, append_images=rest, dpi=(dpi, dpi), compression="group4"
            )
        else:
            first.save(
                path, save_all=True, append_images=rest, dpi=(dpi, dpi),
                compression="jpeg", quality=_QUALITY,
            )  # fmt: skip
    else:
        first.save(path, dpi=(dpi, dpi), quality=_QUALITY)


def _pictures(pdf: Path, *, dpi: int, bitonal: bool, rng: random.Random) -> list[Image.Image]:
    """The pages of a PDF as a scanner would give them."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        return [
            scanned(
                page.render(scale=dpi / 72).to_pil().convert("RGB"),
                Faults(skew=rng.uniform(-0.6, 0.6), noise=2, bitonal=bitonal),
                dpi=dpi,
                rng=rng,
            )
            for page in document
        ]
    finally:
        document.close()


def main(arguments: Sequence[str]) -> int:
    """Write all samples and ``truth.json``."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write("usage: python -m bench.papers.make_samples VN_GOV_FOLDER [SAMPLES]\n")
        return 2
    source, samples = Path(arguments[0]), Path(arguments[1] if len(arguments) == 2 else "samples")
    with (source / "metadata.tsv").open(encoding="utf-8", newline="") as lines:
        facts = {row["file"]: row for row in csv.DictReader(lines, delimiter="\t")}
    truth: dict[str, object] = {}
    for paper in PAPERS:
        target = samples / paper.path
        if isinstance(paper, Made):
            drawn, pages = drawn_pages(paper)
            save(pages, target, dpi=paper.dpi)
            truth[paper.path] = {**drawn.truth(), "pages": len(pages)}
            continue
        pdf, fact = source / "pdf" / f"{paper.source}.pdf", facts[paper.source]
        target.parent.mkdir(parents=True, exist_ok=True)
        if paper.as_is:
            shutil.copyfile(pdf, target)
        else:
            bitonal = target.suffix == ".tif"
            dpi, rng = 300 if bitonal else 200, random.Random(paper.path)
            save(_pictures(pdf, dpi=dpi, bitonal=bitonal, rng=rng), target, dpi=dpi)
        truth[paper.path] = {
            "kind": _KINDS[fact["loai_van_ban"]],
            "number": fact["so_ky_hieu"],
            "date": fact["ngay_ban_hanh"],
            "issuer": fact["co_quan_ban_hanh"],
            "people": {},
            "pages": int(fact["so_trang"]),
            "signed": paper.as_is,
            **({"countersigned": False} if paper.weak else {}),
        }
    written = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (samples / "truth.json").write_text(written + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
