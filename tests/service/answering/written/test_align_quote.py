"""What a model calls a quote becomes the source's own run, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.written.align_quote import align_quote

SEED = "Le chef a dit : « Ishkashim (102 personnes) et Khorog (1 037) » – rien d’autre."


def aligned(passage: str, quote: str) -> str | None:
    place = align_quote(passage, quote)
    return None if place is None else passage[slice(*place)]


@pytest.mark.parametrize(
    ("passage", "quote", "run"),
    [
        (SEED, "Ishkashim (102 personnes)", "Ishkashim (102 personnes)"),
        (SEED, 'dit : "Ishkashim (102 personnes)', "dit : « Ishkashim (102 personnes)"),
        (SEED, "Khorog (1 037)", "Khorog (1 037)"),
        (SEED, "1 037)\" - rien d'autre", "1 037) » – rien d’autre"),
        (SEED, '"Ishkashim (102 personnes) et Khorog…"', "Ishkashim (102 personnes) et Khorog"),
        ("The oﬃce  closed\nearly.", "office closed early", "oﬃce  closed\nearly"),
        (
            "soft\u00adhyphen and zero\u200bwidth",
            "softhyphen and zerowidth",
            "soft\u00adhyphen and zero\u200bwidth",
        ),
        ("دخل ١٠٢ جندي", "١٠٢ جندي", "١٠٢ جندي"),
        ("共有102名士兵進入。", "102名士兵", "102名士兵"),
        ("Le cafe\u0301 ferme", "Le caf\u00e9", "Le cafe\u0301"),
        ("👩‍🚀 entered 👍", "entered 👍", "entered 👍"),
    ],
)
def test_only_marks_and_spaces_may_differ(passage: str, quote: str, run: str) -> None:
    assert aligned(passage, quote) == run


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "   ",
        "Ishkashim (1020 personnes)",
        "Ishkashim (102 soldats)",
        "Ishkashim (102 personnes) ... rien d’autre",
        "Ishkashim et Khorog",
        "ishkashim (102 personnes)",
        "…",
        '"',
    ],
)
def test_no_other_word_figure_or_leap_is_forgiven(quote: str) -> None:
    assert aligned(SEED, quote) is None


@pytest.mark.parametrize(
    ("passage", "quote", "run"),
    [
        ("entered 102 men", "entered 10", "entered 102"),
        ("so 1 037 men", "so 1", "so 1 037"),
        ("so 1,037 men", "037 men", "1,037 men"),
        ("unlawful acts were seen", "lawful acts were", "unlawful acts were"),
    ],
)
def test_a_quote_never_ends_inside_a_word_or_figure(passage: str, quote: str, run: str) -> None:
    assert aligned(passage, quote) == run


@given(st.text(max_size=120), st.integers(0, 120), st.integers(1, 60))
def test_every_run_of_a_passage_is_found_and_holds_what_was_asked(text: str, start: int, length: int) -> None:
    quote = text[start : start + length]
    run = aligned(text, quote)
    if quote.strip():
        assert run is not None
        assert quote.strip() in run
    else:
        assert run is None


@given(st.text(max_size=80), st.text(max_size=40))
def test_what_comes_back_is_always_a_run_of_the_passage(passage: str, quote: str) -> None:
    place = align_quote(passage, quote)
    assert place is None or 0 <= place[0] < place[1] <= len(passage)
