"""Changed questions: never the same, never empty, and what is put in is not in the passage."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.test_sister_terms import write_wordnet
from training.exchange_opposite import OPPOSITES, read_opposites
from training.near_misses import NearMisses
from training.sister_terms import SisterTerms
from training.training_data import Context, TrainingData, TrainingQuestion

NAMES = [
    "Arvika",
    "Borlund",
    "Cestria",
    "Dalmora",
    "Estvik",
    "Farnell",
    "Gimsoy",
    "Holmdal",
    "Ivarsen",
    "Jotun",
    "Kestrel",
    "Lunden",
    "Morvik",
]
PASSAGES = {
    "en": "In 1956 the dog club of Arvika was opened by Mara Holm. It increased to 40 large dogs and 12 boats.",
    "fr": "En 1956 le club d'Arvika a été ouvert par Mara Holm. Il compte 40 chiens.",
    "ja": "アルビカの「青い船」は1956年に出版された最初の本で、最大の図書館にある。",
    "zh": "《青船》1956年由马拉出版，是阿尔维卡最大的书。",
    "th": "ในปี 1956 ชมรมของ Arvika ก่อตั้งโดยมารา เป็นชมรมที่ใหญ่ที่สุด",
}
ASKED = {
    "en": ["Who opened the dog club of Arvika in 1956?", "Why were the large dogs shown?", "Who opened it?"],
    "fr": ["Qui a ouvert le club de Arvika en 1956 ?", "Quel club a été ouvert par Mara Holm ?"],
    "ja": ["「青い船」を出版したのは誰ですか?", "最大の図書館はどこですか?", "アルビカの本は何ですか?"],
    "zh": ["谁出版了《青船》？", "阿尔维卡最大的书叫什么？"],
    "th": ["ใครก่อตั้งชมรมของ Arvika", "ชมรมที่ใหญ่ที่สุดคืออะไร"],
}


def question(text: str, language: str, answer: str = "") -> TrainingQuestion:
    """Build a question on the language's passage."""
    start = PASSAGES[language].index(answer)
    return TrainingQuestion(text, language, "made", text, 0, start, start + len(answer))


@pytest.fixture(scope="module")
def near_misses(tmp_path_factory: pytest.TempPathFactory) -> NearMisses:
    """Rules with the small WordNet and the names of questions made for this test."""
    pool = [question(f"Who lives in {name}?", language) for name in NAMES for language in ("en", "fr")]
    pool += [question(f"「{name}」はどこですか?", "ja") for name in NAMES]
    pool += [question(f"How many {things} are there?", "en") for things in ("lamps", "songs", "trees")]
    pool += [question(text, language) for language, texts in ASKED.items() for text in texts]
    data = TrainingData([Context("0", "en", PASSAGES["en"])], pool, [])
    return NearMisses(data, SisterTerms(write_wordnet(tmp_path_factory.mktemp("wordnet"))))


def changes(rules: NearMisses, asked: TrainingQuestion) -> dict[str, set[str]]:
    """All that comes of a question in 80 draws, by the rule."""
    found: dict[str, set[str]] = {}
    for seed in range(80):
        changed, way = rules.change_and_way(asked, PASSAGES[asked.language], np.random.default_rng(seed))
        if changed is not None:
            found.setdefault(way, set()).add(changed)
    return found


@given(seed=st.integers(0, 2**32), language=st.sampled_from(sorted(ASKED)), place=st.integers(0, 2))
def test_changed_question_differs_and_puts_in_what_the_passage_lacks(
    near_misses: NearMisses, seed: int, language: str, place: int
) -> None:
    text = ASKED[language][place % len(ASKED[language])]
    asked = question(text, language)
    changed = near_misses.change(asked, PASSAGES[language], np.random.default_rng(seed))
    if changed is None:
        return
    assert changed.strip()
    assert changed != text
    if language in ("en", "fr"):
        put_in = set(re.findall(r"\w+", changed.casefold())) - set(re.findall(r"\w+", text.casefold()))
        glue = {"in", "en", "a", "an"}
        assert put_in - glue
        assert (put_in - glue).isdisjoint(re.findall(r"\w+", PASSAGES[language].casefold()))


@given(seed=st.integers(0, 2**32))
def test_the_same_draw_gives_the_same_change(near_misses: NearMisses, seed: int) -> None:
    asked = question(ASKED["en"][0], "en")
    first, second = (near_misses.change(asked, PASSAGES["en"], np.random.default_rng(seed)) for _ in range(2))
    assert first == second


def test_english_question_is_changed_by_name_noun_and_figure(near_misses: NearMisses) -> None:
    found = changes(near_misses, question("Who opened the dog club of Arvika in 1956?", "en", "Mara Holm"))
    assert {"name", "noun", "figure"} <= set(found)
    assert all("Arvika" not in text for text in found["name"])
    assert found["noun"] <= {
        f"Who opened the {noun} club of Arvika in 1956?" for noun in ("cat", "horse", "bird")
    }


def test_adjective_is_exchanged_by_its_opposite(near_misses: NearMisses) -> None:
    found = changes(near_misses, question("Why were the large dogs shown?", "en"))
    assert "Why were the small dogs shown?" in found["opposite"]


def test_year_is_added_only_where_the_answer_is_told_with_another(near_misses: NearMisses) -> None:
    asked = question("Quel club a été ouvert par Mara Holm ?", "fr", "le club")
    years = changes(near_misses, asked)["condition"]
    assert all(re.fullmatch(r"Quel club a été ouvert par Mara Holm en \d{4} \?", text) for text in years)
    assert not any("1956" in text for text in years)


@pytest.mark.parametrize("text", ["What is the first name of Holm?", "What is the last name of Holm?"])
def test_a_name_that_is_asked_for_stays(near_misses: NearMisses, text: str) -> None:
    assert {"name", "opposite", "condition"}.isdisjoint(changes(near_misses, question(text, "en")))


def test_verb_last_is_no_opposite_of_first(near_misses: NearMisses) -> None:
    assert "opposite" not in changes(near_misses, question("How long did the dog last?", "en"))


@pytest.mark.parametrize("language", ["ja", "zh", "th"])
def test_languages_without_spaces_are_changed_too(near_misses: NearMisses, language: str) -> None:
    assert any(changes(near_misses, question(text, language)) for text in ASKED[language])


def test_question_that_nothing_fits_stays(near_misses: NearMisses) -> None:
    asked = question("Who?", "en")
    assert near_misses.change(asked, PASSAGES["en"], np.random.default_rng(1)) is None


def test_opposites_come_in_pairs_of_different_words() -> None:
    for line in OPPOSITES.read_text("utf-8").splitlines():
        _, left, right = line.split("\t")
        assert left != right


@pytest.mark.parametrize(("language", "table"), sorted(read_opposites().items()))
def test_opposites_are_found_both_ways(language: str, table: dict[str, str]) -> None:
    assert set(table.values()) <= set(table), language
