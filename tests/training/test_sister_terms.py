"""Words and their relations out of a small WordNet, written here in the format of the real one."""

from pathlib import Path

import pytest

from training.sister_terms import FOLDER, Form, SisterTerms

LICENCE = "  1 This is the licence.\n"
# part, key: words, field, pointers (sign, key of the target)
SYNSETS: dict[str, dict[str, tuple[str, list[str], list[tuple[str, str]]]]] = {
    "noun": {
        "animal": ("05", ["animal", "beast"], [("~", "dog"), ("~", "cat"), ("~", "horse"), ("~", "bird")]),
        "dog": ("05", ["dog", "hound"], [("@", "animal")]),
        "cat": ("05", ["cat"], [("@", "animal")]),
        "horse": ("05", ["horse"], [("@", "animal")]),
        "bird": ("05", ["bird"], [("@", "animal"), ("~", "eagle")]),
        "eagle": ("05", ["eagle"], [("@", "bird")]),
        "norway": ("15", ["Norway"], []),
    },
    "verb": {
        "increase": ("30", ["increase", "grow"], [("!", "decrease")]),
        "decrease": ("30", ["decrease"], [("!", "increase")]),
    },
    "adj": {
        "large": ("00", ["large"], [("!", "small"), ("&", "huge")]),
        "small": ("00", ["small"], [("!", "large")]),
        "huge": ("00", ["huge"], [("&", "large")]),
    },
    "adv": {"here": ("02", ["here"], [])},
}


def write_wordnet(folder: Path) -> Path:
    """Write the synsets above; a synset's name is its place in its file, so the lines are set out twice."""
    for name, synsets in SYNSETS.items():
        kind = "r" if name == "adv" else name[0]
        places = dict.fromkeys(synsets, 0)
        for _ in range(2):
            text = LICENCE
            for key, (field, words, pointers) in synsets.items():
                places[key] = len(text)
                written = " ".join(f"{word} 0" for word in words)
                led = " ".join(f"{sign} {places[to]:08} {kind} 0000" for sign, to in pointers)
                text += f"{places[key]:08} {field} {kind} {len(words):02x} {written} {len(pointers):03} {led}"
                text += " | a gloss  \n"
        (folder / f"data.{name}").write_text(text)
        senses: dict[str, list[int]] = {}
        for key, (_, words, _) in synsets.items():
            for word in words:
                senses.setdefault(word.lower(), []).append(places[key])
        lines = (
            f"{word} {kind} {len(found)} 1 @ {len(found)} 0 {' '.join(f'{place:08}' for place in found)}  \n"
            for word, found in sorted(senses.items())
        )
        (folder / f"index.{name}").write_text(LICENCE + "".join(lines))
    (folder / "verb.exc").write_text("grew grow\ngrown grow\n")
    (folder / "cntlist.rev").write_text("dog%1:05:00:: 1 42\nlarge%3:00:00:: 1 40\nincrease%2:30:00:: 1 30\n")
    return folder


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> SisterTerms:
    """The small WordNet, read."""
    return SisterTerms(write_wordnet(tmp_path_factory.mktemp("wordnet")))


def test_folder_without_wordnet_is_refused_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="apt-get install wordnet-base"):
        SisterTerms(tmp_path)


def test_sisters_are_other_kinds_but_not_the_kind_itself(terms: SisterTerms) -> None:
    assert set(terms.sisters("dog", "n")) == {"cat", "horse", "bird"}
    assert terms.sisters("animal", "n") == ()


def test_opposites_are_found_directly_and_through_similar_adjectives(terms: SisterTerms) -> None:
    assert terms.opposites("increase", "v") == ("decrease",)
    assert terms.opposites("large", "a") == ("small",)
    assert terms.opposites("huge", "a") == ("small",)
    assert terms.opposites("dog", "n") == ()


def test_related_words_hold_synonyms_and_what_is_above(terms: SisterTerms) -> None:
    assert {"dog", "hound", "animal", "beast"} <= terms.related("dog", "n")
    assert "cat" not in terms.related("dog", "n")


@pytest.mark.parametrize(
    ("word", "lemma", "part", "form"),
    [
        ("dogs", "dog", "n", Form.S),
        ("increased", "increase", "v", Form.PAST),
        ("increasing", "increase", "v", Form.ING),
        ("increases", "increase", "v", Form.S),
        ("grew", "grow", "v", Form.PAST),
        ("large", "large", "a", Form.BASE),
    ],
)
def test_inflected_words_are_read_back(
    terms: SisterTerms, word: str, lemma: str, part: str, form: Form
) -> None:
    reading = terms.readings(word)[0]
    assert (reading.lemma, reading.part, reading.form) == (lemma, part, form)
    assert lemma in terms.lemmas(word)


@pytest.mark.parametrize(
    ("lemma", "part", "form", "expected"),
    [
        ("dog", "n", Form.S, "dogs"),
        ("city", "n", Form.S, "cities"),
        ("church", "n", Form.S, "churches"),
        ("decrease", "v", Form.PAST, "decreased"),
        ("decrease", "v", Form.ING, "decreasing"),
        ("carry", "v", Form.PAST, "carried"),
        ("grow", "v", Form.PAST, None),
    ],
)
def test_lemmas_are_inflected_where_that_is_sure(
    terms: SisterTerms, lemma: str, part: str, form: Form, expected: str | None
) -> None:
    assert terms.inflected(lemma, part, form) == expected


def test_names_have_their_field(terms: SisterTerms) -> None:
    assert terms.field("Norway") == "15"
    assert terms.field("Ishkashim") is None


@pytest.mark.skipif(not FOLDER.exists(), reason="WordNet is not installed: apt-get install wordnet-base")
def test_the_real_wordnet_knows_kinds_and_opposites() -> None:
    terms = SisterTerms()
    assert "lake" in terms.sisters("river", "n")
    assert "husband" in terms.opposites("wife", "n")
    assert {"town"}.isdisjoint(terms.related("river", "n"))
    assert terms.readings("died")[0].lemma == "die"
