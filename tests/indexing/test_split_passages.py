"""Passages of an article: whole sentences, exact offsets, nothing lost, no more than the encoder sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from indexing.archive.article import Passage
from indexing.archive.encoder import Encoder
from indexing.split_passages import ENCODER_LIMIT, embedding_text, split_passages
from indexing.split_sentences import split_sentences

SENTENCES = [f"Satz Nummer {number} steht hier und sagt wenig." for number in range(60)]
PIECES = st.sampled_from(
    [
        ". ",
        "! ",
        "。",
        "؟ ",
        "\n",
        "\n\n",
        " ",
        "  ",
        "\u202f",
        ", ",
        "; ",
        "mot",
        "слово ",
        "كلمة ",
        "שלום ",
        "词语",
        "คำ",
        "e\u0301",
        "\u0301",
        "👩‍👩‍👧‍👦",
        "🇫🇷",
        "\u200b",
        "\u202e",
        "\ufdfa",
        "1 037",
        "3.5",
        "« ",
        " »",
        "한국어",
        "x" * 40,
    ]
)
ANY_TEXT = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=120).map("".join))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """A small tokenizer of the same make as the encoder's, trained here."""
    small = Tokenizer(models.Unigram())
    small.normalizer = normalizers.NFKC()
    small.pre_tokenizer = pre_tokenizers.Metaspace()
    small.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<s>", "</s>", "<unk>"], unk_token="<unk>"
    )
    small.train_from_iterator([*SENTENCES, "mot слово كلمة שלום 词语 한국어 คำ 1 037 3.5"] * 5, trainer)
    ids = [("<s>", small.token_to_id("<s>")), ("</s>", small.token_to_id("</s>"))]
    small.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ids)
    return small


def split(text: str, tokenizer: Tokenizer, language: str = "de", **sizes: int | str) -> list[Passage]:
    return split_passages(text, language, article_id="a", version="v", tokenizer=tokenizer, **sizes)  # type: ignore[arg-type]


def assert_sound(text: str, passages: list[Passage]) -> None:
    """What holds for the passages of any text."""
    covered = bytearray(len(text))
    for passage in passages:
        assert passage.text == text[passage.start : passage.end]
        assert passage.text and passage.text == passage.text.strip()
        assert passage.sentences[0][0] == passage.start
        assert passage.sentences[-1][1] == passage.end
        position = passage.start
        for start, end in passage.sentences:
            assert position <= start < end
            assert not text[position:start].strip()
            position = end
        covered[passage.start : passage.end] = b"\x01" * (passage.end - passage.start)
    assert all(done or char.isspace() for done, char in zip(covered, text, strict=True))
    assert [passage.end for passage in passages] == sorted({passage.end for passage in passages})
    assert len({passage.id for passage in passages}) == len(passages)


def length(tokenizer: Tokenizer, title: str, passage: Passage) -> int:
    return len(tokenizer.encode(f"passage: {embedding_text(title, passage)}").ids)


@given(
    text=ANY_TEXT,
    language=st.sampled_from(["fr", "zh", "th", "ar", "und"]),
    max_tokens=st.integers(1, 80),
    title=st.text(max_size=150),
)
def test_split_passages_of_any_text_are_sound_and_fit(
    tokenizer: Tokenizer, text: str, language: str, max_tokens: int, title: str
) -> None:
    passages = split(
        text,
        tokenizer,
        language,
        max_tokens=max_tokens,
        title=title,
        encoder_limit=64,
    )
    assert_sound(text, passages)
    whole = set(split_sentences(text, language))
    for passage in passages:
        inside = [span for span in passage.sentences if span not in whole]
        assert all(any(s <= start and end <= e for s, e in whole) for start, end in inside)


@given(text=ANY_TEXT, language=st.sampled_from(["fr", "zh", "ar"]), title=st.text(max_size=200))
def test_split_passages_never_exceed_the_encoder(
    encoder: Encoder, text: str, language: str, title: str
) -> None:
    """However large the passages are asked for, and whatever the title is."""
    long = text * 40
    passages = split(long, encoder.tokenizer, language, max_tokens=10_000, title=title)
    assert_sound(long, passages)
    assert all(length(encoder.tokenizer, title, passage) <= ENCODER_LIMIT for passage in passages)


