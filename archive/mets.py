"""METS 1.12 by the profile of E-ARK CSIP 2.1 (https://earkcsip.dilcis.eu), for one package.

Rules are named by CSIP's numbers. Where the two validators disagree, what is written passes both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from uuid import UUID, uuid5

from lxml import etree

from archive.premis import xml_text

_METS = "http://www.loc.gov/METS/"
_XLINK = "http://www.w3.org/1999/xlink"
_CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
_NAMESPACES = {None: _METS, "xlink": _XLINK, "csip": _CSIP}
_PROFILE = "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml"
_SOFTWARE = "Sohoa"
_XML = "application/xml"
_OWN_TYPE = "TT05"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetsFile:
    """A file of the package.

    Attributes:
        path: in the package.
        media_type: of IANA.
        size: bytes.
        sha256: lower-case hex.
        describes: for metadata, the path of the data file it is about; else empty.
    """

    path: str
    media_type: str
    size: int
    sha256: str
    describes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What is common to both METS documents of a package.

    Attributes:
        name: OBJID and name of the folder (CSIP1).
        label: for people.
        office: code and name of the office that owns the package.
        created: aware.
        software_version: of Sohoa.
    """

    name: str
    label: str
    office: tuple[str, str]
    created: datetime
    software_version: str

    def id(self, what: str) -> str:
        """A stable identifier; those of files begin with ``ID`` (AIP9)."""
        return f"ID-{uuid5(UUID(int=0), f'{self.name}/{what}')}"


def representation(
    package: Package,
    *,
    folder: str,
    data: Sequence[MetsFile],
    descriptions: Sequence[MetsFile],
    preservation: MetsFile,
) -> bytes:
    """``METS.xml`` of a representation.

    Args:
        package: which it belongs to.
        folder: of the representation in the package, such as ``representations/rep1``.
        data: its files.
        descriptions: one ``EAD_doc`` for each paper, with the data file it describes.
        preservation: its PREMIS.
    """
    name = folder.rpartition("/")[2]
    root = _root(package, name, label=name)
    dmd = {d.path: _metadata(package, root, "dmdSec", d, folder, "EAD-VN") for d in descriptions}
    section = _child(root, "amdSec", ID=package.id(f"{folder}/amd"))
    amd = _metadata(package, section, "digiprovMD", preservation, folder, None)
    file_section = _child(root, "fileSec", ID=package.id(f"{folder}/fileSec"))
    group = _child(file_section, "fileGrp", ID=package.id(f"{folder}/data"), USE="Data")
    by_data = {d.describes: dmd[d.path] for d in descriptions}
    files = {}
    for file in data:
        files[file.path] = _file(package, group, file, folder)
        files[file.path].set("ADMID", amd)
        if file.path in by_data:
            files[file.path].set("DMDID", by_data[file.path])
    top = _structure(package, root, folder, name)
    _child(
        top, "div", ID=package.id(f"{folder}/div/metadata"), LABEL="Metadata",
        DMDID=" ".join(dmd.values()), ADMID=amd,
    )  # fmt: skip
    div = _child(top, "div", ID=package.id(f"{folder}/div/data"), LABEL="Data")
    _child(div, "fptr", FILEID=str(group.get("ID")))
    _links(
        package,
        root,
        folder,
        descriptions=by_data,
        files={path: str(file.get("ID")) for path, file in files.items()},
        amd=amd,
    )
    return _written(root)


def root(
    package: Package,
    *,
    descriptions: Sequence[MetsFile],
    preservation: MetsFile,
    groups: Mapping[str, Sequence[MetsFile]],
    representation_folder: str,
    representation_mets: MetsFile,
) -> bytes:
    """``METS.xml`` of the package.

    Args:
        package: which.
        descriptions: the EAD of the dossier or the paper.
        preservation: PREMIS of the package.
        groups: files by ``Documentation`` and ``Schemas``, each with one file or more (CSIP60,
            CSIP113).
        representation_folder: such as ``representations/rep1``.
        representation_mets: its METS.
    """
    mets = _root(package, package.name, label=package.label)
    dmd = [_metadata(package, mets, "dmdSec", d, "", "EAD-VN") for d in descriptions]
    section = _child(mets, "amdSec", ID=package.id("amd"))
    amd = _metadata(package, section, "digiprovMD", preservation, "", None)
    file_section = _child(mets, "fileSec", ID=package.id("fileSec"))
    name = f"R{representation_folder[1:]}"
    made = {}
    for use, files in (*groups.items(), (name, [representation_mets]), _all(representation_mets)):
        group = _child(file_section, "fileGrp", ID=package.id(f"group/{use}"), USE=use)
        group.set(f"{{{_CSIP}}}CONTENTINFORMATIONTYPE", "OTHER")
        group.set(f"{{{_CSIP}}}OTHERCONTENTINFORMATIONTYPE", _OWN_TYPE)
        for file in files:
            _file(package, group, file, "", key=f"{use}/{file.path}")
        made[use] = str(group.get("ID"))
    top = _structure(package, mets, "", package.name)
    _child(
        top, "div", ID=package.id("div/metadata"), LABEL="Metadata",
        DMDID=" ".join(dmd), ADMID=amd,
    )  # fmt: skip
    for use in groups:
        div = _child(top, "div", ID=package.id(f"div/{use}"), LABEL=use)
        _child(div, "fptr", FILEID=made[use])
    # CSIP119 of one validator wants the div inside, CSIP101 of the other wants it at the top.
    div = _child(top, "div", ID=package.id("div/representations"), LABEL="Representations")
    _child(div, "fptr", FILEID=made["Representations"])
    for number, parent in enumerate((div, top)):
        inner = _child(parent, "div", ID=package.id(f"div/{name}/{number}"), LABEL=name)
        pointer = _child(inner, "mptr", LOCTYPE="URL")
        _link(pointer, representation_mets.path)
        pointer.set(f"{{{_XLINK}}}title", made[name])
    return _written(mets)


