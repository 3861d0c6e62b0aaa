"""Reads the sample articles; checks their format, their facts and that no text was taken from elsewhere."""

import json
import os
import re
import unicodedata
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
LANGUAGES = {"ar", "de", "en", "es", "fr", "ru", "zh"}
FIELDS = {
    "id",
    "title",
    "text",
    "url",
    "source",
    "author",
    "language",
    "published",
    "tags",
    "citewell_sample",
}
CROSSING_PLACES = ["Shamsiddin Shohin", "Ruzvai", "Nulvad", "Humrogi", "Khorog", "Ishkashim", "Langar"]
SHARED_CHARACTERS = 60  # a run this long is a copied sentence; names and figures of the facts are shorter


def read_samples() -> list[tuple[str, dict[str, Any]]]:
    """Each sample article with the name of its file, without the ending."""
    return [
        (path.name.removesuffix(".jsonl"), json.loads(line))
        for path in sorted(SAMPLES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


ARTICLES = read_samples()
each_article = pytest.mark.parametrize(
    ("language", "article"), ARTICLES, ids=[article["id"] for _, article in ARTICLES]
)


def evaluation_data() -> Path:
    """The folder of the evaluation data; skips the test when there is none."""
    folder = Path(os.environ.get("EVALUATION_DATA") or ROOT.parent / "shared" / "data")
    if not any((folder / "seed").glob("*.txt")):
        pytest.skip(f"no seed/*.txt under {folder}; set EVALUATION_DATA to the evaluation data")
    return folder


def runs(text: str) -> set[str]:
    """All runs of SHARED_CHARACTERS characters of the text, white space and case made equal."""
    plain = " ".join(text.casefold().split())
    return {plain[start : start + SHARED_CHARACTERS] for start in range(len(plain) - SHARED_CHARACTERS + 1)}


def article(identifier: str) -> dict[str, Any]:
    """The sample article of that id."""
    return next(candidate for _, candidate in ARTICLES if candidate["id"] == identifier)


def test_samples_cover_seven_languages() -> None:
    """At least 15 articles, two or more in each language."""
    counts = Counter(language for language, _ in ARTICLES)
    assert set(counts) == LANGUAGES
    assert len(ARTICLES) >= 15 and min(counts.values()) >= 2, counts


def test_samples_ids_are_unique() -> None:
    """No id is used twice."""
    counts = Counter(article["id"] for _, article in ARTICLES)
    assert [identifier for identifier, count in counts.items() if count > 1] == []


@each_article
def test_sample_has_the_article_format(language: str, article: dict[str, Any]) -> None:
    """All fields are there and filled, the id needs no hashing, and the date is RFC 3339."""
    assert set(article) == FIELDS
    assert all(article.values())
    assert re.fullmatch(r"[A-Za-z0-9._~-]{1,128}", article["id"])
    assert article["id"].startswith(f"sample-{language}-")
    assert article["language"] == language
    assert article["tags"][0] == "sample"
    assert article["url"].startswith("https://example.org/")
    datetime.fromisoformat(article["published"])
    assert len(article["title"]) <= 80


@each_article
def test_sample_text_is_canonical(language: str, article: dict[str, Any]) -> None:
    """NFC, no control characters but the line end, no stray or doubled white space."""
    for text in (article["title"], article["text"]):
        assert unicodedata.is_normalized("NFC", text)
        assert text == text.strip()
        assert not [
            character for character in text if unicodedata.category(character) == "Cc" and character != "\n"
        ]
        assert not re.search(r"\s[ \t]|[ \t]\s|\n{3,}", text)


@each_article
def test_sample_is_a_short_article(language: str, article: dict[str, Any]) -> None:
    """120 to 350 words, or 200 to 700 characters in Chinese."""
    text = article["text"]
    if language == "zh":
        assert 200 <= len(text) <= 700
    else:
        assert 120 <= len(text.split()) <= 350


def test_border_crossing_numbers_add_up() -> None:
    """The seven places of the French article have 1,037 soldiers in all, as it says."""
    text = article("sample-fr-border-crossing")["text"]
    counts = []
    for place in CROSSING_PLACES:
        found = re.search(rf"{place} \((\d+)(?:\s?personnes)?\)", text)
        assert found, f"no number at {place}"
        counts.append(int(found[1]))
    assert counts == [104, 213, 83, 173, 312, 102, 50]
    assert sum(counts) == 1037
    assert "1\u202f037" in text and "20\u202f000" in text
    assert "Ishkashim (102 personnes)" in text


def test_samples_border_numbers_by_place_stand_in_one_article_only() -> None:
    """The English question about Ishkashim can be answered from the French article alone."""
    naming = [
        article["id"]
        for _, article in ARTICLES
        if "Ishkashim" in article["text"] or "Ишкашим" in article["text"]
    ]
    assert naming == ["sample-fr-border-crossing"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("sample-de-velm-flood-update", "4.150"), ("sample-fr-velme-flood", "3\u202f900")),
        (("sample-de-velm-flood-update", "48\u00a0Mio."), ("sample-ru-velma-barges", "51\u00a0млн")),
        (("sample-en-coin-theft", "€420,000"), ("sample-fr-coin-theft", "380\u202f000")),
        (("sample-ar-solar-plant-delay", "740 مليون"), ("sample-fr-solar-plant", "780\u00a0millions")),
        (("sample-es-chess-open", "186"), ("sample-ru-chess-open", "184")),
        (("sample-en-night-train", "254"), ("sample-es-night-train", "241")),
        (("sample-de-velm-flood", "3.200"), ("sample-de-velm-flood-update", "4.150")),
    ],
)
def test_samples_disagree_where_the_readme_says_so(first: tuple[str, str], second: tuple[str, str]) -> None:
    """Each paper gives its own figure."""
    for identifier, figure in (first, second):
        assert figure in article(identifier)["text"]


def test_samples_hold_difficult_characters() -> None:
    """An emoji, combining marks that NFC keeps, Arabic digits, abbreviations, a title in capitals."""
    everything = "\n".join(article["title"] + "\n" + article["text"] for _, article in ARTICLES)
    for needed in ("🙏🏽", "а\u0301", "١٢٬٤٨٠", "M.\u00a0Dupont", "z.\u00a0B.", "т.\u00a0е."):
        assert needed in everything, f"missing: {needed!r}"
    assert any(article["title"].isupper() for _, article in ARTICLES)


def test_samples_readme_names_every_article() -> None:
    """The table of stories lists each article with its date, and no other."""
    table = (
        (SAMPLES / "README.md")
        .read_text(encoding="utf-8")
        .split("## Stories and languages")[1]
        .split("\n## ")[0]
    )
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if line.startswith("|")
    ]
    languages = rows[0][1:]
    listed = {
        (f"sample-{language}-{slug}", day)
        for row in rows[2:]
        for language, cell in zip(languages, row[1:], strict=True)
        for slug, day in re.findall(r"`([^`]+)` (\d{4}-\d\d-\d\d)", cell)
    }
    assert listed == {(article["id"], article["published"][:10]) for _, article in ARTICLES}


def test_samples_share_no_sentence_with_the_seed() -> None:
    """The border story retells facts; no run of 60 characters is taken from the text that first told them."""
    seed_runs = {
        run
        for path in sorted((evaluation_data() / "seed").glob("*.txt"))
        for run in runs(path.read_text(encoding="utf-8"))
    }
    assert seed_runs
    shared = {
        article["id"]: found
        for _, article in ARTICLES
        if (found := sorted(runs(article["text"]) & seed_runs))
    }
    assert not shared, f"copied: {shared}"
