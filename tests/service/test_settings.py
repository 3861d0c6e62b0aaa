"""Settings: what counts as unset, which of two places wins, and one line for everything that is wrong."""

from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import load_settings, variable_names
from service.settings_page import PAGE, settings_page

NO_FILE = Path("no-such-file")


@pytest.mark.parametrize("name", sorted(variable_names().values()))
def test_an_empty_setting_counts_as_unset(name: str) -> None:
    assert load_settings({name: ""}, NO_FILE) == load_settings({}, NO_FILE)


def test_the_environment_wins_over_the_file_unless_it_is_empty(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("CITEWELL_PORT=8100\nCITEWELL_ARCHIVE=from-file\nCITEWELL_QUEUE=\n", "utf-8")
    settings = load_settings({"CITEWELL_PORT": "8200", "CITEWELL_ARCHIVE": ""}, file)
    assert (settings.port, str(settings.archive), settings.queue) == (8200, "from-file", 64)


@pytest.mark.parametrize(
    ("wrong", "right"), [("CITEWELL_PROT", "CITEWELL_PORT"), ("CITEWELL_ARCHIVES", "CITEWELL_ARCHIVE")]
)
@pytest.mark.parametrize("value", ["1", ""])
def test_an_unknown_name_is_an_error_that_names_the_nearest(wrong: str, right: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"unknown setting {wrong}; the nearest known one is {right} "):
        load_settings({wrong: value}, NO_FILE)


def test_names_of_other_programs_are_left_alone() -> None:
    assert load_settings({"PORT": "1", "QDRANT_PATH": "x"}, NO_FILE) == load_settings({}, NO_FILE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CITEWELL_PORT", "eighty"),
        ("CITEWELL_PORT", "65536"),
        ("CITEWELL_QUEUE", "0"),
        ("CITEWELL_ARTICLE_PAGES", "open"),
        ("CITEWELL_MAX_ARTICLE_CHARACTERS", "-1"),
        ("CITEWELL_WIDGET_RATE", "often"),
        ("CITEWELL_WIDGET_RATE", "0/minute"),
        ("CITEWELL_WIDGET_RATE", "20/minute;"),
    ],
)
def test_a_wrong_value_is_one_line_with_name_and_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value}, NO_FILE)
    assert name in str(caught.value) and repr(value) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lists_are_comma_separated() -> None:
    given = {
        "CITEWELL_API_KEYS": "secret, two,,",
        "CITEWELL_ALLOWED_ORIGINS": "https://News.example/,http://b:81",
    }
    settings = load_settings(given, NO_FILE)
    assert [key.get_secret_value() for key in settings.api_keys] == ["secret", "two"]
    assert settings.allowed_origins == ("https://news.example", "http://b:81")
    assert "secret" not in repr(settings).replace("slack_signing_secret", "")


def test_a_file_that_is_not_utf_8_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("CITEWELL_ARCHIVE=café\n".encode("cp1252"))
    with pytest.raises(
        SettingsError, match=r"\.env is not UTF-8 \(it holds the byte 0xe9\); save it as UTF-8"
    ):
        load_settings({}, file)


def test_a_file_of_keys_needs_keys() -> None:
    assert load_settings({"CITEWELL_API_KEYS_FILE": "keys"}, NO_FILE).needs_keys
    assert not load_settings({}, NO_FILE).needs_keys


def test_the_page_of_settings_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == settings_page()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:11434/v1", "got '127.0.0.1:11434/v1'; allowed are http or https"),
        ("ftp://host/v1", "got 'ftp://host/v1'"),
        ("http://host:99999/v1", "got 'http://host:99999/v1'"),
        ("http://host/v1?key=x", "allowed are http or https"),
        ("http://user:secret@host/v1", "an address with a user or key in it"),
    ],
)
def test_an_address_of_a_language_model_that_is_none_is_refused(address: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({"CITEWELL_LLM_BASE_URL": address, "CITEWELL_LLM_MODEL": "m"}, NO_FILE)
    assert said in str(raised.value) and "CITEWELL_LLM_BASE_URL" in str(raised.value)
    assert "user:secret" not in str(raised.value)


def test_a_language_model_needs_address_and_name() -> None:
    with pytest.raises(SettingsError, match="CITEWELL_LLM_BASE_URL is set and CITEWELL_LLM_MODEL is not"):
        load_settings({"CITEWELL_LLM_BASE_URL": "http://host/v1"}, NO_FILE)
    with pytest.raises(SettingsError, match="CITEWELL_LLM_MODEL is set and CITEWELL_LLM_BASE_URL is not"):
        load_settings({"CITEWELL_LLM_MODEL": "m"}, NO_FILE)
    both = {"CITEWELL_LLM_BASE_URL": "http://host/v1/", "CITEWELL_LLM_MODEL": "m"}
    assert load_settings(both, NO_FILE).llm_base_url == "http://host/v1"


BOT, APP = "xoxb-1-secret", "xapp-1-secret"


def test_several_workspaces_are_several_tokens() -> None:
    given = {
        "SLACK_BOT_TOKEN": f"{BOT}, xoxb-2-secret",
        "SLACK_APP_TOKEN": APP,
        "CITEWELL_SLACK_CHANNELS": "C0123456789,G12",
        "CITEWELL_PUBLIC_URL": "https://archive.example/",
        "SLACK_API_URL": "https://slack-gov.com/api",
    }
    settings = load_settings(given, NO_FILE)
    assert settings.slack
    assert [token.get_secret_value() for token in settings.slack_bot_tokens] == [BOT, "xoxb-2-secret"]
    assert settings.slack_channels == ("C0123456789", "G12")
    assert settings.public_url == "https://archive.example"
    assert settings.slack_api_url == "https://slack-gov.com/api/"
    assert "secret" not in repr(settings).replace("slack_signing_secret", "")
    assert not load_settings({}, NO_FILE).slack


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SLACK_BOT_TOKEN": BOT}, "neither SLACK_APP_TOKEN .* nor SLACK_SIGNING_SECRET .* set one of them"),
        ({"SLACK_APP_TOKEN": APP}, "SLACK_APP_TOKEN is set, but SLACK_BOT_TOKEN is not"),
        ({"SLACK_SIGNING_SECRET": "secret"}, "SLACK_SIGNING_SECRET is set, but SLACK_BOT_TOKEN is not"),
        (
            {"SLACK_BOT_TOKEN": f"{BOT},xoxp-secret", "SLACK_APP_TOKEN": APP},
            "number 2 of 2 is no token of a bot",
        ),
        ({"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": "xoxb-secret"}, "one that begins with xapp-"),
        ({"CITEWELL_SLACK_CHANNELS": "#news"}, "'#news' is no id of a channel"),
        ({"CITEWELL_PUBLIC_URL": "archive.example"}, "CITEWELL_PUBLIC_URL: got 'archive.example'"),
        ({"SLACK_API_URL": "https://u:secret@slack.example/"}, "SLACK_API_URL: got an address with a user"),
    ],
)
def test_wrong_settings_of_slack_are_one_line_that_shows_no_token(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        load_settings(given, NO_FILE)
    assert "secret" not in str(raised.value).replace("SECRET", "") and "\n" not in str(raised.value)
