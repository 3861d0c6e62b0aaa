"""Pages that describe the code say what the code says."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from indexing.archive.article import Article, Passage
from service.answering.answer import Answer, Citation, CitedArticle, ConsideredPassage, Refusal, Statement
from service.answering.confidence import Confidence
from service.answering.group_answers import AnswerGroup
from service.answering.question import Filters, Question
from service.answering.read_passages import Reading, ReadPassage
from service.answering.reader import Span
from service.answering.verify import Draft
from service.command_line import citewell
from service.settings import variable_names
from service.settings_page import PAGE, settings_page

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_settings_page_is_generated_from_the_settings() -> None:
    assert PAGE.read_text("utf-8") == settings_page(), "run `make docs`"


def test_example_environment_names_known_settings_only() -> None:
    names = re.findall(r"^# ?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    assert names
    assert set(names) <= set(variable_names().values())


KINDS = (
    *(Article, Passage, Question, Filters, Span, Reading, ReadPassage, AnswerGroup, Draft, Confidence),
    *(Answer, Statement, Citation, CitedArticle, ConsideredPassage, Refusal),
)


@pytest.mark.parametrize("kind", KINDS)
def test_architecture_lists_the_fields_of_each_dataclass(kind: type) -> None:
    rows = dict(
        re.findall(
            r"^\| `(\w+)` \| (.+) \|$", (ROOT / "docs/architecture.md").read_text("utf-8"), re.MULTILINE
        )
    )
    assert rows[kind.__name__].split(", ") == [field.name for field in fields(kind)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("name", sorted(citewell.commands))
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(citewell, [name, "--help"])
    assert result.exit_code == 0
    assert "Example:" in result.output
