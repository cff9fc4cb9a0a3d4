"""The job that inspects a received file: pages, sizes, whether it is signed. Runs in a child.

Nothing is decoded: sizes come from page dictionaries and picture headers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dossier.errors import RejectedInput
from dossier.spine import MediaType
from pages.limits import Limits, too_costly, too_large
from pages.pictures import DAMAGE, damaged, frame_of, opened, opened_directory
from pages.tiff_directories import page_directories

_CHUNK = 1 << 20
_BYTE_RANGE = b"/ByteRange"
_DEEPEST = 32
_LEAST_SIDE = 0.1  # pt


def inspect(*, path: str, media_type: str, limits: dict[str, Any]) -> dict[str, Any]:
    """What a file holds.

    Args:
        path: the file.
        media_type: the result of ``pages.media.media_type``.
        limits: ``Limits.to_json()``.

    Returns:
        ``{"pages": [[width, height], ...], "signed": bool}``, in pt as shown.

    Raises:
        RejectedInput: ``scan.too-large``, ``scan.too-many-pages``, ``scan.too-many-pixels``,
            ``scan.page-too-large``, ``scan.page-too-small``, ``scan.encrypted``,
            ``scan.no-pages``, ``scan.damaged``, ``scan.portfolio``, ``scan.dynamic-form``,
            ``scan.old-jpeg``, ``scan.too-costly``.
    """
    file, within = Path(path), Limits(**limits)
    if file.stat().st_size > within.max_bytes:
        raise too_large(within)
    kind = MediaType(media_type)
    if kind is MediaType.PDF:
        sizes, signed = _inspect_pdf(file, within)
    else:
        sizes, signed = _inspect_picture(file, kind, within), False
    if any(max(size) > within.max_side for size in sizes):
        raise RejectedInput(
            "scan.page-too-large",
            f"a page is longer than {within.max_side / 72 * 2.54:.0f} cm; check the resolution "
            "that the scanner writes, and scan again",
        )
    if any(min(size) < _LEAST_SIDE for size in sizes):
        raise RejectedInput(
            "scan.page-too-small",
            "a page is thinner than a hair; check the resolution that the scanner writes, and "
            "scan again",
        )
    return {"pages": [[round(w, 3), round(h, 3)] for w, h in sizes], "signed": signed}


def _too_many_pages(limits: Limits) -> RejectedInput:
    return RejectedInput(
        "scan.too-many-pages",
        f"the file has more than {limits.max_pages} pages; send it in parts, one file a paper",
    )


def _inspect_picture(
    path: Path, media_type: MediaType, limits: Limits
) -> list[tuple[float, float]]:
    if media_type is not MediaType.TIFF:
        # An animated PNG or a JPEG with a preview is one page all the same.
        with opened(path, media_type, max_pixels=limits.max_pixels) as image:
            frame = frame_of(image, max_pixels=limits.max_pixels)
        return [(frame.width, frame.height)]
    pages = page_directories(path)
    if not pages:
        raise damaged()
    if len(pages) > limits.max_pages:
        raise _too_many_pages(limits)
    sizes: list[tuple[float, float]] = []
    pixels = 0
    for page in pages:
        with opened_directory(path, page, max_pixels=limits.max_pixels) as image:
            frame = frame_of(image, max_pixels=limits.max_pixels)
            pixels += image.width * image.height
        if pixels > limits.max_paper_pixels:
            raise too_costly(limits)
        sizes.append((frame.width, frame.height))
    return sizes


def _inspect_pdf(path: Path, limits: Limits) -> tuple[list[tuple[float, float]], bool]:
    import pikepdf  # noqa: PLC0415 - 0.2 s of a child that may only ever see pictures

    from pages.beside import refuse_unseen_content  # noqa: PLC0415 - it imports pikepdf
    from pages.pdf import opened_pdf, shown_size  # noqa: PLC0415 - the same

    with opened_pdf(path) as pdf:
        try:
            count = len(pdf.pages)
            if count == 0:
                raise RejectedInput(
                    "scan.no-pages", "the PDF holds no page; make it again and send it"
                )
            if count > limits.max_pages:
                raise _too_many_pages(limits)
            refuse_unseen_content(pdf)
            sizes = [shown_size(page) for page in pdf.pages]
            if sum(_picture_pixels(page) for page in pdf.pages) > limits.max_paper_pixels:
                raise too_costly(limits)
            signed = _names_byte_range(path) and _has_signature(pdf)
        except (pikepdf.PdfError, pikepdf.DataDecodingError, *DAMAGE):
            raise damaged() from None
    return sizes, signed


def _picture_pixels(page: Any) -> int:  # noqa: ANN401 - pikepdf is imported where it is needed
    """The pixels of the pictures of a page, in its forms too, as their headers state them."""
    pictures = page.get_images().values()
    return sum(
        max(0, int(picture.get("/Width", 0))) * max(0, int(picture.get("/Height", 0)))
        for picture in pictures
    )


def _names_byte_range(path: Path) -> bool:
    """Whether the file holds what every PDF signature must hold in clear (ISO 32000-1 12.8.1)."""
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            # The name may be written with escapes (#42 for B): then the file is parsed.
            if _BYTE_RANGE in (seen := tail + chunk) or re.search(rb"/[A-Za-z]*#[2-7]", seen):
                return True
            tail = chunk[-len(_BYTE_RANGE) :]
    return False


def _has_signature(pdf: Any) -> bool:  # noqa: ANN401 - pikepdf is imported where it is needed
    """Whether a signature field has a value, at any depth of the field tree (which may loop)."""
    import pikepdf  # noqa: PLC0415 - as above

    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        return False
    fields = form.get("/Fields")
    todo: list[tuple[pikepdf.Object, object, int]] = []
    if isinstance(fields, pikepdf.Array):
        todo.extend((field, None, 0) for field in fields)
    seen: set[tuple[int, int]] = set()
    while todo:
        field, kind, depth = todo.pop()
        if not isinstance(field, pikepdf.Dictionary) or depth > _DEEPEST:
            continue
        if field.is_indirect:
            if field.objgen in seen:
                continue
            seen.add(field.objgen)
        kind = field.get("/FT", kind)
        value = field.get("/V")
        if kind == "/Sig" and isinstance(value, pikepdf.Dictionary) and "/ByteRange" in value:
            return True
        kids = field.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            todo.extend((kid, kind, depth + 1) for kid in kids)
    return False
