"""Visible and invisible text in the content of a PDF page.

Text is invisible if it is drawn in rendering mode 3 (an OCR layer of other software) or under an
opaque picture that covers the page. If visibility is uncertain, the page is drawn anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from ocr.pdfa.layer import Place
from ocr.pdfa.streams import FORM_KEYS, strip, strip_image

Key: TypeAlias = tuple[int, int]
Matrix: TypeAlias = tuple[float, float, float, float, float, float]

_MOST_INSTRUCTIONS = 400_000  # a page with more is drawn anew
_MOST_NESTED = 8  # forms in forms
SHOWING = frozenset({"Tj", "TJ", "'", '"'})
_PAINTING = frozenset({"n", "f", "F", "f*", "S", "s", "B", "B*", "b", "b*"})
_PATH = _PAINTING | {"re", "m", "l", "c", "v", "y", "h", "W", "W*"}
_INVISIBLE, _CLIPPING = 3, 4  # rendering modes (ISO 32000-1, 9.3.6)
_MARGIN = 0.005  # of the page's width and height that a covering picture may leave free


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
class Show:
    """One text-showing operator; a form that is drawn twice shows its text twice."""

    block: int
    font: pikepdf.Object
    text: Any  # the operand
    seen: set[bool] = field(default_factory=set)


@dataclass(slots=True)
class Scope:
    """A content stream: the page's own, or that of a form.

    Attributes:
        resources: as received.
        instructions: as received.
        stream: of a form; None for the page itself.
        shows: its text-showing operators by index.
        forms: those it draws, by name.
        used: the names of pictures and forms that it draws.
        made: the form without unseen text, once it is made.
    """

    resources: pikepdf.Object
    instructions: Sequence[Any]
    stream: pikepdf.Object | None = None
    shows: dict[int, Show] = field(default_factory=dict)
    forms: dict[str, Scope] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    has_text: bool = False
    made: pikepdf.Object | None = None


@dataclass(slots=True)
class _Path:
    """The path under construction, as far as clipping goes."""

    covers: bool = False
    clips: bool = False


class Walk:
    """One walk through the content of one page."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._scopes: dict[Key, Scope] = {}
        self._order: list[tuple[Show, bool]] = []  # every showing so far, and whether visible
        self._left = _MOST_INSTRUCTIONS

    def page(self, page: pikepdf.Page, resources: pikepdf.Object) -> Scope:
        """The page's content, with what of its text is seen and what not.

        Raises:
            Unkeepable: it cannot be determined.
        """
        scope = Scope(resources, self._parsed(page))
        self._run(scope, _State(ctm=(1.0, 0.0, 0.0, 1.0, 0.0, 0.0)), 0)
        for show, visible in self._order:
            show.seen.add(visible)
        return scope

    def fonts(self) -> dict[Key, ShownFont]:
        """The fonts of the text that is seen, after ``page``.

        Raises:
            Unkeepable: the codes of a font are unknown.
        """
        fonts: dict[Key, ShownFont] = {}
        for show, visible in self._order:
            if visible:
                codes = _codes(show.font, show.text)
                fonts.setdefault(show.font.objgen, ShownFont(show.font)).codes.update(codes)
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

    def _run(self, scope: Scope, state: _State, depth: int) -> None:
        stack: list[_State] = []
        block = -1
        path = _Path()
        for index, instruction in enumerate(scope.instructions):
            if isinstance(instruction, pikepdf.ContentStreamInlineImage):
                continue
            operator = str(instruction.operator)
            operands = instruction.operands
            if operator == "q":
                stack.append(state)
            elif operator == "Q":
                state = stack.pop() if stack else state
            elif operator == "BT":
                block = index
                scope.has_text = True
            elif operator in SHOWING:
                state = self._show(scope, index, block, state, operands)
            elif operator == "Do":
                self._do(scope, operands, state, depth)
            elif operator in _PATH:
                state = self._trace(path, operator, operands, state)
            else:
                state = self._set(scope, operator, operands, state)

    def _trace(self, path: _Path, operator: str, operands: Any, state: _State) -> _State:  # noqa: ANN401 - pikepdf's own list
        """The state after an operator of a path: is what follows clipped to less than the page?"""
        if operator == "re":
            path.covers = self._covers(_times(_rectangle(operands), state.ctm))
        elif operator in {"W", "W*"}:
            path.clips = True
        elif operator in _PAINTING:
            clipped = state.clipped or (path.clips and not path.covers)
            path.clips = path.covers = False
            return replace(state, clipped=clipped)
        else:
            path.covers = False
        return state

    def _set(self, scope: Scope, operator: str, operands: Any, state: _State) -> _State:  # noqa: ANN401 - pikepdf's own list
        """The state after an operator that sets a parameter."""
        if operator == "cm":
            return replace(state, ctm=_times(_matrix(operands), state.ctm))
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

    def _show(self, scope: Scope, index: int, block: int, state: _State, operands: Any) -> _State:  # noqa: ANN401 - pikepdf's own list
        """The state after text is shown: modes from 4 on clip what follows to its letters."""
        if state.font is None:
            raise Unkeepable("content.text-without-font")
        show = scope.shows.get(index)
        if show is None:
            text = operands[-1] if operands else None
            show = scope.shows[index] = Show(block, state.font, text)
        self._order.append((show, state.mode != _INVISIBLE))
        return replace(state, clipped=state.clipped or state.mode >= _CLIPPING)

    def _do(self, scope: Scope, operands: Any, state: _State, depth: int) -> None:  # noqa: ANN401 - pikepdf's own list
        drawn = _resource(scope.resources, "/XObject", operands[0]) if operands else None
        if not isinstance(drawn, Stream):
            raise Unkeepable("content.resource-missing")
        if "/OC" in drawn:
            raise Unkeepable("content.optional")
        scope.used.add(str(operands[0]))
        if drawn.get("/Subtype") == "/Image":
            strip_image(drawn)
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
        strip(drawn, FORM_KEYS)
        form = self._scopes.get(drawn.objgen)
        if form is None:
            resources = drawn.get("/Resources", scope.resources)
            form = Scope(resources, self._parsed(drawn), drawn)
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


def group(resources: pikepdf.Object, category: str) -> pikepdf.Object:
    """One category of a resource dictionary, such as ``/Font``; empty where there is none."""
    group = resources.get(category)
    return group if isinstance(group, Dictionary) else Dictionary()


def _resource(resources: pikepdf.Object, category: str, name: object) -> pikepdf.Object | None:
    if not isinstance(name, Name):
        return None
    found = group(resources, category).get(str(name))
    return found if isinstance(found, Dictionary | Stream) else None


def _codes(font: pikepdf.Object, shown: object) -> set[int]:
    """The codes in the operand of a text-showing operator."""
    kind = font.get("/Subtype")
    if not font.is_indirect or kind == "/Type3":
        raise Unkeepable("font.kind")
    parts = shown if isinstance(shown, Array) else [shown]
    strings = [bytes(part) for part in parts if isinstance(part, pikepdf.String)]
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
