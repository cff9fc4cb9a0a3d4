"""Schemathesis sends what our OpenAPI allows, and what it does not: nothing makes us fail.

A short run here; ten minutes of it in ``make soak`` (SOHOA_SOAK_SECONDS).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from functional.cli.running import Commands
from functional.http.serving import SCOPES, serving

_SECONDS = int(os.environ.get("SOHOA_SOAK_SECONDS", "0"))
# Which of its checks hold: no server error, and no answer that the document does not tell.
_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
_HOOKS = Path(__file__).with_name("fuzz_hooks.py")


def test_nothing_it_sends_makes_a_server_error(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    with serving(commands) as service:
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        token = service.new_token(*scopes, "--rate", 1_000_000)
        long = ["--max-time", str(_SECONDS)] if _SECONDS else ["--max-examples", "8"]
        ended = subprocess.run(
            [
                Path(sys.executable).parent / "schemathesis",
                "run",
                f"{service.url}/openapi.json",
                "--header",
                f"Authorization: Bearer {token}",
                "--checks",
                _CHECKS,
                "--phases",
                "examples,fuzzing",
                "--exclude-path-regex",
                "/events$",  # they never end
                "--request-timeout",
                "60",
                "--no-color",
                "--seed",
                "1",
                *long,
            ],
            cwd=tmp_path,
            env={**os.environ, "SCHEMATHESIS_HOOKS": str(_HOOKS)},
            capture_output=True,
            text=True,
            timeout=_SECONDS + 600,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
        assert service.process.poll() is None
        log = service.log.read_text(encoding="utf-8")
        assert "http.fault" not in log
        assert "Traceback" not in log
