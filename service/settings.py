"""Environment and `.env` in, one frozen settings object out; built once and passed down."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from limits import parse_many
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from indexing.archive.server_address import (
    ATTEMPTS,
    SECONDS,
    Layout,
    OnDisk,
    Quantization,
    Server,
    checked_collection,
    checked_url,
)
from indexing.errors import ArchiveError
from service.errors import SettingsError

CommaSeparated = Annotated[tuple[str, ...], NoDecode]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode]
PREFIX = "CITEWELL_"
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{2,}")
_TOKEN = re.compile(r"xoxb-[!-~]+|xapp-[!-~]+")
SLACK_API = "https://slack.com/api/"
# Whose messages say by themselves what was got, as far as it may be shown; "": settings that contradict each other.
SAY_ALL = (
    *("QDRANT_URL", "CITEWELL_COLLECTION", "CITEWELL_LLM_BASE_URL"),
    *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_URL", "CITEWELL_PUBLIC_URL", ""),
)


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
        description="Address of a Qdrant server, such as `http://127.0.0.1:6333`: the archive is there, and the folder "
        "is not opened; unset: the folder.",
    )
    qdrant_api_key: SecretStr | None = Field(
        None,
        validation_alias="QDRANT_API_KEY",
        description="Key for the Qdrant server, one that may read and write.",
    )
    collection: str = Field(
        "articles",
        validation_alias="CITEWELL_COLLECTION",
        description="Collection on the Qdrant server; created when missing, another program's is refused.",
    )
    qdrant_timeout: float = Field(
        SECONDS,
        gt=0,
        le=3600,
        validation_alias="CITEWELL_QDRANT_TIMEOUT",
        description="Seconds that one request to the Qdrant server may take, and after which none is repeated.",
    )
    qdrant_attempts: int = Field(
        ATTEMPTS,
        ge=1,
        le=100,
        validation_alias="CITEWELL_QDRANT_ATTEMPTS",
        description="How often a request is sent at most when the server is down, busy or cut off; 1: never again.",
    )
    qdrant_shards: int | None = Field(
        None,
        ge=1,
        validation_alias="CITEWELL_QDRANT_SHARDS",
        description="When the collection is created: its number of shards; unset: one for each node.",
    )
    qdrant_replicas: int | None = Field(
        None,
        ge=1,
        validation_alias="CITEWELL_QDRANT_REPLICAS",
        description="When the collection is created: copies of each shard; unset: 1.",
    )
    qdrant_write_consistency: int | None = Field(
        None,
        ge=1,
        validation_alias="CITEWELL_QDRANT_WRITE_CONSISTENCY",
        description="When the collection is created: replicas that must store a write before it counts; unset: 1.",
    )
    qdrant_quantization: Quantization = Field(
        "none",
        validation_alias="CITEWELL_QDRANT_QUANTIZATION",
        description="When the collection is created: `none`, `scalar` (a byte a number) or `turbo` (half a byte), "
        "for smaller vectors in memory; the best found are compared by whole vectors in any case.",
    )
    qdrant_on_disk: Annotated[tuple[OnDisk, ...], NoDecode] = Field(
        (),
        validation_alias="CITEWELL_QDRANT_ON_DISK",
        description="When the collection is created: `vectors` and `terms` are read from disk, not held in memory.",
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
    api_keys: Secrets = Field(
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
        description="Address of an OpenAI-compatible language model, such as `http://127.0.0.1:11434/v1`, which then "
        "gets questions and passages and writes the answers (docs/written-answers.md); unset: answers are extracted.",
    )
    llm_model: str | None = Field(
        None,
        validation_alias="CITEWELL_LLM_MODEL",
        description="Name of the language model, as its server knows it.",
    )
    llm_api_key: SecretStr | None = Field(
        None,
        validation_alias="CITEWELL_LLM_API_KEY",
        description="Key for the language model, if it wants one.",
    )
    llm_timeout: float = Field(
        30.0,
        gt=0,
        le=600,
        validation_alias="CITEWELL_LLM_TIMEOUT",
        description="Seconds that the language model may take for one answer; then the extracted one is given.",
    )
    llm_context: int = Field(
        8192,
        ge=2048,
        le=10_000_000,
        validation_alias="CITEWELL_LLM_CONTEXT",
        description="Context window of the language model in tokens: as many passages are sent as fit into it.",
    )
    api_keys_file: Path | None = Field(
        None,
        validation_alias="CITEWELL_API_KEYS_FILE",
        description="File with one key a line, `KEY` or `NAME: KEY`, valid beside CITEWELL_API_KEYS and before them; "
        "read again whenever it changes.",
    )
    log: Literal["text", "json"] = Field(
        "text",
        validation_alias="CITEWELL_LOG",
        description="`text` or `json`: how a line of the log on standard error looks.",
    )
    log_requests: Literal["off", "on"] = Field(
        "off",
        validation_alias="CITEWELL_LOG_REQUESTS",
        description="`on`: log each request with its route, status, time and the name of its key; never its "
        "address's query or a question.",
    )
    rate_per_key: str | None = Field(
        None,
        validation_alias="CITEWELL_RATE_PER_KEY",
        description="How often the holders of one key (or of keys with one name) may call, such as `600/minute`; "
        "unset: as often as they like.",
    )
    rate_per_address: str | None = Field(
        None,
        validation_alias="CITEWELL_RATE_PER_ADDRESS",
        description="How often one address may call without a valid key (pages, widgets, wrong keys), such as "
        "`120/minute`; unset: as often as it likes.",
    )
    rate_store: SecretStr | None = Field(
        None,
        validation_alias="CITEWELL_RATE_STORE",
        description="A Redis in which several services count calls together, such as `redis://127.0.0.1:6379/0` (needs "
        "the Python package redis); unset: each for itself.",
    )
    slack_bot_tokens: Secrets = Field(
        (),
        validation_alias="SLACK_BOT_TOKEN",
        description="The token of the bot (`xoxb-...`) in each Slack workspace that may ask (docs/slack.md); empty: no "
        "Slack.",
    )
    slack_signing_secret: SecretStr | None = Field(
        None,
        validation_alias="SLACK_SIGNING_SECRET",
        description="The Slack app's signing secret: Slack sends to `POST /slack/events`, and what it signs is taken.",
    )
    slack_app_token: SecretStr | None = Field(
        None,
        validation_alias="SLACK_APP_TOKEN",
        description="The Slack app's own token (`xapp-...`): the service connects to Slack (Socket Mode), so that no "
        "public address is needed.",
    )
    slack_api_url: str = Field(
        SLACK_API,
        validation_alias="SLACK_API_URL",
        description="Address of Slack's Web API; of GovSlack `https://slack-gov.com/api/`.",
    )
    slack_channels: CommaSeparated = Field(
        (),
        validation_alias="CITEWELL_SLACK_CHANNELS",
        description="Ids of the Slack channels in which questions are answered (such as `C0123456789`); empty: all "
        "that the bot was invited to.",
    )
    public_url: str | None = Field(
        None,
        validation_alias="CITEWELL_PUBLIC_URL",
        description="Address at which readers reach this service, such as `https://archive.example`, for the links to "
        "article pages in Slack; unset: links lead to where the article was published.",
    )

    @field_validator(
        "api_keys", "allowed_origins", "qdrant_on_disk", "slack_bot_tokens", "slack_channels", mode="before"
    )
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _normalise_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(origin.rstrip("/").lower() for origin in value)

    @field_validator("qdrant_url", "collection")
    @classmethod
    def _usable_server(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        try:
            return checked_url(value) if info.field_name == "qdrant_url" else checked_collection(value)
        except ArchiveError as error:
            raise ValueError(str(error)) from None

    @field_validator("llm_base_url")
    @classmethod
    def _usable_model(cls, value: str | None) -> str | None:
        if value is not None and not _is_address(value):
            raise ValueError(
                f"CITEWELL_LLM_BASE_URL: got {_shown(value)}; allowed are http or https, host, port and path, such as "
                "http://127.0.0.1:11434/v1; a key goes into CITEWELL_LLM_API_KEY"
            )
        return value and value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _usable_public_url(cls, value: str | None) -> str | None:
        if value is not None and not _is_address(value):
            raise ValueError(
                f"CITEWELL_PUBLIC_URL: got {_shown(value)}; allowed are http or https, host, port and path, such as "
                "https://archive.example"
            )
        return value and value.rstrip("/")

    @field_validator("slack_api_url")
    @classmethod
    def _usable_slack(cls, value: str) -> str:
        if not _is_address(value):
            raise ValueError(
                f"SLACK_API_URL: got {_shown(value)}; allowed are http or https, host, port and path, such as "
                f"{SLACK_API} (unset) or https://slack-gov.com/api/"
            )
        return value.rstrip("/") + "/"

    @field_validator("slack_bot_tokens")
    @classmethod
    def _bot_tokens(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for place, token in enumerate(value, start=1):
            if not _is_token(token, "xoxb-"):
                raise ValueError(
                    f"SLACK_BOT_TOKEN: number {place} of {len(value)} is no token of a bot; allowed are tokens that "
                    "begin with xoxb-, separated by commas (the app's page at Slack: OAuth & Permissions)"
                )
        return value

    @field_validator("slack_app_token")
    @classmethod
    def _app_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_token(value, "xapp-"):
            raise ValueError(
                "SLACK_APP_TOKEN: got something else than a token of an app; allowed is one that begins with xapp- "
                "(the app's page at Slack: Basic Information, App-Level Tokens)"
            )
        return value

    @field_validator("slack_channels")
    @classmethod
    def _channel_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for channel in value:
            if not _CHANNEL.fullmatch(channel):
                raise ValueError(
                    f"{channel!r} is no id of a channel; allowed are ids such as C0123456789, which stand at the end "
                    "of a channel's details in Slack"
                )
        return value

    @field_validator("widget_rate", "rate_per_key", "rate_per_address")
    @classmethod
    def _known_rate(cls, value: str | None) -> str | None:
        if value is None:
            return None
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

    @model_validator(mode="after")
    def _possible_layout(self) -> "Settings":
        if (self.qdrant_write_consistency or 1) > (self.qdrant_replicas or 1):
            raise ValueError(
                f"CITEWELL_QDRANT_WRITE_CONSISTENCY is {self.qdrant_write_consistency}, but there are only "
                f"{self.qdrant_replicas or 1} replicas (CITEWELL_QDRANT_REPLICAS); lower the one or raise the other"
            )
        return self

    @model_validator(mode="after")
    def _whole_model(self) -> "Settings":
        if (self.llm_base_url is None) != (self.llm_model is None):
            have, lack = ("CITEWELL_LLM_BASE_URL", "CITEWELL_LLM_MODEL")[:: 1 if self.llm_base_url else -1]
            raise ValueError(f"{have} is set and {lack} is not; set both, or none for extracted answers")
        return self

    @model_validator(mode="after")
    def _whole_slack(self) -> "Settings":
        heard = self.slack_signing_secret is not None or self.slack_app_token is not None
        if self.slack_bot_tokens and not heard:
            raise ValueError(
                "SLACK_BOT_TOKEN is set, but neither SLACK_APP_TOKEN (Socket Mode: no public address is needed) nor "
                "SLACK_SIGNING_SECRET (Slack sends to POST /slack/events) is; set one of them, docs/slack.md says "
                "where to find it, or unset SLACK_BOT_TOKEN"
            )
        if heard and not self.slack_bot_tokens:
            name = "SLACK_APP_TOKEN" if self.slack_app_token is not None else "SLACK_SIGNING_SECRET"
            raise ValueError(
                f"{name} is set, but SLACK_BOT_TOKEN is not, without which nothing can be answered in Slack; set it "
                f"(the app's page at Slack: OAuth & Permissions), or unset {name}"
            )
        return self

    @property
    def server(self) -> Server | None:
        """The Qdrant server that holds the archive; None: the folder does."""
        if self.qdrant_url is None:
            return None
        return Server(
            url=self.qdrant_url,
            collection=self.collection,
            api_key=self.qdrant_api_key.get_secret_value() if self.qdrant_api_key else None,
            seconds=self.qdrant_timeout,
            attempts=self.qdrant_attempts,
            layout=Layout(
                self.qdrant_shards,
                self.qdrant_replicas,
                self.qdrant_write_consistency,
                self.qdrant_quantization,
                self.qdrant_on_disk,
            ),
        )

    @property
    def place(self) -> str:
        """Where the archive is, for people."""
        return str(self.archive.resolve()) if self.server is None else self.server.place

    @property
    def pages_need_key(self) -> bool:
        """Whether an article page asks for a key or a signed link."""
        return (self.article_pages or ("key" if self.needs_keys else "public")) == "key"

    @property
    def slack(self) -> bool:
        """Whether questions come from Slack, too."""
        return bool(self.slack_bot_tokens)

    @property
    def needs_keys(self) -> bool:
        """Whether callers need a key."""
        return bool(self.api_keys) or self.api_keys_file is not None


def _is_address(value: str) -> bool:
    """Whether this is http or https, a host, perhaps port and path, and nothing else."""
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and not (parts.query or parts.fragment or parts.username)


def _shown(address: str) -> str:
    return "an address with a user or key in it" if "@" in address else repr(address)


def _is_token(token: SecretStr, start: str) -> bool:
    return token.get_secret_value().startswith(start) and bool(_TOKEN.fullmatch(token.get_secret_value()))


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
    try:
        return Settings(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if place in SAY_ALL:
            raise SettingsError(first["msg"].removeprefix("Value error, ")) from None
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
