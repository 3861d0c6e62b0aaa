"""Environment and `.env` in, one frozen settings object out; built once and passed down."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from dotenv import dotenv_values
from limits import parse_many
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from service.errors import SettingsError

CommaSeparated = Annotated[tuple[str, ...], NoDecode]
PREFIX = "CITEWELL_"


class Settings(BaseSettings):
    """All settings of Citewell; `docs/settings.md` is generated from these fields."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    archive: Path = Field(
        Path("archive"),
        validation_alias="CITEWELL_ARCHIVE",
        description="Folder of the embedded archive; created when missing, readable by its owner only.",
    )
    qdrant_url: str | None = Field(
        None,
        validation_alias="QDRANT_URL",
        description="Reserved: address of a Qdrant server; this version refuses to start while it is set.",
    )
    qdrant_api_key: SecretStr | None = Field(
        None,
        validation_alias="QDRANT_API_KEY",
        description="Reserved: key for the Qdrant server; without effect in this version.",
    )
    collection: str = Field(
        "articles",
        validation_alias="CITEWELL_COLLECTION",
        description="Reserved: collection on a Qdrant server; without effect in this version.",
    )
    models: Path = Field(
        Path(__file__).resolve().parent.parent / "models",
        validation_alias="CITEWELL_MODELS",
        description="Folder of the prepared models (`make setup` fills it).",
    )
    embedding_model: str = Field(
        "multilingual-e5-small",
        validation_alias="CITEWELL_EMBEDDING_MODEL",
        description="The bundled encoder, or any sentence-transformers folder or hub name.",
    )
    question_prefix: str | None = Field(
        None,
        validation_alias="CITEWELL_QUESTION_PREFIX",
        description="Put before a question when encoding; unset: what the model is known to want.",
    )
    passage_prefix: str | None = Field(
        None,
        validation_alias="CITEWELL_PASSAGE_PREFIX",
        description="Put before a passage when encoding; unset: what the model is known to want.",
    )
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        validation_alias="CITEWELL_API_KEYS",
        description="Keys that callers send as `Authorization: Bearer KEY`; empty: loopback only, no key.",
    )
    allowed_origins: CommaSeparated = Field(
        (),
        validation_alias="CITEWELL_ALLOWED_ORIGINS",
        description="Web origins (scheme://host:port) whose pages may call the service.",
    )
    widget_rate: str = Field(
        "20/minute",
        validation_alias="CITEWELL_WIDGET_RATE",
        description="With keys: how many questions, and how many ratings, the widgets of one address may send; "
        "of several (`20/minute;200/hour`) all hold.",
    )
    article_pages: str | None = Field(
        None,
        validation_alias="CITEWELL_ARTICLE_PAGES",
        description="`public` or `key`: who may open article pages; unset: `key` once keys are set.",
    )
    max_article_characters: int = Field(
        5_000_000,
        ge=1,
        validation_alias="CITEWELL_MAX_ARTICLE_CHARACTERS",
        description="Longest article that is taken in, in characters.",
    )
    host: str = Field("127.0.0.1", validation_alias="CITEWELL_HOST", description="Address to listen on.")
    port: int = Field(
        8000, ge=0, le=65535, validation_alias="CITEWELL_PORT", description="Port to listen on."
    )
    queue: int = Field(
        64,
        ge=1,
        validation_alias="CITEWELL_QUEUE",
        description="Questions that may wait or run at once; above it the service answers 503.",
    )
    llm_base_url: str | None = Field(
        None,
        validation_alias="CITEWELL_LLM_BASE_URL",
        description="Reserved: address of an OpenAI-compatible language model.",
    )
    llm_model: str | None = Field(
        None, validation_alias="CITEWELL_LLM_MODEL", description="Reserved: name of the language model."
    )
    llm_api_key: SecretStr | None = Field(
        None, validation_alias="CITEWELL_LLM_API_KEY", description="Reserved: key for the language model."
    )
    api_keys_file: Path | None = Field(
        None,
        validation_alias="CITEWELL_API_KEYS_FILE",
        description="Reserved: file of keys, reread on change.",
    )

    @field_validator("api_keys", "allowed_origins", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _normalise_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(origin.rstrip("/").lower() for origin in value)

    @field_validator("widget_rate")
    @classmethod
    def _known_rate(cls, value: str) -> str:
        try:
            items = parse_many(value)
        except ValueError:
            items = []
        if not items or any(item.amount < 1 or item.get_expiry() < 1 for item in items):
            raise ValueError("allowed are a number and a time, such as 20/minute or 20/minute;200/hour")
        return value

    @field_validator("article_pages")
    @classmethod
    def _known_choice(cls, value: str | None) -> str | None:
        if value not in (None, "public", "key"):
            raise ValueError("allowed are `public` and `key`")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands in: it has already laid the environment over `.env`."""
        return (init_settings,)

    @property
    def pages_need_key(self) -> bool:
        """Whether an article page asks for a key or a signed link."""
        return (self.article_pages or ("key" if self.api_keys else "public")) == "key"


def variable_names() -> dict[str, str]:
    """Field name to environment variable, for every setting."""
    return {name: str(field.validation_alias) for name, field in Settings.model_fields.items()}


def load_settings(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """Read `.env`, then the environment over it; raises SettingsError that names the variable and what is allowed."""
    values = _in_file(env_file)
    # An empty value counts as unset everywhere: `CITEWELL_ARCHIVE= citewell status` asks the archive of `.env`.
    surroundings = os.environ if environment is None else environment
    values |= {name: value for name, value in surroundings.items() if value or name not in values}
    known = set(variable_names().values())
    for name in sorted(values):
        if name.startswith(PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.0)
            raise SettingsError(
                f"unknown setting {name}; the nearest known one is {nearest[0]} (docs/settings.md lists all)"
            )
    chosen: dict[str, Any] = {name: values[name] for name in known if values.get(name)}
    if values.get("CITEWELL_API_KEYS_FILE"):
        raise SettingsError(
            "CITEWELL_API_KEYS_FILE is set, but this version reads keys from CITEWELL_API_KEYS only; move them there"
        )
    try:
        return Settings(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"setting {place}: got {first['input']!r}; {first['msg']}") from None


def _in_file(env_file: Path) -> dict[str, str]:
    try:
        return {name: value or "" for name, value in dotenv_values(env_file, encoding="utf-8").items()}
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{env_file.resolve()} is not UTF-8 (it holds the byte {error.object[error.start]:#04x}); "
            "save it as UTF-8"
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{env_file.resolve()} cannot be read ({error.strerror}); check its permissions"
        ) from None
