"""What every ``TimeSource`` does, asked of the real ones and of some broken on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from asn1crypto import tsp
from unit.signing.made import NOW, FixedClock, time_source

from dossier.errors import TransientFault
from dossier.ports import TimeSource
from signing.time_source import HttpTimeSource
from signing.timestamp import ask
from signing.trial.tsa import TrialTsa

_SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}


def _asked(source: TimeSource, imprint: bytes, algorithm: str = "sha256") -> object:
    return ask(
        source,
        imprint,
        algorithm=algorithm,
        clock=FixedClock(),
        tolerance=timedelta(seconds=30),
    )


def the_token_is_over_what_was_asked(source: TimeSource) -> None:
    for algorithm, size in _SIZES.items():
        _asked(source, b"\x07" * size, algorithm)


def two_tokens_differ(source: TimeSource) -> None:
    one, other = (_asked(source, b"\x07" * 32) for _ in range(2))
    assert one != other


def what_is_no_request_gets_no_token(source: TimeSource) -> None:
    for request in (b"garbage", b"\x30\x00"):
        try:
            answer = source.timestamp(request)
        except TransientFault as fault:
            assert fault.code == "tsa.no-answer"  # noqa: PT017 - either way of refusing is right
        else:
            with pytest.raises(ValueError, match="missing"):  # a refusal has no token
                tsp.TimeStampResp.load(answer)["time_stamp_token"].native  # noqa: B018


CONTRACT: tuple[Callable[[TimeSource], None], ...] = (
    the_token_is_over_what_was_asked,
    two_tokens_differ,
    what_is_no_request_gets_no_token,
)


@contextmanager
def _in_process() -> Iterator[TimeSource]:
    yield time_source()


@contextmanager
def _over_http() -> Iterator[TimeSource]:
    with TrialTsa(time_source()) as tsa:
        yield HttpTimeSource(tsa.url, timeout=30)


ADAPTERS: dict[str, Callable[[], AbstractContextManager[TimeSource]]] = {
    "trial": _in_process,
    "http": _over_http,
}


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
def test_contract(adapter: str, clause: Callable[[TimeSource], None]) -> None:
    with ADAPTERS[adapter]() as source:
        clause(source)


class _Repeating:
    """Answers every question with its first answer."""

    def __init__(self) -> None:
        self._first = b""

    def timestamp(self, request: bytes) -> bytes:
        self._first = self._first or time_source().timestamp(request)
        return self._first


class _Obliging:
    """Stamps whatever it is sent."""

    def timestamp(self, request: bytes) -> bytes:
        try:
            tsp.TimeStampReq.load(request)["nonce"].native  # noqa: B018 - whether it is a request
        except ValueError:
            request = tsp.TimeStampReq(
                {
                    "version": "v1",
                    "message_imprint": {
                        "hash_algorithm": {"algorithm": "sha256"},
                        "hashed_message": bytes(32),
                    },
                }
            ).dump()
        return time_source().timestamp(request)


class _Early:
    def timestamp(self, request: bytes) -> bytes:
        return time_source(NOW - timedelta(minutes=10)).timestamp(request)


@pytest.mark.parametrize("broken", [_Repeating, _Obliging, _Early])
def test_the_contract_catches_one_that_is_broken(broken: Callable[[], TimeSource]) -> None:
    def passes(clause: Callable[[TimeSource], None]) -> bool:
        try:
            clause(broken())
        except (AssertionError, TransientFault, pytest.fail.Exception):
            return False
        return True

    assert not all(passes(clause) for clause in CONTRACT)
