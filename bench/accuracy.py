"""How well pages are read: ``sohoa``, stock Tesseract and OCRmyPDF beside transcriptions.

    python -m bench.accuracy --data DIR [--sets A,B] [--first N] [--readers sohoa,...]
                             [--keep DIR] [--ocrmypdf PROGRAM] [--json]

Of each page that has a transcription, and of each set, it prints:

- words missed, and words too many: those of the transcription that were not read as often, and
  the reverse, in any order; in percent of the words of the transcription;
- CER in any order: each line of the transcription at the best place in what was read;
- CER in reading order: of the lines read that the transcription has. Stamps and marks of
  signatures are in no transcription, and which of them are read says nothing of the order;
- tone-mark errors: words missed of which a word too many differs by its marks alone.

``sohoa`` reads with the job that its children run, with the settings of the product. With
``--keep`` the texts of all readers are kept in a folder; those of the others are taken from there
if the picture is the same. Ends with 1 where ``sohoa`` misses more words than the better of the
others in a set, or has a higher CER in reading order.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.pages import (
    PageSet,
    distance,
    find_sources,
    lowest_distance,
    normalised,
    prepare,
)
from bench.throughput import find_ocrmypdf
from dossier.spine import MediaType
from dossier.text import folded
from dossier.written import page_from_json
from ocr.reading import ReadingSettings, read_page

OURS, STOCK, RIVAL = "sohoa", "tesseract", "ocrmypdf"
_UNLIKE = 0.5  # of a line's letters wrong at its best place: the transcription does not have it

Reader = Callable[[PageSet, int], str]


@dataclass(slots=True)
class Score:
    """Counts of one page, or of a set.

    Attributes:
        letters: of the transcription.
        any_order: letters wrong, each line of the transcription at its best place.
        in_order: letters wrong in reading order.
    """

    words: int = 0
    missed: int = 0
    too_many: int = 0
    tones: int = 0
    letters: int = 0
    any_order: int = 0
    in_order: int = 0

    def add(self, other: Score) -> None:
        """Add the counts of another page."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def row(self) -> dict[str, float]:
        """The shares, in percent."""
        words, letters = max(self.words, 1), max(self.letters, 1)
        return {
            "words": self.words,
            "missed": round(100 * self.missed / words, 2),
            "too_many": round(100 * self.too_many / words, 2),
            "tones": self.tones,
            "cer_any_order": round(100 * self.any_order / letters, 2),
            "cer_in_order": round(100 * self.in_order / letters, 2),
        }


def judged(transcription: str, read: str) -> Score:
    """Compare what was read with the transcription, both with their line breaks."""
    truth, text = normalised(transcription), normalised(read)
    wanted, got = Counter(truth.split()), Counter(text.split())
    missed, too_many = wanted - got, got - wanted
    tones = Counter(map(folded, missed.elements())) & Counter(map(folded, too_many.elements()))
    lines = [line for line in map(normalised, transcription.splitlines()) if line]
    had = [
        line
        for line in map(normalised, read.splitlines())
        if line and lowest_distance(line, truth) <= _UNLIKE * len(line)
    ]
    return Score(
        words=wanted.total(),
        missed=missed.total(),
        too_many=too_many.total(),
        tones=tones.total(),
        letters=len(truth),
        any_order=sum(lowest_distance(line, text) for line in lines),
        in_order=distance(truth, " ".join(had)),
    )


def _by_us(pages: PageSet, index: int) -> str:
    settings = ReadingSettings()
    answer = read_page(
        path=str(pages.singles[index]),
        media_type=MediaType.PDF.value,
        number=1,
        size=list(pages.sizes[index]),
        engine=settings.engine.value,
        language=settings.language,
        dpi=settings.dpi,
        seconds=settings.page_seconds,
        max_source_pixels=settings.max_source_pixels,
    )
    return page_from_json(answer["page"]).text()


def _by_tesseract(pages: PageSet, index: int) -> str:
    command = ["tesseract", str(pages.jpegs[index]), "stdout", "-l", "vie", "--dpi"]
    return _said([*command, str(pages.dpis[index])])


