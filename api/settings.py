"""Every setting, read from the environment (prefix ``SOHOA_``) or from files that it names.

Each is documented in docs/operations.md; a test keeps it so. Secrets come as ``..._FILE``, a path
to a file with the secret on its first line. A secret in the environment is refused: a process keeps
it in ``/proc/PID/environ`` for as long as it lives.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta, timezone
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dossier.codes import office_code
from dossier.errors import Misconfigured, WrongUse
from workflow.webhooks.targets import TargetPolicy

_MB = 1024 * 1024
_THREADS_FOR_OTHERS = 8
_BROKERS = frozenset({"redis", "rediss", "amqp", "amqps"})


class Settings(BaseSettings):
    """The settings; paths without a value follow ``var``."""

    model_config = SettingsConfigDict(env_prefix="SOHOA_", extra="ignore", frozen=True)

    # Where
    var: Path = Path("var")
    # An address that holds a password is refused; until then it must not show.
    database: Annotated[str, Field(repr=False)] = ""
    database_password_file: Path | None = None
    store: str = ""
    store_access_key_file: Path | None = None
    store_secret_key_file: Path | None = None
    broker: Annotated[str, Field(repr=False)] = ""
    broker_password_file: Path | None = None
    keys: Path | None = None

    # Who
    office: str = "X00"
    office_name: str = "UBND"

    # What is taken in
    limit_bytes: Annotated[int, Field(ge=1)] = 200 * _MB
    limit_pages: Annotated[int, Field(ge=1)] = 1_000
    limit_pixels: Annotated[int, Field(ge=1)] = 150_000_000
    limit_paper_pixels: Annotated[int, Field(ge=1)] = 10_000_000_000

    # Work in children
    cores: Annotated[int, Field(ge=0)] = 0
    sandbox: Literal["best", "require"] = "best"
    child_memory: Annotated[int, Field(ge=256 * _MB)] = 900 * _MB
    page_seconds: Annotated[float, Field(gt=0)] = 50.0
    paper_seconds: Annotated[float, Field(gt=0)] = 300.0
    paper_cpu_seconds: Annotated[float, Field(gt=0)] = 7200.0

    # Reading
    ocr_engine: Literal["tesserocr", "pytesseract"] = "tesserocr"
    ocr_language: str = "vie"
    ocr_dpi: Annotated[int, Field(ge=70, le=600)] = 200
    forms: Path | None = None
    # A table of abbreviations instead of archive/finding/abbreviations.toml.
    abbreviations: Path | None = None

    # Signing
    signer_p12: Path | None = None
    signer_passphrase_file: Path | None = None
    tsa_url: str = ""
    tsa_seconds: Annotated[float, Field(gt=0)] = 10.0
    trust: Path | None = None
    revocation: Path | None = None
    revocation_unknown: Literal["remark", "wait"] = "remark"
    revocation_fetch: bool = False
    stamp_form: Literal["SAO Y", "SAO LỤC", "TRÍCH SAO", ""] = "SAO Y"
    stamp_font: Path | None = None

    # Keeping
    first_lock_days: Annotated[int, Field(ge=1)] = 90
    # The table of terms by procedure; the built-in one by default.
    terms: Path | None = None
    # Of a closed dossier that no entry of the table recognises; 0 for ever.
    keep_years: Annotated[int, Field(ge=0)] = 0
    # Within which all of the store is read back.
    fixity_days: Annotated[int, Field(ge=1)] = 90

    # Serving
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    cors_origins: str = ""
    stop_seconds: Annotated[float, Field(gt=0)] = 20.0
    upload_hours: Annotated[int, Field(ge=1)] = 24
    session_hours: Annotated[int, Field(ge=1, le=24)] = 10
    step_up_minutes: Annotated[int, Field(ge=1, le=600)] = 15

    # Webhooks
    webhook_exceptions: str = ""

    # Watching
    disk_warn_bytes: Annotated[int, Field(ge=0)] = 2_000_000_000
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    metrics_host: str = "127.0.0.1"

    # Showing
    time_zone: str = "+07:00"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"

    @field_validator("office")
    @classmethod
    def _office_is_a_code(cls, value: str) -> str:
        try:
            return office_code(value)
        except WrongUse as error:
            raise ValueError(error.message) from error

    @field_validator("time_zone")
    @classmethod
    def _zone_is_an_offset(cls, value: str) -> str:
        if not re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", value):
            raise ValueError("a zone is an offset such as +07:00")
        return value

    @property
    def zone(self) -> timezone:
        """The zone in which times are shown."""
        sign = -1 if self.time_zone[0] == "-" else 1
        hours, minutes = self.time_zone[1:].split(":")
        return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))

    def database_address(self) -> str:
        """SQLAlchemy's address of the database with its password. Never to be shown.

        Raises:
            Misconfigured: ``setting.unreadable``.
        """
        address = self.database or f"sqlite:///{self.var.absolute() / 'sohoa.db'}"
        return _with_password(address, self._secret("database_password"))

    @property
    def store_address(self) -> str:
        """The store's address: ``file:///...`` or ``s3+https://HOST:PORT/BUCKET``."""
        return self.store or f"file://{self.var.absolute() / 'store'}"

    @property
    def keys_folder(self) -> Path:
        """The folder of the keys for citizen IDs; outside database and store."""
        return self.keys or self.var / "keys"

    @property
    def trial_folder(self) -> Path:
        """The folder of the test CA, TSA and signer of ``init --trial``."""
        return self.var / "trial"

    @property
    def trust_folder(self) -> Path:
        """The folder of trusted roots."""
        return self.trust or self.var / "trust"

    @property
    def signers_folder(self) -> Path:
        """The folder of the keys that offices sign with."""
        return self.var / "signers"

    @property
    def revocation_folder(self) -> Path:
        """The folder of revocation lists and OCSP responses."""
        return self.revocation or self.var / "revocation"

    @property
    def scratch_folder(self) -> Path:
        """Where children write what is not yet in the store."""
        return self.var / "scratch"

    @property
    def webhook_targets(self) -> TargetPolicy:
        """Where webhook messages may go.

        Raises:
            Misconfigured: ``setting.bad``.
        """
        return TargetPolicy.from_setting(self.webhook_exceptions)

    @property
    def worker_count(self) -> int:
        """How many pages are read at once: the setting, or one a core."""
        return self.cores or len(os.sched_getaffinity(0))

    @property
    def papers_per_office(self) -> int:
        """How many papers of one office are processed at once.

        One more than there are children: while one paper is signed or deposited, all read.
        """
        return self.worker_count + 1

    @property
    def thread_count(self) -> int:
        """How many papers are processed at once; long papers of one office leave some threads."""
        return self.papers_per_office + _THREADS_FOR_OTHERS

    def passphrase(self) -> str:
        """The passphrase of the signer's key; empty where none is set.

        Raises:
            Misconfigured: ``setting.unreadable``: the file it should be in cannot be read.
        """
        return self._secret("signer_passphrase")

    def store_keys(self) -> tuple[str, str]:
        """Access key and secret key of an S3 store.

        Raises:
            Misconfigured: ``store.no-keys``: one is missing; ``setting.unreadable``.
        """
        access, secret = self._secret("store_access_key"), self._secret("store_secret_key")
        if not access or not secret:
            raise Misconfigured(
                "store.no-keys",
                "the store asks who we are: set SOHOA_STORE_ACCESS_KEY_FILE and "
                "SOHOA_STORE_SECRET_KEY_FILE to the paths of files that hold the two keys",
            )
        return access, secret

    def broker_address(self) -> str:
        """The broker's address with its password; empty in embedded mode. Never to be shown.

        Raises:
            Misconfigured: ``setting.unreadable``; ``broker.bad-address``.
        """
        password = self._secret("broker_password")
        try:
            parts = urlsplit(self.broker)
            _ = parts.port  # a bad one raises
        except ValueError:
            parts = urlsplit("")
        if self.broker and (parts.scheme not in _BROKERS or not parts.hostname):
            raise Misconfigured(
                "broker.bad-address",
                "SOHOA_BROKER must be redis://HOST:PORT/NUMBER or amqp://HOST:PORT, or empty",
            )
        return _with_password(self.broker, password)

    def _secret(self, name: str) -> str:
        """A secret from the first line of its file; empty where no file is named."""
        file: Path | None = getattr(self, f"{name}_file")
        if file is None:
            return ""
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(
                "setting.unreadable",
                f"the file named by SOHOA_{name.upper()}_FILE cannot be read; check its path and "
                "its owner",
            ) from error
        return lines[0] if lines else ""


