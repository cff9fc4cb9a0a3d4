"""Draws the held-out papers: from a seed to files and the truth about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from types import MappingProxyType

import pikepdf
from PIL import Image

from bench.heldout import births, marriages
from bench.heldout.forms import Form, press
from bench.heldout.people import PROVINCES, name, place
from bench.heldout.scanner import clean_scan, hard_scan, photocopied, seal, signature
from bench.heldout.sheet import HEIGHT, WIDTH, Flow, Sheet, Style

CLEAN, HARD = "clean", "hard"

_LAYOUTS: Mapping[str, tuple[Callable[[Form], None], ...]] = MappingProxyType(
    {
        "birth-declaration": (
            births.declaration_plain,
            births.declaration_parts,
            births.declaration_grid,
        ),
        "birth-certificate": (
            births.certificate_blank,
            births.certificate_copy,
            births.certificate_short,
        ),
        "marriage-extract": (
            marriages.extract_open,
            marriages.extract_ruled,
            marriages.extract_stacked,
        ),
        "marital-status": (marriages.confirmation_plain, marriages.confirmation_couple),
    }
)
CERTIFIED = "certified-copy"
_KINDS = (*_LAYOUTS, CERTIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTruth:
    """A citizen ID printed on a paper, and whose it is there."""

    role: str
    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTruth:
    """What one held-out paper says.

    Attributes:
        file: its name in the folder.
        condition: ``clean`` or ``hard``.
        kind: what the paper is; of a certified copy, what was copied.
        certified: it carries a stamp of certification.
        stamp_number: the number of that certification, which is not the paper's own; or empty.
        mentioned: numbers of persons that the paper names without being theirs.
        number: the paper's own number, or empty.
        layout: the drawing function, for statistics.
        family: the fonts of labels and of values, for statistics.
        leader: the dotted leaders, for statistics.
    """

    file: str
    condition: str
    kind: str
    certified: bool
    stamp_number: str
    people: tuple[PersonTruth, ...]
    mentioned: tuple[str, ...]
    number: str
    layout: str
    family: str
    leader: str
    pages: int


def _style(rng: Random, *, dense: bool, blank: bool) -> Style:
    """How a paper is set; only a printed blank is filled in above its dotted lines."""
    # Most real papers are set in a Times, so here are more of it than of others.
    family = rng.choice(
        [
            "termes",
            "termes",
            "libertine",
            "charis",
            "pagella",
            "schola",
            "bonum",
            "heros-cn",
            "heros",
        ]
    )
    values = (
        family
        if rng.random() < 0.6
        else rng.choice(["open-sans", "roboto", "schola", "heros", "termes"])
    )
    return Style(
        labels=family,
        values=values,
        value_face=rng.choice(["regular", "bold", "bold", "italic", "bolditalic"]),
        size=11.5 if dense else rng.choice([12.0, 12.5, 13.0]),
        leading=1.36 if dense else rng.choice([1.4, 1.5]),
        leader=rng.choice(["none", "after", "after", "under" if blank else "none"]),
        ink=rng.choice([(25, 25, 28), (25, 25, 28), (30, 34, 92)]),
    )


def _form(rng: Random, layout: Callable[[Form], None]) -> Form:
    dense = layout in (births.declaration_grid, births.declaration_parts, births.certificate_copy)
    blank = layout in (births.certificate_blank, births.declaration_plain)
    style = _style(rng, dense=dense, blank=blank)
    tint = (253, 248, 240) if layout is births.certificate_blank else (255, 255, 255)
    sheet = Sheet(tint)
    day = date(2021, 6, 1) + timedelta(days=rng.randrange(1850))
    issuer = place(rng, rng.choice(sorted(PROVINCES)), merged=day >= date(2025, 7, 1))
    label = rng.choice(
        [
            "Giấy tờ tùy thân:",
            "Giấy tờ tuỳ thân:",
            "Số định danh cá nhân:",
            "Số định danh cá nhân/Giấy tờ tùy thân:",
        ]
    )
    left = rng.choice([62.0, 71.0, 78.0])
    flow = Flow(sheet, style, left, WIDTH - 48, 42.0)
    # A label that asks for the number alone is answered with the number alone.
    wording = rng.randrange(6) if label != "Số định danh cá nhân:" else rng.randrange(3)
    return Form(
        rng=rng,
        sheet=sheet,
        style=style,
        flow=flow,
        issuer=issuer,
        day=day,
        wording=wording,
        identity_label=label,
        name_label=rng.choice(["Họ, chữ đệm, tên"] * 4 + ["Họ, chữ đệm và tên", "Họ và tên"]),
    )


def _certify(form: Form) -> tuple[list[Image.Image], str]:
    """Photocopy the paper and certify the copy: on its foot where there is room, or overleaf."""
    rng = form.rng
    copy = Sheet()
    copy.image.paste(photocopied(form.sheet.image, rng), (0, 0))
    copy.text((WIDTH / 2, 24), "BẢN SAO", "heros", "bold", 15, anchor="ms", ink=(190, 40, 45))
    overleaf = form.flow.y > HEIGHT - 170
    target = Sheet() if overleaf else copy
    width, top = 290.0, (60.0 if overleaf else form.flow.y + 14)
    left = 70.0
    number = str(rng.randrange(100, 9900))
    style = Style(
        labels="heros", values="heros", value_face="bold", size=11, leading=1.4, leader="none"
    )
    flow = Flow(target, style, left + 8, left + width - 8, top + 4)
    day = form.day + timedelta(days=rng.randrange(5, 200))
    flow.centred("CHỨNG THỰC BẢN SAO ĐÚNG VỚI BẢN CHÍNH", "bold", 11)
    flow.mixed(
        ("Số chứng thực:", number),
        ("quyển số:", f"{rng.randrange(1, 9):02d}/{day.year}-SCT/BS"),
    )
    flow.field("Ngày", f"{day.day:02d} tháng {day.month:02d} năm {day.year}")
    flow.centred(f"ỦY BAN NHÂN DÂN {form.issuer.ward.upper()}", "bold", 10.5)
    flow.centred("PHÓ CHỦ TỊCH", "bold", 10.5)
    bottom = flow.y
    flow.gap(46)
    flow.centred(name(rng, female=False), "bold", 11)
    target.box(left, top, left + width, flow.y + 8, width=1.2, ink=(60, 60, 120))
    signature(target.image, (left + width / 2, bottom + 26), rng)
    seal(
        target.image,
        (left + width / 3, bottom + 20),
        f"{form.issuer.line().upper()} *"[:34],
        "ỦY BAN\nNHÂN DÂN",
        rng,
    )
    return [copy.image, target.image] if overleaf else [copy.image], number


def _second_seal(form: Form) -> None:
    """Hard papers often bear one more seal: over the head, across the right edge, over the text."""
    rng = form.rng
    where = rng.random()
    if where < 0.3:
        press(form, (form.flow.left + 70, rng.uniform(60, 100)))
    elif where < 0.5:
        press(form, (WIDTH - 4, rng.uniform(250, 550)))
    elif where < 0.8:
        press(form, (rng.uniform(140, 460), rng.uniform(220, 620)))


def _save(images: list[Image.Image], folder: Path, stem: str, dpi: int, rng: Random) -> str:
    kind = rng.choice(["jpg", "pdf", "tif"]) if len(images) == 1 else rng.choice(["pdf", "tif"])
    path = folder / f"{stem}.{kind}"
    first, rest = images[0], images[1:]
    if kind == "jpg":
        first.save(path, quality=88, dpi=(dpi, dpi))
    elif kind == "tif":
        first.save(
            path,
            save_all=True,
            append_images=rest,
            compression="tiff_adobe_deflate",
            dpi=(dpi, dpi),
        )
    else:
        first.save(path, save_all=True, append_images=rest, resolution=dpi, quality=88)
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            # Pillow writes the time of day; the same seed shall give the same bytes.
            del pdf.docinfo
            pdf.save(path, deterministic_id=True)
    return path.name


def draw_one(index: int, *, folder: Path, seed: int, count: int) -> PaperTruth:
    """Draw paper ``index`` of ``count``: the first half clean, the second half hard.

    Kinds and layouts go round; everything else is drawn from the seed and the index.
    """
    rng = Random(f"{seed}:{index}")
    condition = CLEAN if index < (count + 1) // 2 else HARD
    turn = index if condition == CLEAN else index - (count + 1) // 2
    chosen = _KINDS[turn % len(_KINDS)]
    certified = chosen == CERTIFIED
    kind = (
        rng.choice(["birth-certificate", "marriage-extract", "marital-status"])
        if certified
        else chosen
    )
    layouts = _LAYOUTS[kind]
    layout = layouts[(turn // len(_KINDS)) % len(layouts)]
    form = _form(rng, layout)
    layout(form)
    if condition == HARD and kind != "birth-declaration":
        _second_seal(form)
    images, stamp_number = _certify(form) if certified else ([form.sheet.image], "")
    scan, dpi = (clean_scan, 300) if condition == CLEAN else (hard_scan, 200)
    file = _save([scan(i, rng) for i in images], folder, f"{condition}-{index:03d}", dpi, rng)
    return PaperTruth(
        file=file,
        condition=condition,
        kind=kind,
        certified=certified,
        stamp_number=stamp_number,
        people=tuple(PersonTruth(role=r, number=p.number, name=p.name) for r, p in form.people),
        mentioned=tuple(form.mentioned),
        number=form.number,
        layout=layout.__name__,
        family=f"{form.style.labels}/{form.style.values}",
        leader=form.flow.style.leader,
        pages=len(images),
    )


def draw(folder: Path, *, seed: int, count: int, workers: int) -> list[PaperTruth]:
    """Draw ``count`` papers into a folder, with ``truth.json`` beside them."""
    one = partial(draw_one, folder=folder, seed=seed, count=count)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        truths = list(pool.map(one, range(count)))
    (folder / "truth.json").write_text(
        json.dumps([asdict(t) for t in truths], ensure_ascii=False, indent=1), encoding="utf-8"
    )
    return truths
