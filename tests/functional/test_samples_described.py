"""The kind, roles and numbers of every sample, recognised by the real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageSequence

from dossier.ports import GreyPicture
from dossier.spine import RecognisedPage
from ocr.fields import describe, load_forms
from ocr.preprocess.recogniser import PreprocessingRecogniser
from ocr.preprocess.second_reading import TesseractDigits
from ocr.recognisers.language import tessdata
from ocr.recognisers.tesserocr_engine import TesserocrRecogniser

SAMPLES = Path(__file__).parents[2] / "samples"
TRUTH: dict[str, Any] = json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def recogniser() -> Iterator[PreprocessingRecogniser]:
    with TesserocrRecogniser(language="vie") as inner:
        yield PreprocessingRecogniser(inner, digits=TesseractDigits(str(tessdata("eng"))).digits)


def pictures(path: Path) -> Iterator[Image.Image]:
    if path.suffix == ".pdf":
        document = pypdfium2.PdfDocument(path)
        try:
            document.init_forms()
            for page in document:
                yield page.render(scale=200 / 72).to_pil().convert("RGB")
        finally:
            document.close()
        return
    with Image.open(path) as image:
        for frame in ImageSequence.Iterator(image):
            dpi = round(float(image.info["dpi"][0]))
            rgb = frame.convert("RGB")
            yield rgb.reduce(2).resize(rgb.size) if dpi > 400 else rgb


def read(path: Path, recogniser: PreprocessingRecogniser) -> tuple[RecognisedPage, ...]:
    pages = []
    for number, image in enumerate(pictures(path), 1):
        dpi = image.width / 8.27
        grey = GreyPicture(*image.size, dpi, image.convert("L").tobytes())
        black = GreyPicture(*image.size, dpi, np.asarray(image).max(axis=2).tobytes())
        pages.append(recogniser.recognise(grey, number=number, without_colour=lambda b=black: b))  # type: ignore[misc] # the default binds the page
    return tuple(pages)


@pytest.mark.parametrize("name", sorted(TRUTH))
def test_a_sample_is_described(name: str, recogniser: PreprocessingRecogniser) -> None:
    truth = TRUTH[name]
    pages = read(SAMPLES / name, recogniser)
    found = describe(pages, forms=load_forms())
    assert len(pages) == truth["pages"]
    assert found.kind == truth["kind"]
    wanted = {r: p["citizen_id"] for r, p in truth["people"].items() if p["citizen_id"]}
    numbers = {v.role: v for v in found.values if v.attribute == "citizen_id"}
    assert {role: value.text for role, value in numbers.items()} == wanted
    for attribute in ("number", "date"):
        value = next((v for v in found.values if v.field == f"paper.{attribute}"), None)
        # Handwriting may stay unread, but nothing wrong is certain.
        assert value is None or value.doubt or value.text == truth[attribute]
