"""Settings of the services, read from the environment (``ZORGSTROOM_*``) here and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One object for all services; each reads what it needs."""

    model_config = SettingsConfigDict(env_prefix="ZORGSTROOM_", extra="ignore")

    #: Folder of everything the services keep: database, local event log, artefacts.
    data_dir: Path = Path("data")
    #: ``local:`` (one SQLite file in `data_dir`) or ``kafka://host:9092?security=SSL``.
    bus_url: str = "local:"
    #: For Kafka with SASL; never in `bus_url`.
    kafka_username: SecretStr | None = None
    kafka_password: SecretStr | None = None
    #: SQLAlchemy address; None: SQLite in `data_dir`.
    database_url: SecretStr | None = None
    api_host: str = "127.0.0.1"
    api_port: int = 8000
    ui_host: str = "127.0.0.1"
    ui_port: int = 8501
    #: Where screens find the API; None: from host and port.
    api_url: str | None = None
    #: Key with which `zorgstroom up` asks for the examples, where keys are asked for; never given to the services.
    api_key: SecretStr | None = None
    #: Processes that compute; None: one per core.
    jobs: int | None = Field(default=None, ge=1, le=256)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    #: Lines for people, or one JSON object per line for what collects them.
    log_format: Literal["text", "json"] = "text"
    #: Language of the command line: nl or en.
    lang: str = "nl"
    #: Reading end of the supervisor's life-line pipe; set by `zorgstroom up` only.
    lifeline_fd: int | None = None

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @property
    def artefacts_dir(self) -> Path:
        """Where result tables are."""
        return self.data_dir / "artefacts"

    @property
    def own_database_file(self) -> Path:
        """The database as long as no other one is named."""
        return self.data_dir.absolute() / "zorgstroom.db"

    @property
    def resolved_database_url(self) -> str:
        """The database address with the default filled in."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.own_database_file}"

    @property
    def resolved_api_url(self) -> str:
        """The API address as the screens reach it."""
        return self.api_url or f"http://{self.api_host}:{self.api_port}"
