"""What the content of a PDF page shows: its own text, and text that nobody sees.

Text is not seen where it is drawn in rendering mode 3 (an OCR layer of somebody else) or lies
under an opaque picture that covers the page. Such text is taken out, so that a paper has one text
layer. What cannot be told for certain is named as a problem, and the page is drawn anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import pikepdf
from pikepdf import Dictionary, Name, Pdf, Stream

from ocr.twolayer.layer import Place, compressed

Key: TypeAlias = tuple[int, int]
Matrix: TypeAlias = tuple[float, float, float, float, float, float]

_MOST_INSTRUCTIONS = 400_000  # a page with more is drawn anew
_MOST_NESTED = 8  # forms in forms
_SHOWING = frozenset({"Tj", "TJ", "'", '"'})
_PAINTING = frozenset({"n", "f", "F", "f*", "S", "s", "B", "B*", "b", "b*"})
_INVISIBLE = 3
_MARGIN = 0.005  # of the page's width and height that a covering picture may leave free
_KEPT_RESOURCES = ("/ColorSpace", "/ExtGState", "/Shading", "/Pattern", "/Properties")
# Of pictures and forms: what is not needed to show them, may be wrong, or may tell of a person.
_NEEDLESS = (
    "/Metadata", "/PieceInfo", "/LastModified", "/OPI", "/Alternates", "/Interpolate", "/ID",
    "/StructParent", "/StructParents", "/Name", "/AF",
)  # fmt: skip


class Unkeepable(Exception):
    """The page cannot be kept as it is; the first argument is a code that says why."""


@dataclass(slots=True)
class ShownFont:
    """A font that shows text on a page, and the codes it shows."""

    font: pikepdf.Object
    codes: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _State:
    ctm: Matrix
    mode: int = 0
    font: pikepdf.Object | None = None
    clipped: bool = False
    strange: bool = False  # transparency is in force


@dataclass(slots=True)
class _Show:
    """One text-showing operator; a form that is drawn twice shows its text twice."""

    block: int
    font: pikepdf.Object
    codes: set[int]
    seen: set[bool] = field(default_factory=set)


@dataclass(slots=True)
class _Scope:
    """A content stream: the page's own, or that of a form."""

    resources: pikepdf.Object
    instructions: Sequence[Any]
    stream: pikepdf.Object | None = None
    shows: dict[int, _Show] = field(default_factory=dict)
    forms: dict[str, _Scope] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    has_text: bool = False


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
    walk = _Walk(place)
    resources = page.obj.get("/Resources", Dictionary())
    scope = walk.page(page, resources)
    content, kept, _ = _rebuilt(pdf, scope)
    page.obj["/Resources"] = kept
    if content is not None:
        page.obj["/Contents"] = compressed(pdf, content)
    return walk.fonts(pdf, kept)


