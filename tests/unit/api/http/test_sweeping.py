"""The hourly sweep: what one part cannot do keeps no other from its turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import structlog
from unit.workflow.fakes import START, scan

from api.bootstrap import init, open_application
from api.http.service import Service
from api.settings import Settings
from dossier.errors import TransientFault
from workflow.ledger.tokens import Token
from workflow.ledger.types import IncomingScan
from workflow.ledger.uploads import Upload
from workflow.ledger.webhooks import Webhook

ASKING = "t"
OLD = UUID(int=7)
FORGOTTEN = UUID(int=8)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service that was not started, with an upload that took too long and a stray piece."""
    settings = Settings(var=tmp_path / "var")
    init(settings, trial=True)
    with closing(open_application(settings)) as application:
        made = Service(application)
        made.application.tokens.add(
            Token(
                id=ASKING, office=settings.office, name="n", digest=b"d", scopes=(), rate=9,
                created_at=START, created_by="x", expires_at=START + timedelta(days=1),
            )
        )  # fmt: skip
        upload = Upload(
            id=OLD, office=settings.office, token=ASKING, dossier="D1", source="a.pdf", sign=False,
            length=3, offset=0, created_at=START - timedelta(days=9),
            expires_at=START - timedelta(days=8),
        )  # fmt: skip
        made.application.uploads.add(upload)
        for each in (OLD, FORGOTTEN):
            made.application.upload_files.path(each).parent.mkdir(parents=True, exist_ok=True)
            made.application.upload_files.path(each).write_bytes(b"abc")
        yield made


@pytest.mark.parametrize("fault", [TransientFault("store.no-answer", "m"), OSError("away")])
def test_while_the_store_is_away_uploads_still_expire(
    service: Service, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise fault

    monkeypatch.setattr(service.application.store, "sweep", away)
    with structlog.testing.capture_logs() as logged:
        service._sweep()
    assert service.application.uploads.list_ids() == set()
    assert not service.application.upload_files.path(OLD).exists()
    assert not service.application.upload_files.path(FORGOTTEN).exists()
    (line,) = logged
    assert (line["event"], line["part"]) == ("service.sweep-failed", "left-behind")
    assert line["code"] in {"store.no-answer", "OSError"}


def test_while_uploads_cannot_be_forgotten_stray_pieces_still_go(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: object) -> None:
        raise TransientFault("database.busy", "m")

    monkeypatch.setattr(service.application.uploads, "prune", busy)
    service._sweep()
    assert service.application.uploads.list_ids() == {OLD}
    assert service.application.upload_files.path(OLD).exists()
    assert not service.application.upload_files.path(FORGOTTEN).exists()


def test_messages_that_came_to_their_end_a_month_ago_are_forgotten(service: Service) -> None:
    application = service.application
    office, now = application.settings.office, application.clock.now()
    hook = Webhook(
        id=UUID(int=5), office=office, url="http://x/", secret=b"s", created_at=now, created_by="x"
    )
    service.application.outbox.add(hook)
    for number in (1, 2, 3):
        application.ledger.intake.receive(
            IncomingScan(
                scan=scan(number, content=bytes([number]), office=office),
                paper=UUID(int=number),
                dossier="D1",
            )
        )
    for number, days in ((1, 31), (2, 29)):
        past = now - timedelta(days=days)
        service.application.outbox.record_attempt(
            number, status=204, now=past, next_at=None, done=True
        )
    service._sweep()
    kept = service.application.outbox.list_deliveries(offices=[office], after=0, limit=9)
    assert [each.id for each in kept] == [2, 3]
