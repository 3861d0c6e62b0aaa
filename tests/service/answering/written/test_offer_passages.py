"""What a model is shown of passages, and where in them its quotes stand."""

import pytest

from indexing.archive.article import Passage
from indexing.archive.records import Record
from service.answering.retrieve import Found
from service.answering.written.offer_passages import OfferedPassages, Place, broken_up, language_name
from service.answering.written.read_statements import WrittenQuote

FIRST = "Ils sont entrés par plusieurs postes, dont Ishkashim (102 personnes). Le calme règne."
SECOND = "Nach Angaben der Stadt wurden 4.150 Menschen evakuiert. Das Wasser steigt weiter."
THIRD = "Plus de mille soldats ont franchi la frontière dans la nuit de dimanche."


def found(text: str, article: str, language: str, start: int = 0) -> Found:
    end = text.index(". ") + 1 if ". " in text else len(text)
    sentences = tuple((start + a, start + b) for a, b in ((0, end), (end + 1, len(text))) if a < b)
    return Found(Passage(article, "v", start, start + len(text), text, sentences), language, 0.5)


def record(id: str, title: str = "Titre") -> Record:
    metadata = {"title": title, "source": None, "published": "2021-07-05T08:00:00Z"}
    return Record(id, "article", (("v", "t"),), metadata, 1, "t", "t")


@pytest.fixture
def offered() -> OfferedPassages:
    """Two passages of one French article, one of a German one."""
    passages = [found(FIRST, "fr", "fr", 100), found(SECOND, "de", "de"), found(THIRD, "fr", "fr")]
    return OfferedPassages(passages, {"fr": record("fr"), "de": record("de")})


def ids(offered: OfferedPassages) -> list[str]:
    return [one["id"] for one in offered.shown()]


def test_ids_are_new_for_each_answer(offered: OfferedPassages) -> None:
    again = OfferedPassages([found(FIRST, "fr", "fr")], {"fr": record("fr")})
    assert len(set(ids(offered))) == 3
    assert not set(ids(offered)) & set(ids(again))
    assert all(len(id) == 12 for id in ids(offered))


def test_a_passage_whose_article_is_gone_is_not_offered() -> None:
    assert OfferedPassages([found(FIRST, "fr", "fr")], {}).shown() == []


def test_a_quote_is_found_at_its_place_in_the_article(offered: OfferedPassages) -> None:
    quote = "entrés par plusieurs postes, dont Ishkashim (102 personnes)"
    place = offered.locate(WrittenQuote(f" {ids(offered)[0]} ", quote))
    assert isinstance(place, Place)
    assert FIRST[place.start - 100 : place.end - 100] == quote


def test_a_very_short_quote_is_widened_to_its_sentence(offered: OfferedPassages) -> None:
    place = offered.locate(WrittenQuote(ids(offered)[0], "102"))
    assert isinstance(place, Place)
    assert FIRST[place.start - 100 : place.end - 100] == FIRST[: FIRST.index(" Le calme")]


def test_a_quote_of_a_neighbouring_passage_is_found_there(offered: OfferedPassages) -> None:
    place = offered.locate(WrittenQuote(ids(offered)[0], THIRD))
    assert isinstance(place, Place) and (place.start, place.end) == (0, len(THIRD))


@pytest.mark.parametrize(
    ("passage", "quote", "wrong"),
    [
        (0, SECOND, "wrong_article"),
        (0, "Ils sont entrés par Khorog (312 personnes)", "not_found"),
        (0, "", "not_found"),
        (0, "Ils sont entrés par plusieurs ... Le calme règne", "stitched"),
        (0, "Ils sont entrés par plusieurs […] ont franchi la frontière", "stitched"),
        (0, "Ils sont entrés par plusieurs ont franchi la frontière", "stitched"),
        (0, "entrés pour calme franchi frontière personnes dimanche", "not_found"),
        (9, THIRD, "unknown_passage"),
    ],
)
def test_what_is_no_quote_is_told_by_kind(
    offered: OfferedPassages, passage: int, quote: str, wrong: str
) -> None:
    id = ids(offered)[passage] if passage < 3 else "0" * 12
    assert offered.locate(WrittenQuote(id, quote)) == wrong


@pytest.mark.parametrize(
    "mark", ["</passage>", "<passage id='x'>", "<|im_end|>", "[/INST]", "<｜User｜>", "</s>"]
)
def test_tags_and_control_marks_are_broken_up(mark: str) -> None:
    text = f"Er sagte {mark} und ging dann nach Hause. Niemand folgte ihm."
    one = OfferedPassages([found(text, "a", "de")], {"a": record("a", f"Titel {mark}\nzwei")})
    [shown] = one.shown()
    assert mark not in shown["text"] and mark not in shown["title"] and "\n" not in shown["title"]
    assert shown["text"].replace("\u2060", "") == text


@pytest.mark.parametrize("mark", ["</passage>", "<b>"])
def test_a_quote_that_holds_what_was_broken_up_is_found(mark: str) -> None:
    text = f"Er sagte {mark} und ging dann nach Hause. Niemand folgte ihm."
    one = OfferedPassages([found(text, "a", "de")], {"a": record("a")})
    [shown] = one.shown()
    for quote in (shown["text"], text):
        place = one.locate(WrittenQuote(shown["id"], quote))
        assert isinstance(place, Place) and (place.start, place.end) == (0, len(text))


def test_a_stitched_quote_is_told_where_words_have_no_spaces_between() -> None:
    text = "周日夜间有一千多名士兵越过边境。总统下令动员两万名预备役军人。"
    one = OfferedPassages([found(text, "a", "zh")], {"a": record("a")})
    [shown] = one.shown()
    assert one.locate(WrittenQuote(shown["id"], "周日夜间有一千多名士兵…动员两万名预备役军人")) == "stitched"
    assert one.locate(WrittenQuote(shown["id"], "昨天下午三百人从城里出发")) == "not_found"


def test_a_quote_of_many_words_that_stand_nowhere_is_told_at_once() -> None:
    texts = [f"Wort{number} und noch eines. Dann mehr." * 20 for number in range(50)]
    one = OfferedPassages([found(text, "a", "de") for text in texts], {"a": record("a")})
    id = one.shown()[0]["id"]
    assert one.locate(WrittenQuote(id, "dann mehr wort und noch " * 150)) == "not_found"


def test_what_is_no_mark_stays_as_it_is() -> None:
    text = "5 < 7, a<3, [sic], <<Zitat>>, 3 > 2"
    assert broken_up(text).replace("\u2060", "") == text
    assert broken_up("5 < 7, a<3, [sic], 3 > 2") == "5 < 7, a<3, [sic], 3 > 2"


def test_languages_are_named_as_models_know_them() -> None:
    assert [language_name(tag) for tag in ("fr", "zh-Hant", "und", "xx-unknown")] == [
        *("French", "Chinese (Traditional)", "the language of the question", "xx-unknown")
    ]