def test_split_passages_fills_them_with_whole_sentences(tokenizer: Tokenizer) -> None:
    text = " ".join(SENTENCES)
    passages = split(text, tokenizer, max_tokens=100)
    assert_sound(text, passages)
    assert [text[s:e] for passage in passages for s, e in passage.sentences] == SENTENCES
    sizes = [len(tokenizer.encode(passage.text).ids) - 2 for passage in passages]
    assert all(50 < size <= 101 for size in sizes[:-1])


def test_split_passages_are_even(tokenizer: Tokenizer) -> None:
    """No rest of one sentence at the end: what fits two passages is shared between them."""
    sizes = [len(tokenizer.encode(sentence).ids) - 2 for sentence in SENTENCES]
    for count in range(4, 12):
        text = " ".join(SENTENCES[:count])
        passages = split(text, tokenizer, max_tokens=sum(sizes[: count - 1]) + 2 * count)
        assert [len(passage.sentences) for passage in passages] in (
            [count],
            [count // 2, count - count // 2],
            [count - count // 2, count // 2],
        )


def test_split_passages_prefers_the_end_of_a_paragraph(tokenizer: Tokenizer) -> None:
    paragraphs = [" ".join(SENTENCES[start : start + 4]) for start in range(0, 40, 4)]
    text = "\n\n".join(paragraphs)
    size = len(tokenizer.encode(paragraphs[0]).ids)
    passages = split(text, tokenizer, max_tokens=int(size * 1.6))
    assert [passage.text for passage in passages] == paragraphs


@pytest.mark.parametrize(
    ("text", "cut_after"),
    [
        ("; ".join(["dies und das und jenes"] * 40) + ".", r";"),
        ("、".join(["これはとても長い文です"] * 60), r"、"),
        ("، ".join(["هذه جملة طويلة جدا"] * 60), r"،"),
        ("word " * 400, r"word"),
        ("中" * 900, r"中"),
        ("e\u0301" * 900, "\u0301"),
        ("👩‍👩‍👧‍👦" * 200, "👦"),
        ("a" + "\u0301" * 5000, "\u0301"),
    ],
)
def test_split_passages_cuts_a_sentence_that_is_too_long(encoder: Encoder, text: str, cut_after: str) -> None:
    """After a clause, else after a word, else after a grapheme; the parts are the passages' sentences."""
    passages = split(text, encoder.tokenizer, "und", max_tokens=60)
    assert_sound(text, passages)
    assert len(passages) > 1
    assert all(passage.text.endswith(cut_after) for passage in passages[:-1])
    assert all(len(encoder.tokenizer.encode(passage.text).ids) <= 64 for passage in passages)


def test_split_passages_never_cuts_inside_a_number(encoder: Encoder) -> None:
    text = "Zahlen 1,037,512 und 12:30 " * 100
    for passage in split(text, encoder.tokenizer, max_tokens=40):
        assert passage.text.split()[0] in ("Zahlen", "und", "1,037,512", "12:30")


@pytest.mark.parametrize("blank", ["", " ", "\n\n\t\u3000"])
def test_split_passages_of_blank_text_are_none(tokenizer: Tokenizer, blank: str) -> None:
    assert split(blank, tokenizer) == []


def test_split_passages_takes_a_long_article_with_flat_effort(encoder: Encoder) -> None:
    """A million characters, without a line end and without a sentence end."""
    for text in (" ".join(SENTENCES * 380), "ab " * 330_000, "中" * 500_000, "\u200b" * 500_000):
        assert_sound(text, split(text, encoder.tokenizer, "und"))


def test_embedding_text_puts_the_title_before_the_passage() -> None:
    passage = Passage("a", "v", 0, 4, "Text", ((0, 4),))
    assert embedding_text("Titel", passage) == "Titel\nText"
    assert embedding_text("Text", passage) == "Text"
    assert embedding_text("", passage) == "Text"
    long_title = "wort " * 100
    assert embedding_text(long_title, passage) == ("wort " * 24).strip() + "\nText"
