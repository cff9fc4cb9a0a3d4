"""Pages without the text that nobody sees, so that a paper has one text layer: ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Pdf

from ocr.pdfa.content import SHOWING, Key, Scope, ShownFont, Unkeepable, Walk, group
from ocr.pdfa.layer import Place
from ocr.pdfa.streams import STREAM_KEYS, compressed, strip

_TEXT_ONLY = SHOWING | {"Td", "TD", "Tm", "T*", "Tc", "Tw", "Tz", "TL", "Tf", "Tr", "Ts"}
_KEPT_RESOURCES = ("/ColorSpace", "/ExtGState", "/Shading", "/Pattern", "/Properties")


def tidy(pdf: Pdf, page: pikepdf.Page, place: Place) -> dict[Key, ShownFont]:
    """Take the unseen text out of a page and tell which fonts show text on it.

    Args:
        pdf: the page's; changed in memory.
        page: its /Contents and /Resources are made anew.
        place: tells what part of it is visible.

    Returns:
        The fonts that show text, by object number; empty where the page has no text of its own.

    Raises:
        Unkeepable: the page must be drawn anew.
    """
    walk = Walk(place)
    resources = page.obj.get("/Resources", Dictionary())
    scope = walk.page(page, resources)
    content, kept = _rebuilt(pdf, scope)
    page.obj["/Resources"] = kept
    if content is not None:
        page.obj["/Contents"] = compressed(pdf, content)
        return walk.fonts()
    old = page.obj.get("/Contents", Array())
    for stream in old if isinstance(old, Array) else [old]:
        strip(stream, STREAM_KEYS)
    return walk.fonts()


def _rebuilt(pdf: Pdf, scope: Scope) -> tuple[bytes | None, Dictionary]:
    """The content without unseen text, and the resources that it needs.

    The content is None where it stays as it is.
    """
    unseen = _unseen(scope)
    seen = [show for index, show in scope.shows.items() if index not in unseen]
    resources = Dictionary()
    for category in _KEPT_RESOURCES:
        if category in scope.resources:
            resources[category] = scope.resources[category]
    drawn = _drawn(pdf, scope)
    if len(drawn):
        resources["/XObject"] = drawn
    shown = {show.font.objgen for show in seen}
    fonts = Dictionary()
    for name, value in group(scope.resources, "/Font").items():
        if value.objgen in shown:
            fonts[name] = value
    if len(fonts):
        resources["/Font"] = fonts
    smoothed = any(map(_is_smoothed, scope.instructions))
    if not smoothed and (
        not scope.has_text or (not unseen and len(fonts) == len(group(scope.resources, "/Font")))
    ):
        return None, resources
    kept = _without(scope.instructions, unseen, any_seen=bool(seen), fonts=fonts)
    return _unparsed(list(kept)), resources


def _is_smoothed(instruction: Any) -> bool:  # noqa: ANN401 - pikepdf's own
    """Whether it is an inline picture that asks viewers to smooth it (ISO 19005-2, 6.2.8)."""
    return isinstance(instruction, pikepdf.ContentStreamInlineImage) and bool(
        instruction.iimage.obj.get("/Interpolate", False)
    )


def _unparsed(instructions: Sequence[Any]) -> bytes:
    """The content of these instructions; inline pictures are no longer to be smoothed."""
    parts: list[bytes] = []
    plain: list[Any] = []
    for instruction in instructions:
        if not _is_smoothed(instruction):
            plain.append(instruction)
            continue
        head, mark, data = instruction.iimage.unparse().partition(b"\nID")
        parts += [pikepdf.unparse_content_stream(plain), head.replace(b"/I true", b""), mark, data]
        plain = []
    parts.append(pikepdf.unparse_content_stream(plain))
    return _joined(parts)


def _joined(parts: Sequence[bytes]) -> bytes:
    """Runs of instructions and the three parts of each inline picture between them."""
    content = parts[0]
    for at in range(1, len(parts), 4):
        content += b"\n" + b"".join(parts[at : at + 3]) + b"\n" + parts[at + 3]
    return content


def _unseen(scope: Scope) -> set[int]:
    """The instructions that show text which is nowhere seen."""
    unseen = {index for index, show in scope.shows.items() if show.seen == {False}}
    blocks = {scope.shows[index].block for index in unseen}
    if any(
        len(show.seen) > 1 or (index not in unseen and show.block in blocks)
        for index, show in scope.shows.items()
    ):
        raise Unkeepable("content.text-seen-and-unseen")
    return unseen


def _drawn(pdf: Pdf, scope: Scope) -> Dictionary:
    """The pictures and forms that the content draws, the forms with what they need and no more."""
    drawn = Dictionary()
    for name in sorted(scope.used):
        form = scope.forms.get(name)
        if form is None or form.stream is None:
            drawn[name] = scope.resources["/XObject"][name]
            continue
        if form.made is None:
            content, resources = _rebuilt(pdf, form)
            form.made = _form(pdf, form.stream, content, resources)
        drawn[name] = form.made
    return drawn


def _without(
    instructions: Sequence[Any], unseen: set[int], *, any_seen: bool, fonts: Dictionary
) -> Iterator[Any]:
    """The instructions without unseen text, and without text objects where none is seen."""
    inside = False
    for index, instruction in enumerate(instructions):
        if isinstance(instruction, pikepdf.ContentStreamInlineImage):
            yield instruction
            continue
        operator = str(instruction.operator)
        if operator in {"BT", "ET"}:
            inside = operator == "BT"
        needless = not any_seen and (
            operator in {"BT", "ET"} or (inside and operator in _TEXT_ONLY)
        )
        fontless = operator == "Tf" and str(instruction.operands[0]) not in fonts
        if not (needless or fontless or index in unseen):
            yield instruction


def _form(
    pdf: Pdf, old: pikepdf.Object, content: bytes | None, resources: Dictionary
) -> pikepdf.Object:
    form = compressed(pdf, old.read_bytes() if content is None else content)
    for key, value in old.items():
        if key not in {"/Length", "/Filter", "/DecodeParms", "/Resources"}:
            form[key] = value
    form["/Resources"] = resources
    return form
