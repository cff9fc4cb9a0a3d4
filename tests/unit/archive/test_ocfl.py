"""Names and inventories of OCFL, and inventories that nobody of us wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.archive import made

from archive import ocfl
from dossier.errors import IntegrityViolation

CONTENT = ocfl.Content(
    logical="documentation/words.json",
    path="words.json",
    sha512="ab" * 64,
    sha256="cd" * 32,
    size=3,
)
NOTE = ocfl.VersionNote(
    created=made.NOON, message="signed", user="office H15", address="urn:x-sohoa:office:H15"
)
INVENTORY = ocfl.first_inventory("urn:uuid:x", (CONTENT,), NOTE)


def test_an_object_lies_where_the_layout_says() -> None:
    # The example of extension 0003, with its tuples of two instead of three.
    assert ocfl.object_key("..hor/rib:le-$id") == "48/73/%2e%2ehor%2frib%3ale-%24id"
    key = ocfl.object_key(ocfl.object_id(made.paper_id(1)))
    assert ocfl.is_object_key(key)
    assert key.endswith("/urn%3auuid%3a01999000-0001-7000-8000-000000000001")
    long = ocfl.object_key("x" * 101)
    assert long.split("/")[2].startswith("x" * 100 + "-")


def test_the_identifier_tells_the_paper() -> None:
    assert ocfl.paper_of(ocfl.object_id(made.paper_id(7))) == made.paper_id(7)
    for other in ("urn:uuid:", "urn:isbn:1", "urn:uuid:{01999000-0001-7000-8000-0000000000}"):
        with pytest.raises(ValueError, match=r"."):
            ocfl.paper_of(other)


def test_equal_input_makes_equal_bytes() -> None:
    again = ocfl.first_inventory("urn:uuid:x", (CONTENT,), NOTE)
    assert again == INVENTORY


def test_an_inventory_is_read() -> None:
    read = ocfl.read_inventory(INVENTORY, key="k")
    assert (read.id, read.head, read.created) == ("urn:uuid:x", 1, made.NOON)
    assert read.state == {"documentation/words.json": "v1/content/words.json"}
    assert read.manifest == {"v1/content/words.json": "ab" * 64}
    assert read.fixity == {"v1/content/words.json": "cd" * 32}


def _changed(*path: str, to: object) -> bytes:
    read: Any = json.loads(INVENTORY)
    inner = read
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return json.dumps(read).encode()


SHA512 = "ab" * 64


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        _changed("head", to="v0"),
        _changed("head", to="v2"),
        _changed("head", to="v01"),
        _changed("type", to="https://ocfl.io/1.0/spec/#inventory"),
        _changed("digestAlgorithm", to="md5"),
        _changed("contentDirectory", to="elsewhere"),
        _changed("manifest", to={"ab": ["v1/content/words.json"]}),
        _changed("manifest", SHA512, to=["v1/content/../../x"]),
        _changed("manifest", SHA512, to=["/etc/passwd"]),
        _changed("manifest", SHA512, to=["inventory.json"]),
        _changed("manifest", SHA512, to=["v2/content/x"]),
        _changed("manifest", SHA512, to="v1/content/words.json"),
        _changed("versions", "v1", "state", SHA512, to=["../words.json"]),
        _changed("versions", "v1", "state", SHA512, to=["a", "a"]),
        _changed("versions", "v1", "state", "cd" * 64, to=["b"]),
        _changed("versions", "v1", "created", to="2026-10-08T05:00:00"),
        _changed("versions", "v1", "created", to=5),
        _changed("versions", to=[]),
        _changed("fixity", to={"sha256": {"cd" * 32: ["v1/content/other"]}}),
        _changed("fixity", to=[]),
    ],
)
def test_an_inventory_that_is_not_ours_is_refused(raw: bytes) -> None:
    with pytest.raises(IntegrityViolation) as caught:
        ocfl.read_inventory(raw, key="k")
    assert caught.value.code == "object.bad-inventory"
    assert caught.value.__cause__ is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = [
    ("id",), ("type",), ("digestAlgorithm",), ("head",), ("manifest",), ("fixity",), ("versions",),
    ("manifest", SHA512), ("fixity", "sha256"), ("versions", "v1"), ("versions", "v1", "state"),
    ("versions", "v1", "created"), ("versions", "v1", "state", SHA512),
]  # fmt: skip


@given(st.sampled_from(PATHS), JSON)
def test_whatever_an_inventory_says_is_read_or_refused(path: tuple[str, ...], to: object) -> None:
    try:
        read = ocfl.read_inventory(_changed(*path, to=to), key="k")
    except IntegrityViolation:
        return
    assert all(ocfl.is_inner_path(p) for p in [*read.manifest, *read.state])
    assert set(read.state.values()) <= set(read.manifest)


@given(st.text())
def test_an_inner_path_never_leads_outside(path: str) -> None:
    if ocfl.is_inner_path(path):
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert "\0" not in path


@pytest.mark.parametrize(
    "path", ["", "/", "a/", "/a", "a//b", "..", "a/..", ".", "a\\b", "a\nb", 5]
)
def test_paths_that_lead_outside_are_known(path: object) -> None:
    assert not ocfl.is_inner_path(path)
