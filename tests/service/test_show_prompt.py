"""`citewell show-prompt`: every prompt as it is sent, without a model or an archive."""

import pytest

from tests.service.conftest import Cli


@pytest.mark.parametrize("name", ["answer", "rewrite_question", "translate_quote", "greetings"])
def test_a_prompt_is_shown_filled_in(cli: Cli, name: str) -> None:
    result = cli("show-prompt", name)
    assert result.exit_code == 0, result.output
    assert "{{" not in result.output and "{%" not in result.output
    assert ("[terminal]" if name == "greetings" else "[system]") in result.output


def test_an_unknown_prompt_is_refused_with_those_there_are(cli: Cli) -> None:
    result = cli("show-prompt", "answers")
    assert result.exit_code == 2
    assert "'answers' is not one of 'answer', 'rewrite_question'" in result.output
