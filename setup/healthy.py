"""Whether a process is well, for the health checks of docker-compose.yml; exit 0 where it is.

Usage: healthy.py URL       it answers this address
       healthy.py broker    the broker that the settings name lets us in: all that ``beat`` needs
"""

from __future__ import annotations

import sys
import urllib.request

_SECONDS = 5.0
_OK = 200


def _answers(url: str) -> bool:
    # The address stands in the compose file, and is this container's own.
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - as said above
        return bool(answer.status == _OK)


def _broker_answers() -> bool:
    from api.settings import read_settings  # noqa: PLC0415 - costs time that an address does not need
    from workflow.pipeline.celery.queue import CeleryQueue, make_celery  # noqa: PLC0415 - as above

    CeleryQueue(make_celery(read_settings().broker_address())).check()
    return True


def main(words: list[str]) -> int:
    """Ask; the exit code."""
    (what,) = words
    try:
        well = _broker_answers() if what == "broker" else _answers(what)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not well
        sys.stderr.write(f"not well: {type(error).__name__}\n")
        return 1
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
