"""What an attacker may append to a signed file."""

# mypy: allow-untyped-calls
# pyHanko ships types, but its PDF objects' constructors have none.

from __future__ import annotations

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


def nothing(writer: IncrementalPdfFileWriter) -> None:
    writer.update_root()


def paint(writer: IncrementalPdfFileWriter) -> None:
    stream = generic.StreamObject(stream_data=b"1 0 0 rg 100 500 300 200 re f")
    writer.add_stream_to_page(0, writer.add_object(stream))


def annotate(writer: IncrementalPdfFileWriter) -> None:
    page, _ = writer.find_page_for_modification(0)
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Contents"): generic.pdf_string("paid"),
            generic.pdf_name("/Rect"): generic.ArrayObject(
                [generic.NumberObject(n) for n in (10, 10, 200, 50)]
            ),
        }
    )
    writer.register_annotation(page, writer.add_object(note))


def stamp_of(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    widget = writer.root["/AcroForm"]["/Fields"][0]
    assert isinstance(widget, generic.DictionaryObject)
    return widget


def move_stamp(writer: IncrementalPdfFileWriter) -> None:
    widget = stamp_of(writer)
    widget["/Rect"] = generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 9, 9)])
    writer.update_container(widget)


def hide_stamp(writer: IncrementalPdfFileWriter) -> None:
    widget = stamp_of(writer)
    widget["/F"] = generic.NumberObject(2)
    writer.update_container(widget)


def replace_stamp(writer: IncrementalPdfFileWriter) -> None:
    widget = stamp_of(writer)
    form = widget["/AP"]["/N"]
    fake = generic.StreamObject(
        {key: form.raw_get(key) for key in ("/Type", "/Subtype", "/BBox", "/Resources")},
        stream_data=b"BT (ANOTHER OFFICE) Tj ET",
    )
    widget["/AP"][generic.pdf_name("/N")] = writer.add_object(fake)
    writer.update_container(widget)


def rewrite_stamp_s_stream(writer: IncrementalPdfFileWriter) -> None:
    form = stamp_of(writer)["/AP"]["/N"]
    form._data = b"BT (ANOTHER OFFICE) Tj ET"
    form._encoded_data = None
    writer.update_container(form)


def change_xmp(writer: IncrementalPdfFileWriter) -> None:
    data = writer.root["/Metadata"].data.replace(b"fixture", b"another")
    stream = generic.StreamObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Metadata"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/XML"),
        },
        stream_data=data,
    )
    writer.root["/Metadata"] = writer.add_object(stream)
    writer.update_root()


def change_info(writer: IncrementalPdfFileWriter) -> None:
    info = generic.DictionaryObject(
        {generic.pdf_name("/Title"): generic.pdf_string("another title")}
    )
    writer.set_info(writer.add_object(info))


def open_action(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject(
        {
            generic.pdf_name("/S"): generic.pdf_name("/JavaScript"),
            generic.pdf_name("/JS"): generic.pdf_string("app.alert(1)"),
        }
    )
    writer.update_root()


def script_in_names(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/Names"] = generic.DictionaryObject(
        {generic.pdf_name("/JavaScript"): generic.DictionaryObject()}
    )
    writer.update_root()


def layers(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OCProperties"] = generic.DictionaryObject()
    writer.update_root()


def turn_page(writer: IncrementalPdfFileWriter) -> None:
    page, _ = writer.find_page_for_modification(0)
    page.get_object()["/Rotate"] = generic.NumberObject(180)
    writer.mark_update(page)


def drop_page(writer: IncrementalPdfFileWriter) -> None:
    pages = writer.root["/Pages"]
    pages["/Kids"] = generic.ArrayObject([])
    pages["/Count"] = generic.NumberObject(0)
    writer.update_container(pages)


def add_text_field(writer: IncrementalPdfFileWriter) -> None:
    field = generic.DictionaryObject(
        {
            generic.pdf_name("/FT"): generic.pdf_name("/Tx"),
            generic.pdf_name("/T"): generic.pdf_string("amount"),
            generic.pdf_name("/V"): generic.pdf_string("1.000.000"),
        }
    )
    fields = writer.root["/AcroForm"]["/Fields"]
    fields.append(writer.add_object(field))
    writer.update_container(fields)


def forget_form(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/AcroForm"]
    writer.update_root()


def empty_form(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/AcroForm"]["/Fields"] = generic.ArrayObject([])
    writer.update_container(writer.root["/AcroForm"])


def unset_value(writer: IncrementalPdfFileWriter) -> None:
    widget = stamp_of(writer)
    del widget["/V"]
    writer.update_container(widget)
