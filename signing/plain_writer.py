"""Incremental updates that leave version and extensions of a file as they are."""

from __future__ import annotations

from pyhanko.pdf_utils.extensions import DeveloperExtension
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


class PlainWriter(IncrementalPdfFileWriter):
    """Adds neither ``/Version`` nor ``/Extensions``: a PDF/A-2 is a PDF 1.7 (ISO 19005-2)."""

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """Do nothing."""

    def register_extension(self, ext: DeveloperExtension) -> None:
        """Do nothing."""
