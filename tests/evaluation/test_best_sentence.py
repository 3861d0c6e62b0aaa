"""Without a reader: the real encoder ranks whole sentences, in passages and in an archive."""

from evaluation.attempts import DenseBestSentence
from evaluation.best_sentence import BestSentence
from indexing.add_articles import Reading, add_articles, article_input
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder

BRIDGE = (
    "The river froze early. The old bridge was closed on Monday after 214 cracks were found. Boats waited."
)


def test_the_nearest_sentence_of_each_passage_is_marked_whole(encoder: Encoder) -> None:
    reader = BestSentence(encoder)
    reader.prepare([BRIDGE])
    first, empty = reader.read("How many cracks did the old bridge have?", [BRIDGE, ""])
    assert BRIDGE[first[0].start : first[0].end].startswith("The old bridge")
    assert [one.score for one in first] == sorted((one.score for one in first), reverse=True)
    assert empty == []


def test_most_limits_the_sentences(encoder: Encoder) -> None:
    [found] = BestSentence(encoder).read("cracks?", [BRIDGE], most=1)
    assert len(found) == 1


async def test_in_an_archive_the_best_sentence_of_the_nearest_passages_answers(
    archive: Archive, encoder: Encoder
) -> None:
    for id, text in (("bridge", BRIDGE), ("plums", "Farmers brought in 37 tonnes of plums this year.")):
        reading = Reading(
            place=id, item=article_input({"id": id, "title": id, "text": text}), default_id=None, error=None
        )
        async for _ in add_articles([reading], archive, encoder, max_characters=10_000):
            pass
    attempt = await DenseBestSentence(archive, encoder).attempt("How many cracks did the old bridge have?")
    assert "214 cracks" in attempt.text
    assert attempt.ranked[0] == "bridge"
    assert attempt.quoted[0].article_id == "bridge"
    assert attempt.features["margin"] > 0
    assert set(attempt.features) == {"sentence", "passage", "margin"}


async def test_an_empty_archive_has_no_answer(archive: Archive, encoder: Encoder) -> None:
    assert (await DenseBestSentence(archive, encoder).attempt("Anything?")).text == ""
