"""Runs inside the judge's own venv: prints eark-validator's verdict on each package as JSON.

It fetches its vocabularies from the net when it is imported; here it gets its wheel's own copies.
"""

from __future__ import annotations

import io
import json
import sys
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def main(version: str, places: list[str]) -> None:
    """Print one line for each package."""
    spec = find_spec("eark_validator")
    assert spec is not None
    assert spec.origin is not None
    vocabularies = Path(spec.origin).parent / "ipxml" / "resources" / "vocabs"

    def own_copy(url: object, *_: object, **__: object) -> io.BytesIO:
        address = str(getattr(url, "full_url", url))
        return io.BytesIO((vocabularies / address.rsplit("/", 1)[1]).read_bytes())

    urllib.request.urlopen = own_copy
    from eark_validator.packages import PackageValidator  # noqa: PLC0415 - after the line above
    from eark_validator.specifications.specification import SpecificationVersion  # noqa: PLC0415 - as above

    for place in places:
        report = PackageValidator(Path(place), SpecificationVersion(version)).validation_report
        results: list[Any] = [report.structure]
        if report.metadata is not None:
            results += [report.metadata.schema_results, report.metadata.schematron_results]
        line = {
            "verdicts": [str(result.status.value) for result in results],
            "faults": [
                f"{message.rule_id}: {message.message}"
                for result in results
                for message in result.messages
                if "info" not in str(message.severity).lower()
            ],
        }
        print(json.dumps(line))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
