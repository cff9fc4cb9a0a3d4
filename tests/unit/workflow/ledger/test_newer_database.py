"""A database of a newer release is refused, with the release to install."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, new_ledger

from dossier.errors import Misconfigured
from workflow.ledger import migrate


@pytest.mark.parametrize("enter", [migrate.check, migrate.upgrade])
def test_newer_data_is_refused_and_left_alone(tmp_path: Path, enter: object) -> None:
    ledger = new_ledger(tmp_path)
    ledger.offices.set_note(OFFICE, migrate.RELEASE_NOTE, "0.1.0")
    ledger.offices.set_note(OFFICE, migrate.RELEASE_NOTE, "9.4.2")
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0999'"))
    assert callable(enter)
    with pytest.raises(Misconfigured, match=r"install Sohoa 9\.4\.2 or a later one") as raised:
        enter(engine)
    assert raised.value.code == "database.newer"
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT * FROM alembic_version")).scalar() == "0999"
    engine.dispose()


def test_the_release_is_that_of_the_project() -> None:
    project = Path(__file__).parents[4] / "pyproject.toml"
    assert tomllib.loads(project.read_text("utf-8"))["project"]["version"] == migrate.RELEASE