def _with_password(address: str, password: str) -> str:
    """An address with a password for the user who stands in it, where there is one to put in."""
    if not address or not password:
        return address
    parts = urlsplit(address)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return parts._replace(netloc=f"{name}:{quote(password, safe='')}@{host}").geturl()


def read_settings() -> Settings:
    """The settings of this process.

    Raises:
        Misconfigured: ``setting.bad``, ``setting.secret-in-environment``, naming the setting,
            never its value.
    """
    _refuse_secrets(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise Misconfigured("setting.bad", f"SOHOA_{name}: {first['msg']}") from None


def _refuse_secrets(environment: Mapping[str, str]) -> None:
    """Refuse a secret in the environment, by itself or in an address.

    Raises:
        Misconfigured: ``setting.secret-in-environment``.
    """
    for field in Settings.model_fields:
        name = f"SOHOA_{field.removesuffix('_file').upper()}"
        if field.endswith("_file") and environment.get(name):
            raise _secret_in_environment(name, f"{name}_FILE")
    for name in ("SOHOA_DATABASE", "SOHOA_BROKER"):
        if _holds_password(environment.get(name, "")):
            raise _secret_in_environment(name, f"{name}_PASSWORD_FILE")
    if _holds_password(environment.get("SOHOA_STORE", "")):
        raise _secret_in_environment("SOHOA_STORE", "SOHOA_STORE_SECRET_KEY_FILE")


def _holds_password(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.password) or "password=" in parts.query


def _secret_in_environment(name: str, file: str) -> Misconfigured:
    return Misconfigured(
        "setting.secret-in-environment",
        f"{name} holds a secret, which other programs can read from the environment of a process; "
        f"write it into a file that only the service may read, and set {file} to its path",
    )
