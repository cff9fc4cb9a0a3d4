"""The OpenAPI document: examples that hold, and a client made from it that does the main job."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from functional.http.serving import Served, png
from jsonschema_rs import Draft202012Validator

# Files are bytes to it, whatever they are.
_CONFIG = """
package_name_override: sohoa_client
project_name_override: sohoa_client
content_type_overrides:
  image/webp: application/octet-stream
  application/pdf: application/octet-stream
  application/zip: application/octet-stream
  application/offset+octet-stream: application/octet-stream
  text/event-stream: text/plain
"""
DOSSIER = "CLIENT-1"
# Of nobody whom other tests of this service look for.
NUMBER = "001199067890"


@pytest.fixture(scope="module")
def document(served: Served) -> dict[str, Any]:
    """The document as the service gives it."""
    document: dict[str, Any] = served.client("").get("/openapi.json").json()
    return document


def test_every_answer_has_an_example_that_holds(document: dict[str, Any]) -> None:
    seen = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["operationId"], path
            for status, response in operation["responses"].items():
                where = f"{method} {path} {status}"
                for content in response.get("content", {}).values():
                    assert "example" in content, where
                    schema = {**content["schema"], "components": document["components"]}
                    if schema.get("format") != "binary":
                        Draft202012Validator(schema).validate(content["example"])
                    seen += 1
                assert response.get("content") or int(status) < 400, where
    assert seen > 200


def test_a_body_that_is_too_large_is_documented_for_every_route_with_a_body(
    served: Served, document: dict[str, Any]
) -> None:
    seen = 0
    with served.client("") as client:
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if "requestBody" not in operation:
                    continue
                where = f"{method} {path}"
                assert "413" in operation["responses"], where
                if "application/json" in operation["requestBody"]["content"]:
                    # Before anybody asks whose it is: the walls stand around all routes.
                    answer = client.request(method, path, content=b" " * (256 * 1024 + 1))
                    assert answer.status_code == 413, where
                    assert answer.json()["code"] == "http.too-large", where
                    seen += 1
    assert seen >= 9


def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and path != "/readyz":
                    assert list(response["content"]) == ["application/problem+json"], (method, path)


def _made(document: dict[str, Any], folder: Path) -> None:
    path = folder / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    config = folder / "config.yml"
    config.write_text(_CONFIG, encoding="utf-8")
    made = subprocess.run(
        [
            Path(sys.executable).parent / "openapi-python-client",
            "generate",
            "--path",
            path,
            "--config",
            config,
            "--meta",
            "none",
            "--output-path",
            folder / "sohoa_client",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout + made.stderr, made.stdout + made.stderr


def _call(module: str, /, *path: object, **arguments: Any) -> Any:  # noqa: ANN401 - a generated client's values
    called = importlib.import_module(f"sohoa_client.api.{module}")
    answer = called.sync_detailed(*path, **arguments)
    assert int(answer.status_code) < 300, answer
    return answer.parsed


def test_a_client_made_from_it_does_the_main_job(
    served: Served,
    document: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _made(document, tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    client_module = importlib.import_module("sohoa_client.client")
    models = importlib.import_module("sohoa_client.models")
    types = importlib.import_module("sohoa_client.types")
    client = client_module.AuthenticatedClient(base_url=served.url, token=served.token)
    client = client.with_timeout(httpx.Timeout(120))
    with client:
        scan = types.File(payload=io.BytesIO(png("Giấy do một chương trình gửi")))
        taken = _call("intake.upload", DOSSIER, client=client, body=scan)
        paper: UUID = taken.paper
        state = ""
        end = time.monotonic() + 180
        while state != "REVIEW":
            state = _call("papers.show_state", paper, client=client).state
            assert time.monotonic() < end
            time.sleep(0.3)
        sheet = _call("review.show_review", paper, client=client)
        values = models.ReviewedValues.from_dict(
            {
                "kind": "certified-copy",
                "mentioned.citizen_id": NUMBER,
                "mentioned.name": "Nguyễn Thị Hoà",
            }
        )
        said = models.Reviewed(values=values, version=sheet.version)
        assert _call("review.finish_review", paper, client=client, body=said).state == "DESCRIBED"
        _call("acts.sign", paper, client=client)
        while state != "ARCHIVED":
            state = _call("papers.show_state", paper, client=client).state
            assert time.monotonic() < end
            time.sleep(0.3)
        question = models.ByCitizen(number=NUMBER, purpose=DOSSIER)
        found = _call("find.find_by_citizen", client=client, body=question).found
        assert paper in [row.paper for row in found]
        pdf = _call("records.get_pdf", paper, client=client)
        assert pdf.payload.read(5) == b"%PDF-"
