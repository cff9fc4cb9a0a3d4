"""Files that nobody should send: made when a test asks, most are small or made of zeros."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
from planted import small_paper


def not_a_pdf(path: Path) -> None:
    """A text whose name says PDF."""
    path.write_text("Kính gửi: Ủy ban nhân dân\n" * 50, encoding="utf-8")


def only_a_header(path: Path) -> None:
    """A PDF that ends after its first line."""
    path.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")


def empty(path: Path) -> None:
    """Nothing at all."""
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    """The first half of a file."""
    content = small_paper.draw(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def encrypted(path: Path) -> None:
    """A PDF that asks for a password."""
    small_paper.draw(path)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(user="mật khẩu", owner="chủ"))


def no_pages(path: Path) -> None:
    """A PDF of 0 pages."""
    with pikepdf.new() as pdf:
        pdf.save(path)


def many_pages(path: Path) -> None:
    """A PDF of 10,001 pages."""
    with pikepdf.new() as pdf:
        page = pdf.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Page, MediaBox=pikepdf.Array([0, 0, 595, 842]))
        )
        kids = pikepdf.Array([page] * 10_001)
        pdf.Root.Pages = pdf.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.Pages, Count=10_001, Kids=kids)
        )
        page.Parent = pdf.Root.Pages
        pdf.save(path)


def pages_in_a_circle(path: Path) -> None:
    """A PDF whose tree of pages holds itself."""
    small_paper.draw(path)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        pdf.Root.Pages.Kids.append(pdf.Root.Pages)
        pdf.save(path)


def content_bomb(path: Path) -> None:
    """A PDF whose page's content is 3 GB of operators, packed twice into some 20 KB."""
    once = _packed(b"0 0 m " * 150_000, 3_400)
    _page(path, zlib.compress(once, 9), [pikepdf.Name.FlateDecode] * 2)


def endless_drawing(path: Path) -> None:
    """A PDF whose page draws itself ten times at each of twelve depths."""
    with pikepdf.new() as pdf:
        below: pikepdf.Object | None = None
        for _ in range(12):
            form = pdf.make_stream(b"/X Do " * 10 if below is not None else b"0 0 9 9 re f")
            form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
            form.BBox = pikepdf.Array([0, 0, 595, 842])
            if below is not None:
                form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=below))
            below = form
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=below))
        page.obj.Contents = pdf.make_stream(b"/X Do")
        pdf.save(path)


def picture_bomb(path: Path) -> None:
    """A PNG of 60,000 by 60,000 pixels in some 450 KB."""
    _png(path, 60_000, 60_000)


def picture_bomb_in_pdf(path: Path) -> None:
    """A PDF whose page shows a picture of 50,000 by 50,000 pixels."""
    with pikepdf.new() as pdf:
        picture = pdf.make_stream(b"")
        picture.write(_packed(bytes(1_000_000), 313), filter=pikepdf.Name.FlateDecode)
        picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        picture.Width, picture.Height, picture.BitsPerComponent = 50_000, 50_000, 1
        picture.ColorSpace = pikepdf.Name.DeviceGray
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture))
        page.obj.Contents = pdf.make_stream(b"q 595 0 0 842 0 0 cm /I Do Q")
        _save_packed(pdf, path)


def wide_bitmap(path: Path) -> None:
    """A bitmap of 35,000 by 35,000 pixels."""
    _png(path, 35_000, 35_000)


def long_bitmap(path: Path) -> None:
    """A bitmap of 35,000 by 4,000 pixels: as many as are taken."""
    _png(path, 35_000, 4_000)


def huge_page(path: Path) -> None:
    """A PDF whose page is 200 by 200 inches, the most that PDF 1.6 knows."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(14_400, 14_400))
        page.obj.Contents = pdf.make_stream(b"0 0 9999 9999 re f")
        pdf.save(path)


def looping_tiff(path: Path) -> None:
    """A TIFF whose first directory is its own next one."""
    entries = ((256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 200),
               (277, 3, 1, 1), (278, 3, 1, 8), (279, 4, 1, 64))  # fmt: skip
    directory = b"".join(
        struct.pack("<HHI", tag, kind, count)
        + struct.pack("<HH" if kind == 3 else "<I", *((value, 0) if kind == 3 else (value,)))
        for tag, kind, count, value in entries
    )
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries))
    whole = head + directory + struct.pack("<I", 8)
    path.write_bytes(whole.ljust(200, b"\0") + b"\x80" * 64)


BAD: dict[str, Callable[[Path], None]] = {
    "not-a-pdf.pdf": not_a_pdf,
    "only-a-header.pdf": only_a_header,
    "empty.pdf": empty,
    "truncated.pdf": truncated,
    "truncated.jpg": truncated,
    "truncated.tif": truncated,
    "encrypted.pdf": encrypted,
    "no-pages.pdf": no_pages,
    "many-pages.pdf": many_pages,
    "pages-in-a-circle.pdf": pages_in_a_circle,
    "content-bomb.pdf": content_bomb,
    "endless-drawing.pdf": endless_drawing,
    "picture-bomb.png": picture_bomb,
    "picture-bomb.pdf": picture_bomb_in_pdf,
    "wide-bitmap.png": wide_bitmap,
    "long-bitmap.png": long_bitmap,
    "huge-page.pdf": huge_page,
    "looping.tif": looping_tiff,
}


def _page(path: Path, content: bytes, filters: list[pikepdf.Object]) -> None:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595, 842))
        stream = pdf.make_stream(b"")
        stream.write(content, filter=pikepdf.Array(filters))
        page.obj.Contents = stream
        _save_packed(pdf, path)


def _save_packed(pdf: pikepdf.Pdf, path: Path) -> None:
    """Save without unpacking what is packed."""
    pdf.save(path, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def _packed(block: bytes, times: int) -> bytes:
    """A zlib stream of a block many times over, packed once: a bomb is quick to make."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 1
    for _ in range(times):
        check = zlib.adler32(block, check)
    return b"\x78\xda" + once * times + b"\x03\x00" + check.to_bytes(4, "big")


def _png(path: Path, width: int, height: int) -> None:
    """A white bitmap; its height is a multiple of 100."""
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    data = _packed(row * 100, height // 100)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
