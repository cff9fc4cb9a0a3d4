"""The type of a file is what its bytes say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dossier.errors import Misconfigured, RejectedInput
from dossier.spine import MediaType
from pages.limits import Limits
from pages.media import media_type


@pytest.mark.parametrize("kind", [MediaType.TIFF, MediaType.JPEG, MediaType.PNG, MediaType.PDF])
def test_the_content_tells_whatever_the_name_says(tmp_path: Path, kind: MediaType) -> None:
    path = tmp_path / "scan.exe"
    Image.new("L", (10, 10)).save(path, kind.value.rpartition("/")[2].upper())
    assert media_type(path) is kind


def test_a_pdf_may_have_junk_before_its_header(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"\r\n" * 100 + b"%PDF-1.4\n")
    assert media_type(path) is MediaType.PDF
    path.write_bytes(b"\r\n" * 600 + b"%PDF-1.4\n")
    with pytest.raises(RejectedInput):
        media_type(path)


def test_an_empty_file_is_distinguished_from_an_unknown_one(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.touch()
    with pytest.raises(RejectedInput) as empty:
        media_type(path)
    path.write_bytes(b"GIF89a")
    with pytest.raises(RejectedInput) as strange:
        media_type(path)
    assert (empty.value.code, strange.value.code) == ("scan.empty", "scan.not-a-known-type")


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_type_or_refused(
    tmp_path_factory: pytest.TempPathFactory, b: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(b)
    result = ""
    try:
        kind = media_type(path)
    except RejectedInput as error:
        result = error.code
    else:
        result = kind.value
    assert result in {"scan.empty", "scan.not-a-known-type", *MediaType}


def test_a_limit_of_nothing_is_the_operators_mistake() -> None:
    with pytest.raises(Misconfigured):
        Limits(max_pages=0)
