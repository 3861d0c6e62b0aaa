"""The evaluation sets in; true statements, each with the quote that proves it, out.

XQuAD: the statement is the sentence with the answer in language A, its quote the parallel sentence in B. The French
sets have no translations: there both are the same sentence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evaluation.evaluation_sets import XQUAD_LANGUAGES, EvaluationSets, SetQuestion, SourceArticle, Span
from indexing.canonical_text import canonical_text
from indexing.split_sentences import split_sentences

# Translators join and part sentences, and then the sentence with the answer says more in one language than in another:
# only sentences that are the same one of as many in their paragraph are taken, and of no very unequal length.
_LEAST_RATIO, _MOST_RATIO = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A true statement; `answer` is what it states, as it and as its quote put it."""

    id: str
    """The same for all languages of one question."""
    question: str
    """In the statement's language."""
    statement: str
    language: str
    quote: str
    quote_language: str
    article: str
    """The whole text that the quote is from."""
    story: str
    answer: str
    quoted_answer: str
    place: tuple[int, int] = (0, 1)
    """Which sentence of its paragraph it is, and of how many."""


@dataclass(frozen=True, slots=True)
class Corrupted:
    """A pair that was made untrue, by its statement, its quote, or the article that the quote is said to be from."""

    kind: str
    pair: Pair
    how: str


def is_crossing(pair: Pair) -> bool:
    """Whether statement and quote are in two languages."""
    return pair.language != pair.quote_language


def statement_pairs(sets: EvaluationSets) -> list[Pair]:
    """Every pair, of all languages and crossings; those of one id say the same."""
    sides = {
        language: _sides(sets.xquad_questions[language], sets.xquad_articles[language])
        for language in XQUAD_LANGUAGES
    }
    pairs = [
        pair
        for stated in XQUAD_LANGUAGES
        for quoted in XQUAD_LANGUAGES
        for key in sides[stated]
        if key in sides[quoted]
        for pair in _joined(sides[stated][key], sides[quoted][key])
    ]
    for questions, articles in (
        (sets.piaf_questions, sets.piaf_articles),
        (sets.news_questions, sets.news_articles),
        (sets.afriqa_questions, sets.afriqa_articles),
    ):
        pairs += _sides(questions, articles).values()
    return pairs


def _sides(questions: Sequence[SetQuestion], articles: Sequence[SourceArticle]) -> dict[str, Pair]:
    """By the id that translations share: a sentence as its own quote."""
    texts = {article.id: canonical_text(article.text) for article in articles}
    languages = {article.id: article.language for article in articles}
    sentences = {one: list(split_sentences(text, languages[one])) for one, text in texts.items()}
    found = {}
    for question in questions:
        if not question.answers or question.article_id is None:
            continue
        text, answer = texts[question.article_id], question.answers[0]
        span = next(_around(answer, sentences[question.article_id]), None)
        if span is not None:
            sentence = text[slice(*span)]
            key = question.id.removesuffix(f"-{question.language}")
            language = languages[question.article_id]
            story = question.story or question.article_id
            found[key] = Pair(
                key,
                question.text,
                sentence,
                language,
                sentence,
                language,
                text,
                story,
                answer.text,
                answer.text,
                _place(span, text, sentences[question.article_id]),
            )
    return found


def _around(answer: Span, sentences: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for start, end in sentences:
        if start <= answer.start and answer.end <= end:
            yield start, end


def _place(span: tuple[int, int], text: str, sentences: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Which sentence of its paragraph (line) it is, and of how many."""
    first = text.rfind("\n", 0, span[0]) + 1
    end = text.find("\n", span[1])
    paragraph = [one for one in sentences if first <= one[0] and (end < 0 or one[1] <= end)]
    return paragraph.index(span), len(paragraph)


def _joined(stated: Pair, quoted: Pair) -> Iterator[Pair]:
    if stated.place != quoted.place:
        return
    if _LEAST_RATIO < len(stated.statement) / len(quoted.quote) < _MOST_RATIO:
        yield replace(
            stated,
            quote=quoted.quote,
            quote_language=quoted.quote_language,
            article=quoted.article,
            quoted_answer=quoted.quoted_answer,
        )
