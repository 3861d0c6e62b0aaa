"""What the check of written statements is fitted on, and that its weights fit the signs that the service reads."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexing.archive.bundled_model import BundledModel
from indexing.archive.encoder import Encoder
from indexing.archive.word_vectors import WordEncoder
from service.answering.common_words import common_words
from service.answering.written.align_words import AlignWords
from service.answering.written.name_signs import NameSigns
from service.answering.written.name_weights import name_weights, read_weights
from training.fit_names import SENTENCES, rows_of
from training.name_pairs import Candidate, NamePair, NamePairs, read_sentences
from training.pair_weights import fit_pairs, lowest_odds
from training.training_data import Context

FERRY = "The ferry from Rostock to Gedser was built in Finland."
STATUE = "Kowalski gave the statue to the museum in Maastricht."
ROWS = (
    {
        "passage": "1",
        "start": 0,
        "end": len(FERRY),
        "language": "en",
        "translations": {
            "fr": "Le ferry de Rostock à Gedser a été construit en Finlande.",
            "es": "El ferri de Rostock a Gedser se construyó en Finlandia.",
            "de": "Die Fähre von Rostock nach Gedser wurde in Finnland gebaut.",
            "ru": "Паром из Ростока в Гедсер построен в Финляндии.",
        },
    },
    {
        "passage": "2",
        "start": 0,
        "end": len(STATUE),
        "language": "en",
        "translations": {
            "fr": "Kowalski a offert la statue au musée de Maastricht.",
            "es": "Kowalski regaló la estatua al museo de Maastricht.",
            "de": "Kowalski schenkte die Statue dem Museum in Maastricht.",
            "ru": "Ковальский подарил статую музею в Маастрихте.",
        },
    },
)
FAR = NameSigns(0.4, 0.75, 3.0, 3.0, False, 0.5, False, 0.3, 0.3)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("sentences")
    (folder / "0.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return read_sentences(folder, [Context("1", "en", FERRY), Context("2", "en", STATUE)])


def test_a_sentence_is_read_from_its_passage_with_its_translations(
    sentences: list[tuple[str, dict[str, str]]],
) -> None:
    assert sentences[0][1]["en"] == FERRY
    assert sorted(sentences[0][1]) == ["de", "en", "es", "fr", "ru"]


def test_what_is_put_in_is_a_candidate_and_names_that_spelling_finds_are_none(
    sentences: list[tuple[str, dict[str, str]]], models: Path, encoder: Encoder
) -> None:
    align = AlignWords(WordEncoder(BundledModel.open(models), encoder.tokenizer, encoder.table))
    pairs = list(NamePairs(align, common_words(encoder.tokenizer), 1).pairs(sentences))
    exchanged = [pair for pair in pairs if pair.exchanged]
    assert exchanged
    assert any(one.put_in for pair in exchanged for one in pair.candidates)
    true = [one for pair in pairs if not pair.exchanged for one in pair.candidates]
    assert not any(one.put_in or (one.by_capital and one.signs is None) for one in true)


def test_the_regression_parts_near_from_far_and_its_threshold_lets_the_share_through() -> None:
    draw = np.random.default_rng(0)
    pairs = [
        NamePair(
            str(number),
            "en",
            "de",
            True,
            exchanged,
            tuple(
                Candidate(
                    replace(FAR, near=0.4 + 0.4 * (not exchanged) + 0.1 * float(draw.standard_normal())),
                    by_capital,
                    exchanged,
                )
                for by_capital in (True, False)
            ),
        )
        for number in range(200)
        for exchanged in (True, False)
    ]
    weights = fit_pairs(pairs, lambda german: 0.0, 0.1)
    passed = {
        exchanged: np.mean(
            [
                lowest_odds(pair, weights, lambda german: 0.0) >= weights.least
                for pair in pairs
                if pair.exchanged == exchanged
            ]
        )
        for exchanged in (True, False)
    }
    assert passed[True] == pytest.approx(0.1, abs=0.03)
    assert passed[False] > 0.95


def test_the_weights_that_come_with_the_service_are_for_the_signs_that_it_reads() -> None:
    weights = name_weights()
    again = read_weights(json.loads(json.dumps(rows_of(weights))))
    assert rows_of(again) == rows_of(weights)
    assert len(weights.name) == 384
    for pair in (weights.one_script, weights.across_scripts):
        for one in (pair.by_capital, pair.by_vectors):
            assert list(one.signs) == list(FAR.values())


def test_every_translated_sentence_is_in_all_five_languages() -> None:
    rows = [
        json.loads(line)
        for path in SENTENCES.glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert len(rows) == 597
    assert all({row["language"], *row["translations"]} == {"en", "fr", "de", "es", "ru"} for row in rows)
