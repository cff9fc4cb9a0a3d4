"""Reading our own compose file as Compose does, as far as it uses what Compose knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"

# $$, ${NAME}, ${NAME:-default}, ${NAME:+instead}; of all else that Compose knows, we use nothing.
_DOLLAR = re.compile(r"\$(?:(\$)|\{([A-Z0-9_]+)(?:(:[-+])([^${}]*))?\}|)")


def read(path: Path = COMPOSE) -> dict[str, Any]:
    """The file as it stands: anchors and merges done, variables not."""
    node: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return node


def filled(node: Any, variables: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever YAML holds
    """The same with variables put in, in every text of it."""
    if isinstance(node, str):
        return _DOLLAR.sub(lambda found: _put(found, variables), node)
    if isinstance(node, dict):
        return {key: filled(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, variables) for value in node]
    return node


def _put(found: re.Match[str], variables: Mapping[str, str]) -> str:
    dollar, name, how, word = found.groups()
    if dollar:
        return "$"
    if not name:
        raise ValueError(f"a dollar that is no variable: {found.string}")
    value = variables.get(name, "")
    if how == ":-":
        return value or word
    if how == ":+":
        return word if value else ""
    if not value:
        raise ValueError(f"{name} has neither value nor default")
    return value


def environment(service: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, str]:
    """What a service is started with; a name without a value is handed on where it is set."""
    node = service.get("environment", {})
    return {
        name: variables[name] if value is None else str(value)
        for name, value in node.items()
        if value is not None or name in variables
    }


def variables_of(node: object) -> set[str]:
    """The names of variables that an operator may set."""
    if isinstance(node, str):
        return {found[2] for found in _DOLLAR.finditer(node) if found[2]}
    if isinstance(node, list):
        return set().union(*map(variables_of, node))
    if isinstance(node, dict):
        handed_on = {
            name for name, value in (node.get("environment") or {}).items() if value is None
        }
        return handed_on.union(*map(variables_of, node.values()))
    return set()
