"""Each code that a clerk can meet has a Vietnamese sentence, and no other code has one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from api.wording import labels, sentences
from ocr.fields.forms import load_forms

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "archive", "dossier", "ingest", "ocr", "pages", "signing", "workflow")
# Met by who writes programs against the API, or runs the service.
_NOT_A_CLERKS = {
    "http", "idempotency", "init", "record", "time", "token", "upload", "webhook", "work", "worker",
}  # fmt: skip
# Codes that are no error's: of moves, and of pages that could not be read.
_OTHERS = re.compile(
    r"(dossier-reopened|moved|page-replaced|pages-arranged|pages-merged|pages-split|pages-undone"
    r"|review-undone|reused|scanned-again|sent-back|sign-requested"
    r"|value-absent|value-settled|withdrawn|page\.[a-z-]+)"
)


@cache
def _nodes() -> tuple[ast.AST, ...]:
    """Everything that the rooms' source says, but the sentences themselves."""
    files = (file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    texts = (f.read_text(encoding="utf-8") for f in files if f.name != "sentences.py")
    return tuple(node for text in texts for node in ast.walk(ast.parse(text)))


def _codes_of(*errors: str) -> set[str]:
    """The codes with which errors are made."""
    return {
        code.value
        for node in _nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in errors
        for code in node.args[:1]
        if isinstance(code, ast.Constant) and isinstance(code.value, str)
    }


def _codes_of_subclasses() -> set[str]:
    """The codes that error classes of their own pass to ``super().__init__``."""
    return {
        code.value
        for node in _nodes()
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "super().__init__"
        for code in node.args[:1]
        if isinstance(code, ast.Constant) and isinstance(code.value, str)
    }


def test_each_code_that_a_clerk_meets_has_a_sentence() -> None:
    met = {
        code
        for code in _codes_of("RejectedInput", "WrongUse")
        if code.partition(".")[0] not in _NOT_A_CLERKS
    }
    assert len(met) > 50
    assert met - set(sentences.SENTENCES) == set()


def test_no_sentence_is_of_a_code_that_nobody_uses() -> None:
    used = {
        node.value
        for node in _nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(sentences.SENTENCES) - used == set()
    rejected = _codes_of("RejectedInput", "WrongUse") | _codes_of_subclasses()
    for code in set(sentences.SENTENCES) - rejected - {"review.doubtful"}:
        assert _OTHERS.fullmatch(code), code


def test_each_doubt_says_why() -> None:
    names = ("people.py", "person.py")
    fields = "".join((ROOT / "ocr" / "fields" / n).read_text(encoding="utf-8") for n in names)
    doubts = set(re.findall(r'"((?:citizen_id|name|birth|sex|role)\.[a-z-]+)"', fields))
    doubts |= {f"cmnd.{why}" for why in re.findall(r'f"\{what\}\.([a-z-]+)"', fields)}
    doubts |= {"paper.date.low-confidence", "kind.unknown", "kind.by-number"}
    assert len(doubts) > 15
    for doubt in doubts:
        assert sentences.doubt(doubt) != sentences.doubt("unheard-of"), doubt


def test_each_field_of_a_built_in_form_has_a_name() -> None:
    forms = load_forms()
    fields = {label.field for form in forms.by_id.values() for label in form.labels}
    fields |= {label.field for label in forms.shared}
    fields |= {name for form in forms.by_id.values() for name in form.required}
    known = {field.rpartition(".")[2] for field in fields if field}
    assert {"name", "citizen_id", "number"} <= known
    assert known - set(labels.ATTRIBUTES) == set()
    roles = {role.id for form in forms.by_id.values() for role in form.roles}
    assert roles - set(labels.ROLES) == set()
