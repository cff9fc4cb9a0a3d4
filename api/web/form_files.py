"""Files sent with a form, as files in the scratch folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import UploadFile

from api.application import Application


@contextmanager
def received(application: Application, file: UploadFile) -> Iterator[Path]:
    """A file of a form on the disk, for the duration of the context.

    Args:
        application: names the scratch folder.
        file: of the form; its size is limited before the form is read.
    """
    application.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="form-", dir=application.scratch) as folder:
        path = Path(folder, "file")
        with path.open("xb") as out:
            shutil.copyfileobj(file.file, out)
        yield path