def _by_ocrmypdf(program: str) -> Reader:
    def read(pages: PageSet, index: int) -> str:
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder, "text.txt")
            _said(
                [
                    *(program, "--output-type", "pdfa", "-l", "vie", "--jobs", "1", "--quiet"),
                    *("--tesseract-timeout", "1500", "--sidecar", str(text)),
                    *(str(pages.singles[index]), str(Path(folder, "out.pdf"))),
                ]
            )
            return text.read_text("utf-8")

    return read


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-2000:]
        raise SystemExit(f"{Path(command[0]).name} ended with {done.returncode}:\n{said}")
    return done.stdout.decode("utf-8")


def _kept(keep: Path | None, name: str, reader: Reader) -> Reader:
    """A reader that takes its texts from a folder where it can; ours reads each time."""
    if keep is None:
        return reader

    def read(pages: PageSet, index: int) -> str:
        digest = hashlib.sha256(pages.jpegs[index].read_bytes()).hexdigest()[:16]
        file = keep / f"{pages.name}-{index + 1:03d}-{digest}.{name}.txt"
        if name == OURS or not file.exists():
            keep.mkdir(parents=True, exist_ok=True)
            file.write_text(unicodedata.normalize("NFC", reader(pages, index)), "utf-8")
        return file.read_text("utf-8")

    return read


def _print_rows(name: str, rows: Mapping[str, Score], *, as_json: bool) -> None:
    for reader, score in rows.items():
        row = score.row()
        if as_json:
            print(json.dumps({"page": name, "reader": reader, **row}))
            continue
        print(
            f"{name:28}{reader:11}{row['words']:>7}{row['missed']:>9.2f}{row['too_many']:>9.2f}"
            f"{row['tones']:>7}{row['cer_any_order']:>9.2f}{row['cer_in_order']:>9.2f}"
        )


def _faults(name: str, rows: Mapping[str, Score]) -> list[str]:
    """Where ours is worse than the better of the others."""
    others = [score for reader, score in rows.items() if reader != OURS]
    if OURS not in rows or not others:
        return []
    ours, faults = rows[OURS], []
    for what, mine, best in (
        ("words missed", ours.missed, min(score.missed for score in others)),
        ("letters wrong in order", ours.in_order, min(score.in_order for score in others)),
    ):
        print(f"{name}: {mine} {what}, the better of the others {best}", file=sys.stderr)
        if mine > best:
            faults.append(f"{name}: {what}")
    return faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Read and compare; 0 where ours is no worse in any set, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of sets, or of PDFs")
    parser.add_argument("--sets", help="comma-separated; all if left out")
    parser.add_argument("--first", type=int, help="only so many pages of each set")
    parser.add_argument("--readers", default=f"{OURS},{STOCK},{RIVAL}")
    parser.add_argument("--keep", type=Path, help="folder for the texts")
    parser.add_argument("--ocrmypdf", help="the program")
    parser.add_argument("--json", action="store_true", help="print one JSON object a row")
    options = parser.parse_args(arguments)
    readers: dict[str, Reader] = {}
    for name in options.readers.split(","):
        if name == RIVAL:
            readers[name] = _by_ocrmypdf(find_ocrmypdf(options.ocrmypdf))
        else:
            readers[name] = {OURS: _by_us, STOCK: _by_tesseract}[name]
    sources = find_sources(options.data)
    chosen = options.sets.split(",") if options.sets else list(sources)
    if not options.json:
        print(
            f"{'':39}{'words':>7}{'missed %':>9}{'more %':>9}{'tones':>7}{'CER any':>9}{'order':>9}"
        )
    faults = []
    with tempfile.TemporaryDirectory(prefix="sohoa-accuracy-") as temporary:
        for name in chosen:
            pages = [page for page in sources[name] if page.text][: options.first]
            drawn = prepare(name, pages, Path(temporary, name))
            sums = {reader: Score() for reader in readers}
            for index, page in enumerate(pages):
                scores = {
                    reader: judged(page.text, _kept(options.keep, reader, read)(drawn, index))
                    for reader, read in readers.items()
                }
                _print_rows(f"{page.file.stem[:20]} {page.dpi}", scores, as_json=options.json)
                for reader, score in scores.items():
                    sums[reader].add(score)
            _print_rows(name, sums, as_json=options.json)
            faults += _faults(name, sums)
    print(*(f"worse: {fault}" for fault in faults), sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