def _all(representation_mets: MetsFile) -> tuple[str, Sequence[MetsFile]]:
    return "Representations", [representation_mets]


def _root(package: Package, name: str, *, label: str) -> etree._Element:
    mets = etree.Element(_q("mets"), nsmap=_NAMESPACES)
    mets.set("OBJID", name)
    mets.set("LABEL", xml_text(label))
    mets.set("TYPE", "Mixed")
    mets.set("PROFILE", _PROFILE)
    mets.set(f"{{{_CSIP}}}CONTENTINFORMATIONTYPE", "MIXED")
    created = _time(package)
    header = _child(mets, "metsHdr", CREATEDATE=created, LASTMODDATE=created, RECORDSTATUS="NEW")
    header.set(f"{{{_CSIP}}}OAISPACKAGETYPE", "AIP")
    software = _child(header, "agent", ROLE="CREATOR", TYPE="OTHER", OTHERTYPE="SOFTWARE")
    _child(software, "name").text = _SOFTWARE
    _note(software, package.software_version, "SOFTWARE VERSION")
    code, office = package.office
    owner = _child(header, "agent", ROLE="IPOWNER", TYPE="ORGANIZATION")
    _child(owner, "name").text = xml_text(office or code)
    _note(owner, code, "IDENTIFICATIONCODE")
    return mets


def _note(agent: etree._Element, text: str, kind: str) -> None:
    note = _child(agent, "note")
    note.text = text
    note.set(f"{{{_CSIP}}}NOTETYPE", kind)


def _metadata(  # noqa: PLR0917 - called six times in two functions
    package: Package,
    parent: etree._Element,
    tag: str,
    file: MetsFile,
    folder: str,
    other_type: str | None,
) -> str:
    identifier = package.id(f"{tag}/{file.path}")
    section = _child(parent, tag, ID=identifier, STATUS="CURRENT")
    if tag == "dmdSec":
        section.set("CREATED", _time(package))
    reference = _child(section, "mdRef", LOCTYPE="URL")
    _link(reference, _relative(file.path, folder))
    reference.set("MDTYPE", "PREMIS" if other_type is None else "OTHER")
    if other_type is not None:
        reference.set("OTHERMDTYPE", other_type)
    reference.set("MDTYPEVERSION", "3.0" if other_type is None else "1.0")
    reference.set("MIMETYPE", file.media_type)
    _fixity(package, reference, file)
    return identifier


def _file(
    package: Package, group: etree._Element, file: MetsFile, folder: str, *, key: str = ""
) -> etree._Element:
    node = _child(group, "file", ID=package.id(f"file/{key or file.path}"))
    node.set("MIMETYPE", file.media_type)
    _fixity(package, node, file)
    _link(_child(node, "FLocat", LOCTYPE="URL"), _relative(file.path, folder))
    return node


def _fixity(package: Package, node: etree._Element, file: MetsFile) -> None:
    node.set("SIZE", str(file.size))
    node.set("CREATED", _time(package))
    node.set("CHECKSUM", file.sha256)
    node.set("CHECKSUMTYPE", "SHA-256")


def _structure(package: Package, mets: etree._Element, folder: str, label: str) -> etree._Element:
    """The physical structure of CSIP; its top div (CSIP81 to CSIP86)."""
    structure = _child(
        mets, "structMap", ID=package.id(f"{folder}/structMap"), TYPE="PHYSICAL", LABEL="CSIP"
    )
    return _child(structure, "div", ID=package.id(f"{folder}/div"), LABEL=label)


def _links(
    package: Package,
    mets: etree._Element,
    folder: str,
    *,
    descriptions: Mapping[str, str],
    files: Mapping[str, str],
    amd: str,
) -> None:
    """TT 05/2025's ``MetadataLink``, in a structure of its own: CSIP107 knows none in CSIP's."""
    structure = _child(
        mets, "structMap", ID=package.id(f"{folder}/links"), TYPE="LOGICAL", LABEL="TT05"
    )
    top = _child(structure, "div", ID=package.id(f"{folder}/links/div"), LABEL="MetadataLinks")
    div = _child(top, "div", ID=package.id(f"{folder}/links/all"), LABEL="MetadataLink")
    for path, dmd in descriptions.items():
        link = _child(
            div, "div", ID=package.id(f"{folder}/links/{path}"), LABEL="MetadataLink/File",
            DMDID=dmd, ADMID=amd,
        )  # fmt: skip
        _child(link, "fptr", FILEID=files[path])


def _link(node: etree._Element, path: str) -> None:
    node.set(f"{{{_XLINK}}}type", "simple")
    node.set(f"{{{_XLINK}}}href", quote(path, safe="/-._~"))


def _relative(path: str, folder: str) -> str:
    return path.removeprefix(f"{folder}/") if folder else path


def _time(package: Package) -> str:
    return package.created.isoformat(timespec="seconds")


def _child(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, _q(tag), attributes)


def _q(tag: str) -> str:
    return f"{{{_METS}}}{tag}"


def _written(mets: etree._Element) -> bytes:
    written: bytes = etree.tostring(mets, xml_declaration=True, encoding="UTF-8")
    return written


XML = _XML
"""The media type of METS, PREMIS, EAD and XSD."""
