"""Reads the texts under prompts/; checks keys, variables and that the samples answer what is suggested."""

import json
import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).parents[1]
PROMPTS = ROOT / "prompts"
REASONS = {"archive_empty", "nothing_relevant", "not_stated", "unverified"}
MISSING, BETWEEN = "missing_names", "between_names"
LANGUAGES = {
    *(
        "en",
        "fr",
        "de",
        "es",
        "ru",
        "ar",
        "zh",
        "zh-Hant",
        "it",
        "pt",
        "nl",
        "sv",
        "no",
        "da",
        "fi",
        "pl",
        "cs",
    ),
    *("uk", "tr", "fa", "he", "hi", "th", "ja", "ko", "vi", "id", "el", "ro", "hu", "ca", "bg", "sr", "hr"),
}
SAMPLE_LANGUAGES = {"ar", "de", "en", "es", "fr", "ru", "zh"}
SENTENCE_ENDS = r"[.!?。！？؟।۔]"

# For each suggested question, in the order of the file: the sample that answers it and the words that do.
ANSWERS = {
    "en": [
        ("sample-fr-border-crossing", "Ishkashim (102 personnes)"),
        ("sample-de-chemical-jobs", "insgesamt 1.450"),
        ("sample-ru-velma-barges", "62\u00a0баржи"),
        ("sample-en-coins-recovered", "Nine of the eleven gold coins"),
    ],
    "fr": [
        ("sample-fr-border-crossing", "Khorog (312)"),
        ("sample-en-storm-airport", "cancelling 143 flights"),
        ("sample-es-chess-open", "Lidia Vorontsova, de 17 años, ganó"),
        ("sample-de-chemical-jobs", "insgesamt 1.450"),
    ],
    "de": [
        ("sample-de-velm-flood-update", "4.150\u00a0Menschen evakuiert"),
        ("sample-fr-border-crossing", "20\u202f000\u00a0soldats"),
        ("sample-es-malaria-nets", "redujo un 38\u00a0%"),
        ("sample-es-night-train", "241 personas"),
    ],
    "es": [
        ("sample-es-coin-arrests", "Nueve de ellas aparecieron"),
        ("sample-ru-border-exercise", "около 230\u00a0000\u00a0человек"),
        ("sample-fr-solar-plant", "780\u00a0millions de dollars"),
        ("sample-de-chemical-jobs", "insgesamt 1.450"),
    ],
    "ru": [
        ("sample-ru-velma-barges", "62\u00a0баржи"),
        ("sample-en-storm-airport", "cancelling 143 flights"),
        ("sample-es-malaria-nets", "redujo un 38\u00a0%"),
        ("sample-en-coin-theft", "€420,000"),
    ],
    "ar": [
        ("sample-ar-malaria-nets", "٤٥٠ ألف ناموسية"),
        ("sample-ar-solar-plant-delay", "بسبب تأخر خط النقل"),
        ("sample-en-storm-airport", "cancelling 143 flights"),
        ("sample-fr-border-crossing", "20\u202f000\u00a0soldats"),
    ],
    "zh": [
        ("sample-zh-solar-panels", "133万块"),
        ("sample-en-storm-airport", "cancelling 143 flights"),
        ("sample-de-velm-flood-update", "48\u00a0Mio.\u00a0Euro"),
        ("sample-es-malaria-nets", "redujo un 38\u00a0%"),
    ],
}


def read_folder(folder: str) -> dict[str, dict[str, object]]:
    """The parsed files of one folder, by language tag."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted((PROMPTS / folder).iterdir())
    }


REFUSALS = read_folder("refusals")
SUGGESTIONS = read_folder("suggestions")


def documented_variables() -> dict[str, set[str]]:
    """The keys in which each variable may stand, from the table in prompts/README.md."""
    section = (PROMPTS / "README.md").read_text(encoding="utf-8").split("## Variables")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `\{(\w+)\}` \|[^|]+\|([^|]+)\|$", section, re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", allowed)) for name, allowed in rows}


def used_variables(text: str) -> set[str]:
    """The variables of a text in str.format's notation."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_prompts_variables_match_the_readme() -> None:
    """What the texts use in each key is what the table allows there, no more and no less."""
    used: dict[str, set[str]] = {}
    for texts in REFUSALS.values():
        for key, text in texts.items():
            for name in used_variables(str(text)):
                used.setdefault(name, set()).add(key)
    assert used == documented_variables()


def test_refusals_cover_the_languages() -> None:
    """Each promised language has its file, named by a BCP 47 tag."""
    assert set(REFUSALS) >= LANGUAGES
    assert all(re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", tag) for tag in REFUSALS)
    assert all(path.suffix == ".toml" for path in PROMPTS.glob("*/*"))


@pytest.mark.parametrize("language", REFUSALS)
def test_refusal_file_is_complete_and_can_be_filled_in(language: str) -> None:
    """Exactly the known keys, one line and one sentence each, and the number stands where it should."""
    texts = REFUSALS[language]
    assert set(texts) - {BETWEEN} == {*REASONS, MISSING}
    sentences = {key: text for key, text in texts.items() if key != BETWEEN}
    for key, text in sentences.items():
        assert isinstance(text, str) and text == text.strip() and "\n" not in text
        filled = text.format(articles=1240, missing="Velm")
        assert ("1240" in filled) == (key in {"nothing_relevant", "not_stated"})
        assert ("Velm" in filled) == (key == MISSING)
        assert re.search(r"[:：] ?\{missing\}", text) or key != MISSING, "no case, no number: after a colon"
        assert "{" not in filled and "}" not in filled
        assert len(re.findall(SENTENCE_ENDS, filled)) == (0 if language == "th" else 1), "one sentence"
        assert language == "th" or re.fullmatch(SENTENCE_ENDS, filled[-1])
    assert len(set(texts.values())) == len(texts)


def test_refusals_differ_between_languages() -> None:
    """No file is a forgotten copy of the English one."""
    copies = [
        tag
        for tag, texts in REFUSALS.items()
        if tag != "en" and set(texts.values()) & set(REFUSALS["en"].values())
    ]
    assert copies == []


def test_readme_describes_every_reason() -> None:
    """The table of refusals has a row for each key."""
    rows = re.findall(r"^\| `(\w+)` \|", (PROMPTS / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(rows) == REASONS


def test_suggestions_cover_the_sample_languages() -> None:
    """One file for each language of the samples."""
    assert set(SUGGESTIONS) == SAMPLE_LANGUAGES == set(ANSWERS)


@pytest.mark.parametrize("language", sorted(SAMPLE_LANGUAGES))
def test_suggestions_are_answered_by_the_samples(language: str) -> None:
    """Three to five questions; the samples answer each, one at least from an article in another language."""
    assert set(SUGGESTIONS[language]) == {"questions"}
    questions = SUGGESTIONS[language]["questions"]
    assert isinstance(questions, list) and 3 <= len(questions) <= 5 and len(set(questions)) == len(questions)
    assert all(question[-1] in "?？؟" and len(question) <= 2000 for question in questions)
    texts = {
        article["id"]: article["text"]
        for path in (ROOT / "samples").glob("*.jsonl")
        for article in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    }
    for question, (identifier, words) in zip(questions, ANSWERS[language], strict=True):
        assert words in texts[identifier], f"{identifier} no longer answers: {question}"
    assert any(not identifier.startswith(f"sample-{language}-") for identifier, _ in ANSWERS[language])
