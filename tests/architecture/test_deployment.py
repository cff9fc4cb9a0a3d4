"""The province's compose file and image, judged as text: no container engine is asked for."""

from __future__ import annotations

import copy
import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from judges.compose_rules import faults
from servers.compose import ROOT, read, variables_of

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SCHEMA = jsonschema_rs.validator_for(
    json.loads((ROOT / "tests" / "fixtures" / "compose-spec" / "compose-spec.json").read_bytes())
)
COMPOSE = read()


def test_the_compose_file_is_one() -> None:
    assert [error.message for error in SCHEMA.iter_errors(COMPOSE)] == []


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("api", "imagee", "sohoa:0.1.0"),
        ("api", "ports", "8000:8000"),
        ("worker", "healthcheck", {"test": ["CMD", "true"], "often": 3}),
        ("redis", "read_only", {}),
        ("beat", "depends_on", {"redis": {"condition": "service_well"}}),
    ],
)
def test_the_schema_refuses_what_is_none(service: str, key: str, value: object) -> None:
    spoilt = copy.deepcopy(COMPOSE)
    spoilt["services"][service][key] = value
    assert list(SCHEMA.iter_errors(spoilt))


def test_the_compose_file_keeps_our_rules() -> None:
    assert faults(COMPOSE) == []


Spoil = Callable[[dict[str, Any]], object]
_SPOILT: dict[str, Spoil] = {
    "beat: missing, or not known to the rules": lambda s: s.pop("beat"),
    "redis: image not pinned": lambda s: s["redis"].update(image="docker.io/library/redis:latest"),
    "store: image not pinned": lambda s: s["store"].update(image="${SOHOA_STORE_IMAGE:-minio}"),
    "worker: not started again": lambda s: s["worker"].pop("restart"),
    "init: would be started again and again": lambda s: s["init"].update(restart="always"),
    "beat: no health check": lambda s: s["beat"].pop("healthcheck"),
    "api: root file system can be written": lambda s: s["api"].update(read_only=False),
    "api: keeps capabilities": lambda s: s["api"].pop("cap_drop"),
    "store: may gain privileges": lambda s: s["store"].pop("security_opt"),
    "worker: reaches into the host": lambda s: s["worker"].update(privileged=True),
    "api: takes capabilities back": lambda s: s["api"].update(cap_add=["CHOWN"]),
    "volumes: may be root": lambda s: s["volumes"].update(network_mode="host"),
    "postgres: may be root": lambda s: s["postgres"].pop("user"),
    "postgres: publishes a port": lambda s: s["postgres"].update(ports=["127.0.0.1:5432:5432"]),
    "redis: is on a network that leads outside": lambda s: s["redis"].update(networks=["outside"]),
    "api: published to everybody unless somebody says otherwise": lambda s: s["api"].update(
        ports=["8000:8000"]
    ),
    "store: MINIO_ROOT_PASSWORD is a secret in the environment": lambda s: s["store"][
        "environment"
    ].update(MINIO_ROOT_PASSWORD="minioadmin"),  # noqa: S106 - that it is refused is the point
    "api: SOHOA_BROKER holds a password": lambda s: s["api"]["environment"].update(
        SOHOA_BROKER="redis://:word@redis:6379/0"
    ),
    "api: SOHOA_STORE_SECRET_KEY_FILE names a secret that it is not given": lambda s: s["api"][
        "environment"
    ].update(SOHOA_STORE_SECRET_KEY_FILE="/run/secrets/store_admin_secret_key"),  # noqa: S106 - a path
    "beat: is given /run/secrets/store_secret_key, and does not read it": lambda s: s[
        "beat"
    ].update(secrets=["broker_password", "store_secret_key"]),
    "worker: is given an administrator's secret": lambda s: s["worker"].update(
        secrets=["store_admin_secret_key"]
    ),
    "api: nowhere is no volume": lambda s: s["api"]["volumes"][0].update(source="nowhere"),
    "store: keeps its data nowhere": lambda s: s["store"].pop("volumes"),
    "SOHOA_OFICE: no setting of ours": lambda s: s["api"]["environment"].update(SOHOA_OFICE="H15"),
    "SOHOA_PUBLISHED: neither a setting nor a variable of the compose file": lambda s: s[
        "api"
    ].update(labels=["${SOHOA_PUBLISHED:-x}"]),
}


@pytest.mark.parametrize("fault", _SPOILT)
def test_each_rule_refuses_its_breach(fault: str) -> None:
    # No two services may share a mapping by an anchor: only one is to be spoilt.
    spoilt = json.loads(json.dumps(COMPOSE))
    _SPOILT[fault](spoilt["services"])
    assert fault in faults(spoilt)


