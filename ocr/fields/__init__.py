"""Fields: the kind of a paper, its people and their numbers, from words with boxes."""

from ocr.fields.describe import describe
from ocr.fields.forms import BUILT_IN, Form, Forms, load_forms

__all__ = ["BUILT_IN", "Form", "Forms", "describe", "load_forms"]
