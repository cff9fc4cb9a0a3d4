"""A receiver accepts a message by either secret while one replaces the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from unit.workflow.fakes import OFFICE, SEALING, START, new_ledger

from dossier.errors import WrongUse
from workflow.ledger.webhooks import Outbox, Webhook
from workflow.webhooks.signature import sign, verify

BODY = b'{"a":1}'
HOOK = Webhook(
    id=UUID(int=1), office=OFFICE, url="https://x/", secret=b"new", created_at=START, created_by="x"
)


def test_both_secrets_sign_until_the_former_one_ends() -> None:
    hook = replace(HOOK, former_secret=b"old", former_until=START + timedelta(hours=1))
    assert hook.secrets(now=START) == (b"new", b"old")
    assert hook.secrets(now=START + timedelta(hours=1)) == (b"new",)
    assert HOOK.secrets(now=START) == (b"new",)


def test_one_signature_that_fits_is_enough() -> None:
    header = sign([b"new", b"old"], BODY, at=1000)
    assert verify(b"new", BODY, header, now=1000)
    assert verify(b"old", BODY, header, now=1300)
    assert not verify(b"other", BODY, header, now=1000)
    assert not verify(b"old", BODY, header, now=1301)
    assert not verify(b"old", BODY + b" ", header, now=1000)


def test_a_header_in_another_form_is_refused() -> None:
    good = sign([b"new"], BODY, at=1000)
    mac = good.partition(",")[2]
    for header in (
        "",
        "t=1000",
        f"t=1000,{mac},{mac},{mac}",
        f"{good},v2=x",
        f"t=1000,{mac.upper()}",
    ):
        assert not verify(b"new", BODY, header, now=1000), header


def test_a_rotated_secret_is_kept_with_the_former_one(tmp_path: Path) -> None:
    outbox = Outbox(new_ledger(tmp_path).connections, cipher=SEALING)
    outbox.add(HOOK)
    until = START + timedelta(hours=72)
    outbox.rotate(HOOK.id, secret=b"newer", until=until)
    (rotated,) = outbox.list_webhooks()
    assert rotated.secrets(now=START) == (b"newer", b"new")
    assert rotated.secrets(now=until) == (b"newer",)
    with pytest.raises(WrongUse) as raised:
        outbox.rotate(UUID(int=9), secret=b"x", until=until)
    assert raised.value.code == "webhook.unknown"
