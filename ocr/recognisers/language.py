"""Where Tesseract's language files lie, and whether the wanted one is there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from dossier.errors import Misconfigured

# Debian and Ubuntu; then what others use.
_FOLDERS = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
_LANGUAGE = re.compile(r"[A-Za-z0-9_]+(?:\+[A-Za-z0-9_]+)*")


def tessdata(language: str, *, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder that holds the files of a language, or of several (``vie+eng``).

    ``TESSDATA_PREFIX`` comes first, itself or its ``tessdata``.

    Raises:
        Misconfigured: ``ocr.language-missing``.
    """
    if not _LANGUAGE.fullmatch(language):
        raise Misconfigured(
            "ocr.language-missing", "the language of recognition is not one; set it to vie"
        )
    prefix = environment.get("TESSDATA_PREFIX")
    folders = [*([prefix, f"{prefix}/tessdata"] if prefix else []), *_FOLDERS]
    wanted = [f"{part}.traineddata" for part in language.split("+")]
    for folder in map(Path, folders):
        if all((folder / name).is_file() for name in wanted):
            return folder
    raise Misconfigured(
        "ocr.language-missing",
        f"Tesseract has no files for {language}; install tesseract-ocr-LANGUAGE for each part, "
        "or set TESSDATA_PREFIX to the folder that holds them",
    )
