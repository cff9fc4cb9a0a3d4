"""What we ask of our compose file beyond its schema; each rule is a sentence for each breach."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from servers.compose import ROOT, filled, variables_of

from api.settings import Settings

_SECRET = re.compile(r"PASSWORD|SECRET|PASSPHRASE|TOKEN|(?:^|_)KEY(?:_|$)|CREDENTIAL")
_IN_ADDRESS = re.compile(r"://[^/@\s]*:[^/@\s]+@")
# NAME:TAG with or without a digest; a tag begins with a letter or digit, and is complete.
_PINNED = re.compile(r"[\w./-]+:(?!latest$)[\w][\w.-]*\d[\w.-]*(?:@sha256:[0-9a-f]{64})?")
_LASTING = {"postgres", "redis", "store", "api", "worker", "worker-signing", "beat"}
_ONCE = {"volumes", "init"}
# Of the compose file itself, never seen by a process.
COMPOSES_OWN = {
    *("SOHOA_IMAGE", "SOHOA_POSTGRES_IMAGE", "SOHOA_REDIS_IMAGE", "SOHOA_STORE_IMAGE"),
    *("SOHOA_UID", "SOHOA_GID", "SOHOA_PUBLISH", "SOHOA_SCRATCH_SIZE"),
    *("SOHOA_SIGNING_CORES", "SOHOA_TRIAL"),
}

Compose = Mapping[str, Any]


def faults(compose: Compose) -> list[str]:
    """The breaches of all rules in a file as ``servers.compose.read`` has it."""
    plain = filled(dict(compose), {})
    return [fault for rule in _RULES for fault in rule(plain)] + list(_settings_exist(compose))


def _services_are_there(compose: Compose) -> Iterator[str]:
    for name in sorted((_LASTING | _ONCE) ^ set(compose["services"])):
        yield f"{name}: missing, or not known to the rules"


def _images_are_pinned(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if not _PINNED.fullmatch(service.get("image", "")):
            yield f"{name}: image not pinned"


def _lasting_are_watched(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if name in _ONCE:
            if service.get("restart") != "no":
                yield f"{name}: would be started again and again"
            continue
        if service.get("restart") != "unless-stopped":
            yield f"{name}: not started again"
        check = service.get("healthcheck", {})
        if not check.get("test") or not {"interval", "timeout", "retries"} <= set(check):
            yield f"{name}: no health check"


def _nobody_has_more_rights(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if service.get("read_only") is not True:
            yield f"{name}: root file system can be written"
        if service.get("cap_drop") != ["ALL"]:
            yield f"{name}: keeps capabilities"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name}: may gain privileges"
        if service.get("privileged") or {"pid", "ipc", "devices"} & set(service):
            yield f"{name}: reaches into the host"
        # One service hands out the folders of data, cut off from all else; then it is gone.
        hands_out = name == "volumes" and service.get("network_mode") == "none"
        if service.get("cap_add") and not (hands_out and service["cap_add"] == ["CHOWN"]):
            yield f"{name}: takes capabilities back"
        if not hands_out and re.match(r"(?:0|root)?(?::|$)", str(service.get("user", ""))):
            yield f"{name}: may be root"


def _only_the_api_is_published(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        if service.get("ports") and name != "api":
            yield f"{name}: publishes a port"
        if service.get("network_mode") not in {None, "none"}:
            yield f"{name}: is on the host's network"
        if set(service.get("networks", [])) - {"stores"} and name not in {"api", "worker-signing"}:
            yield f"{name}: is on a network that leads outside"
    if any(not port.startswith("127.0.0.1:") for port in compose["services"]["api"]["ports"]):
        yield "api: published to everybody unless somebody says otherwise"
    if compose["networks"]["stores"].get("internal") is not True:
        yield "stores: the network leads outside"


def _secrets_come_from_files(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        given = {f"/run/secrets/{secret}" for secret in service.get("secrets", [])}
        for variable, value in service.get("environment", {}).items():
            if _SECRET.search(variable) and not variable.endswith("_FILE"):
                yield f"{name}: {variable} is a secret in the environment"
            if _IN_ADDRESS.search(str(value or "")):
                yield f"{name}: {variable} holds a password"
            if str(value or "").startswith("/run/secrets/") and value not in given:
                yield f"{name}: {variable} names a secret that it is not given"
        read = {str(v) for v in service.get("environment", {}).values()}
        for path in sorted(given - read):
            yield f"{name}: is given {path}, and does not read it"


def _secrets_are_made(compose: Compose) -> Iterator[str]:
    script = (ROOT / "setup" / "secrets.sh").read_text(encoding="utf-8")
    made = set(re.findall(r"^make (\w+) \d+$", script, re.MULTILINE))
    for name in sorted(made ^ set(compose["secrets"])):
        yield f"{name}: made by setup/secrets.sh or asked for here, not both"
    for name, secret in compose["secrets"].items():
        if secret != {"file": f"./secrets/{name}"}:
            yield f"{name}: not the file that setup/secrets.sh makes"
    for name in {"api", "worker", "worker-signing", "beat"} & set(compose["services"]):
        if any("admin" in secret for secret in compose["services"][name].get("secrets", [])):
            yield f"{name}: is given an administrator's secret"


def _volumes_are_there(compose: Compose) -> Iterator[str]:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            named = isinstance(volume, dict) and volume["type"] == "volume"
            if named and volume["source"] not in compose["volumes"]:
                yield f"{name}: {volume['source']} is no volume"
        if name in _LASTING - {"redis", "beat"} and not service.get("volumes"):
            yield f"{name}: keeps its data nowhere"


def _settings_exist(compose: Compose) -> Iterator[str]:
    """Judged with variables in place: a name that is handed on has no value yet."""
    settings = {f"SOHOA_{name.upper()}" for name in Settings.model_fields}
    set_here = {
        variable
        for service in compose["services"].values()
        for variable in service.get("environment", {})
    }
    for name in sorted({n for n in set_here if n.startswith("SOHOA_")} - settings):
        yield f"{name}: no setting of ours"
    for name in sorted(variables_of(dict(compose)) - settings - COMPOSES_OWN):
        yield f"{name}: neither a setting nor a variable of the compose file"


_RULES: tuple[Callable[[Compose], Iterator[str]], ...] = (
    _services_are_there,
    _images_are_pinned,
    _lasting_are_watched,
    _nobody_has_more_rights,
    _only_the_api_is_published,
    _secrets_come_from_files,
    _secrets_are_made,
    _volumes_are_there,
)