def test_rules_of_secrets_and_networks_refuse_their_breach() -> None:
    spoilt = copy.deepcopy(COMPOSE)
    spoilt["secrets"]["broker_password"] = {"file": "./elsewhere"}
    spoilt["secrets"]["another"] = {"file": "./secrets/another"}
    spoilt["networks"]["stores"] = {}
    assert faults(spoilt) == [
        "stores: the network leads outside",
        "another: made by setup/secrets.sh or asked for here, not both",
        "broker_password: not the file that setup/secrets.sh makes",
    ]


def test_the_example_names_each_variable_once() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^(?:# )?(SOHOA_\w+)=(.*)$", example, re.MULTILINE)
    assert sorted(name for name, _ in named) == sorted(variables_of(COMPOSE))
    defaults = dict(re.findall(r"\$\{(SOHOA_\w+):-([^}]*)\}", json.dumps(COMPOSE)))
    assert {n: v for n, v in named if n in defaults} == defaults


def test_the_image_is_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"${{SOHOA_IMAGE:-sohoa:{version}}}" == COMPOSE["services"]["api"]["image"]


def _hadolint(text: str) -> tuple[int, str]:
    judged = subprocess.run(
        [Path(sys.executable).parent / "hadolint", "--no-color", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    return judged.returncode, judged.stdout


def test_the_linter_passes_the_dockerfile() -> None:
    assert _hadolint(DOCKERFILE) == (0, "")


@pytest.mark.parametrize(
    ("stood", "spoilt", "rule"),
    [
        ("bookworm-20260803-slim\n", "latest\n", "DL3007"),
        ("USER $SOHOA_UID:$SOHOA_GID", "USER root", "DL3002"),
        ("WORKDIR /var/lib/sohoa", "WORKDIR here", "DL3000"),
        ("COPY pages pages", "ADD pages pages", "DL3020"),
        ("    && rm -rf /var/lib/apt/lists/*", "    && true", "DL3009"),
    ],
)
def test_the_linter_refuses_a_spoilt_one(stood: str, spoilt: str, rule: str) -> None:
    assert stood in DOCKERFILE
    code, said = _hadolint(DOCKERFILE.replace(stood, spoilt))
    assert code != 0
    assert rule in said


def test_the_image_names_no_architecture_and_ends_without_root() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.search(r":[\w.-]*\d{8}", base) for base in bases), bases
    assert not re.search(r"--platform|amd64|arm64|x86_64|aarch64", DOCKERFILE)
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE)[-1] == "$SOHOA_UID:$SOHOA_GID"


def test_the_image_has_the_packages_of_a_bare_machine() -> None:
    script = (ROOT / "setup" / "system.sh").read_text(encoding="utf-8")
    run = re.search(r'^RUN="(.*)"$', script, re.MULTILINE)
    assert run is not None
    blocks = re.findall(
        r"apt-get install -y --no-install-recommends (.*?)&&", DOCKERFILE, re.DOTALL
    )
    installed = {word for block in blocks for word in block.replace("\\", " ").split()}
    # A bare machine has these two already, or by python3-venv; an image that is slim does not.
    assert installed - {"ca-certificates", "python3"} == set(run[1].split())


def _let_in(path: str) -> bool:
    """Whether .dockerignore lets a file in: the last line that fits it, or a folder of it, wins."""
    let_in = True
    folders = [path, *(parent.as_posix() for parent in Path(path).parents)][:-1]
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.lstrip("!")
        if not line or line.startswith("#"):
            continue
        patterns = (pattern, pattern.removeprefix("**/"))
        if any(fnmatch.fnmatchcase(each, one) for each in folders for one in patterns):
            let_in = line.startswith("!")
    return let_in


def test_the_image_holds_what_our_packages_need_and_nothing_else() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.splitlines()
    copied = {
        source
        for words in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for source in words.split()
    }
    taken = {name for name in listed if any(Path(name).is_relative_to(c) for c in copied)}
    # Each source is there, and each file of it comes in: forms, profiles and migrations too.
    assert all(any(Path(name).is_relative_to(c) for name in taken) for c in copied), copied
    assert {name for name in listed if _let_in(name)} == taken
    packages = re.search(
        r"^include = (\[.*\])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    assert packages is not None
    assert {name.rstrip("*") for name in json.loads(packages[1])} < copied
    for needed in ("ocr/forms/birth-certificate.toml", "workflow/ledger/migrations/env.py"):
        assert needed in taken
    for private in (
        ".env",
        "secrets/broker_password",
        "var/keys/k",
        ".git/config",
        "samples/a.pdf",
    ):
        assert not _let_in(private)


def test_what_is_private_is_never_committed() -> None:
    for name in (".env", "secrets/broker_password", "trust/root.pem"):
        ignored = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False)
        assert ignored.returncode == 0, name
