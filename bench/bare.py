"""Bare ``tesserocr``: recognises grey pages from files, and does nothing else.

    python -m bench.bare TESSDATA OUT.json DPI:PAGE.pgm...

One process a core, one page each; nothing is rendered and no PDF is made.
"""

from __future__ import annotations

import json
import os
import sys
from multiprocessing import get_context
from pathlib import Path

import tesserocr
from PIL import Image

_engine: list[tesserocr.PyTessBaseAPI] = []


def _start(tessdata: str) -> None:
    _engine.append(tesserocr.PyTessBaseAPI(path=tessdata, lang="vie"))


def _read(page: str) -> str:
    engine = _engine[0]
    dpi, _, path = page.partition(":")
    with Image.open(path) as picture:
        engine.SetImageBytes(picture.tobytes(), picture.width, picture.height, 1, picture.width)
    engine.SetSourceResolution(int(dpi))
    return str(engine.GetUTF8Text())


def main() -> None:
    """Read the pages and write their texts as a JSON list."""
    tessdata, out, *pages = sys.argv[1:]
    os.environ["OMP_THREAD_LIMIT"] = "1"
    workers = min(os.cpu_count() or 1, len(pages))
    with get_context("spawn").Pool(workers, _start, (tessdata,)) as pool:
        texts = pool.map(_read, pages, chunksize=1)
        pool.close()
        pool.join()
    Path(out).write_text(json.dumps(texts, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