class _Walk:
    """One walk through the content of one page."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._scopes: dict[Key, _Scope] = {}
        self._order: list[tuple[_Show, bool]] = []  # every showing so far, and whether visible
        self._left = _MOST_INSTRUCTIONS
        self._top: _Scope | None = None

    def page(self, page: pikepdf.Page, resources: pikepdf.Object) -> _Scope:
        scope = _Scope(resources, self._parsed(page))
        self._top = scope
        self._run(scope, _State(ctm=(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)), 0)
        for show, visible in self._order:
            show.seen.add(visible)
        return scope

    def fonts(self, pdf: Pdf, resources: pikepdf.Object) -> dict[Key, ShownFont]:
        del pdf, resources
        fonts: dict[Key, ShownFont] = {}
        for show, visible in self._order:
            if visible:
                fonts.setdefault(show.font.objgen, ShownFont(show.font)).codes.update(show.codes)
        return fonts

    def _parsed(self, content: pikepdf.Page | pikepdf.Object) -> Sequence[Any]:
        try:
            instructions = pikepdf.parse_content_stream(content)
        except (pikepdf.PdfError, TypeError, ValueError) as error:
            raise Unkeepable("content.unreadable") from error
        self._left -= len(instructions)
        if self._left < 0:
            raise Unkeepable("content.too-long")
        return instructions

    def _run(self, scope: _Scope, state: _State, depth: int) -> None:
        stack: list[_State] = []
        block, covers, clips = -1, False, False
        for index, instruction in enumerate(scope.instructions):
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                continue
            operator = str(instruction.operator)
            operands = instruction.operands
            if operator == "q":
                stack.append(state)
            elif operator == "Q":
                state = stack.pop() if stack else state
            elif operator == "cm":
                state = replace(state, ctm=_times(_matrix(operands), state.ctm))
            elif operator == "re":
                covers = self._covers(_times(_rectangle(operands), state.ctm))
            elif operator in {"m", "l", "c", "v", "y"}:
                covers = False
            elif operator in {"W", "W*"}:
                clips = True
            elif operator in _PAINTING:
                state = replace(state, clipped=state.clipped or (clips and not covers))
                clips = False
            elif operator == "BT":
                block = index
                scope.has_text = True
            elif operator in _SHOWING:
                self._show(scope, index, block, state, operands)
            elif operator == "Do":
                self._do(scope, operands, state, depth)
            else:
                state = self._set(scope, operator, operands, state)

    def _set(self, scope: _Scope, operator: str, operands: Any, state: _State) -> _State:  # noqa: ANN401 - pikepdf's own list
        """The state after an operator that sets a parameter."""
        if operator == "Tr" and operands:
            return replace(state, mode=int(operands[0]))
        if operator == "Tf" and operands:
            return replace(state, font=_resource(scope.resources, "/Font", operands[0]))
        if operator == "gs" and operands:
            wanted = _resource(scope.resources, "/ExtGState", operands[0])
            if wanted is None:
                raise Unkeepable("content.resource-missing")
            if "/Font" in wanted:
                raise Unkeepable("content.font-by-state")
            return replace(state, strange=state.strange or _is_strange(wanted))
        if operator in {"BDC", "DP"} and operands and operands[0] == "/OC":
            raise Unkeepable("content.optional")
        if operator in {"scn", "SCN"} and operands and isinstance(operands[-1], Name):
            pattern = _resource(scope.resources, "/Pattern", operands[-1])
            # What a tiling pattern shows is not walked; where it has fonts it may show text.
            if pattern is not None and "/Font" in pattern.get("/Resources", Dictionary()):
                raise Unkeepable("content.text-in-pattern")
        return state

    def _show(self, scope: _Scope, index: int, block: int, state: _State, operands: Any) -> None:  # noqa: ANN401 - pikepdf's own list
        if state.font is None:
            raise Unkeepable("content.text-without-font")
        visible = state.mode != _INVISIBLE
        show = scope.shows.get(index)
        if show is None:
            codes = _codes(state.font, operands[-1]) if visible and operands else set()
            show = scope.shows[index] = _Show(block, state.font, codes)
        self._order.append((show, visible))

    def _do(self, scope: _Scope, operands: Any, state: _State, depth: int) -> None:  # noqa: ANN401 - pikepdf's own list
        drawn = _resource(scope.resources, "/XObject", operands[0]) if operands else None
        if not isinstance(drawn, Stream):
            raise Unkeepable("content.resource-missing")
        if "/OC" in drawn:
            raise Unkeepable("content.optional")
        scope.used.add(str(operands[0]))
        for needless in _NEEDLESS:
            if needless in drawn:
                del drawn[needless]
        if drawn.get("/Subtype") == "/Image":
            if (
                self._covers(state.ctm)
                and _is_opaque(drawn)
                and not state.clipped
                and not state.strange
            ):
                self._order = [(show, False) for show, _ in self._order]
            return
        if drawn.get("/Subtype") != "/Form" or depth >= _MOST_NESTED:
            raise Unkeepable("content.form")
        form = self._scopes.get(drawn.objgen)
        if form is None:
            resources = drawn.get("/Resources", scope.resources)
            form = _Scope(resources, self._parsed(drawn), drawn)
            self._scopes[drawn.objgen] = form
        else:
            self._left -= len(form.instructions)
            if self._left < 0:
                raise Unkeepable("content.too-long")
        scope.forms[str(operands[0])] = form
        inner = _times(_matrix(drawn.get("/Matrix", [1, 0, 0, 1, 0, 0])), state.ctm)
        clipped = state.clipped or not self._covers(_times(_bbox(drawn), inner))
        strange = state.strange or "/Group" in drawn
        self._run(form, replace(state, ctm=inner, clipped=clipped, strange=strange), depth + 1)

    def _covers(self, square: Matrix) -> bool:
        """Whether the unit square under this matrix covers the visible page."""
        a, b, c, d, e, f = square
        if not ((b == c == 0) or (a == d == 0)):
            return False
        place = self._place
        aside = (place.right - place.left) * _MARGIN
        above = (place.top - place.bottom) * _MARGIN
        left, right = sorted((e, e + a + c))
        bottom, top = sorted((f, f + b + d))
        return (
            left <= place.left + aside
            and right >= place.right - aside
            and bottom <= place.bottom + above
            and top >= place.top - above
        )


def _rebuilt(pdf: Pdf, scope: _Scope) -> tuple[bytes | None, Dictionary, bool]:
    """The content without unseen text, its resources, and whether anything was taken out.

    The content is None where it stays as it is.
    """
    if any(len(show.seen) > 1 for show in scope.shows.values()):
        raise Unkeepable("content.text-seen-and-unseen")
    unseen = {index for index, show in scope.shows.items() if show.seen == {False}}
    seen = [show for index, show in scope.shows.items() if index not in unseen]
    if {show.block for show in seen} & {scope.shows[i].block for i in unseen}:
        raise Unkeepable("content.text-seen-and-unseen")
    resources = Dictionary()
    for category in _KEPT_RESOURCES:
        if category in scope.resources:
            resources[category] = scope.resources[category]
    changed = False
    drawn = Dictionary()
    for name in sorted(scope.used):
        form = scope.forms.get(name)
        drawn[name] = scope.resources["/XObject"][name]
        if form is not None and form.stream is not None:
            content, inner, form_changed = _rebuilt(pdf, form)
            if form_changed:
                drawn[name] = _form(pdf, form.stream, content, inner)
                changed = True
    if len(drawn):
        resources["/XObject"] = drawn
    shown = {show.font.objgen for show in seen}
    fonts = Dictionary()
    for name, value in scope.resources.get("/Font", Dictionary()).items():
        if value.objgen in shown:
            fonts[name] = value
    if len(fonts):
        resources["/Font"] = fonts
    if not scope.has_text or (not unseen and len(fonts) == _count(scope.resources, "/Font")):
        return None, resources, changed
    kept = _without(scope.instructions, unseen, any_seen=bool(seen), fonts=fonts)
    return pikepdf.unparse_content_stream(list(kept)), resources, True


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
            if any_seen:
                yield instruction
        elif inside and not any_seen and (operator[0] == "T" or operator in _SHOWING):
            continue
        elif index in unseen:
            continue
        elif operator == "Tf" and str(instruction.operands[0]) not in fonts:
            continue
        else:
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


def _count(resources: pikepdf.Object, category: str) -> int:
    return len(resources.get(category, Dictionary()))


def _resource(resources: pikepdf.Object, category: str, name: object) -> pikepdf.Object | None:
    group = resources.get(category)
    if not isinstance(group, Dictionary) or not isinstance(name, Name):
        return None
    found = group.get(str(name))
    return found if isinstance(found, Dictionary | Stream) else None


def _codes(font: pikepdf.Object, shown: object) -> set[int]:
    """The codes in the operand of a text-showing operator."""
    kind = font.get("/Subtype")
    if not font.is_indirect or kind == "/Type3":
        raise Unkeepable("font.kind")
    parts = shown if isinstance(shown, pikepdf.Array) else [shown]
    strings = [bytes(part) for part in parts if isinstance(part, pikepdf.String)]  # type: ignore[call-overload]  # pikepdf's String converts to bytes
    if kind != "/Type0":
        return {code for string in strings for code in string}
    if font.get("/Encoding") not in {"/Identity-H", "/Identity-V"}:
        raise Unkeepable("font.encoding")
    if any(len(string) % 2 for string in strings):
        raise Unkeepable("font.half-a-code")
    return {
        int.from_bytes(string[i : i + 2], "big")
        for string in strings
        for i in range(0, len(string), 2)
    }


def _is_opaque(picture: pikepdf.Object) -> bool:
    return not any(key in picture for key in ("/SMask", "/Mask", "/SMaskInData")) and not bool(
        picture.get("/ImageMask", False)
    )


def _is_strange(state: pikepdf.Object) -> bool:
    plain = state.get("/BM", Name.Normal) in {"/Normal", "/Compatible"}
    opaque = float(state.get("/ca", 1)) >= 1 and float(state.get("/CA", 1)) >= 1
    return not plain or not opaque or state.get("/SMask", Name("/None")) != "/None"


def _matrix(numbers: Any) -> Matrix:  # noqa: ANN401 - pikepdf's own list or Array
    try:
        a, b, c, d, e, f = (float(number) for number in numbers)
    except (TypeError, ValueError) as error:
        raise Unkeepable("content.unreadable") from error
    return a, b, c, d, e, f


def _rectangle(numbers: Any) -> Matrix:  # noqa: ANN401 - pikepdf's own list
    try:
        x, y, width, height = (float(number) for number in numbers)
    except (TypeError, ValueError) as error:
        raise Unkeepable("content.unreadable") from error
    return width, 0.0, 0.0, height, x, y


def _bbox(form: pikepdf.Object) -> Matrix:
    try:
        left, bottom, right, top = (float(number) for number in form["/BBox"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unkeepable("content.form") from error
    return right - left, 0.0, 0.0, top - bottom, left, bottom


def _times(first: Matrix, second: Matrix) -> Matrix:
    """The matrix that does the first and then the second (ISO 32000-1, 8.3.4)."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )
