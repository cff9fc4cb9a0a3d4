"""An administrator keeps what stamps say, the keys of offices, and offices below."""

from __future__ import annotations

import httpx
from functional.http.serving import Served
from functional.http.visiting import signed_in


def _stamp_said(admin: httpx.Client, office: str) -> str:
    row = admin.get("/offices").text.partition(f'name="office" value="{office}"')[2]
    return row.partition("selected>")[2].partition("<")[0]


def test_an_administrator_adds_an_office_and_sets_its_stamp(office: Served) -> None:
    admin = signed_in(office, "admin")
    (own,) = {row["office"] for row in office.commands.json("user", "list")}
    below = f"{own}.77"
    assert admin.post("/offices", data={"code": below, "name": "Trạm Y tế"}).status_code == 303
    refused = admin.post("/offices", data={"code": "Z99", "name": "Nơi khác"})
    assert refused.status_code == 400
    assert "bắt đầu bằng mã của cơ quan cấp trên" in refused.text
    assert _stamp_said(admin, below) == "SAO Y"
    form = {"office": below, "form": "TRÍCH SAO"}
    assert admin.post("/offices/stamp", data=form).status_code == 303
    assert _stamp_said(admin, below) == "TRÍCH SAO"
    assert admin.post("/offices/stamp", data={"office": "Z99", "form": ""}).status_code == 404
    assert admin.post("/offices/stamp", data={**form, "form": "BẢN SAO"}).status_code == 400


def test_a_file_that_is_no_key_is_refused_in_words(office: Served) -> None:
    admin = signed_in(office, "admin")
    (own,) = {row["office"] for row in office.commands.json("user", "list")}
    files = {"file": ("khoa.p12", b"not a key")}
    refused = admin.post("/offices/key", data={"office": own, "passphrase": "x"}, files=files)
    assert refused.status_code == 400
    assert "không phải PKCS#12" in refused.text
