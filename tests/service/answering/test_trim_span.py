"""A trimmed span is presentable, keeps words, figures and graphemes whole, and is never empty."""

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from service.answering.trim_span import trim_span

CASES = [
    ("par Khorog (312) hier", "(312)", "312"),
    ("Langar (50 personnes) hier", "(50 personnes", "50 personnes"),
    ("on en compte 1 037 soldats", "037", "1 037"),
    ("a total of 1,037.5 tons", "1,037", "1,037.5"),
    ("quelque 20 000 hommes", "20", "20 000"),
    ("soit 38 % des voix", "38", "38 %"),
    ("pour 3,10 $ pièce", "3,10", "3,10 $"),
    ("it cost $5 million", "5 million", "$5 million"),
    ("in 2012 200 people came", "200 people", "200 people"),
    ("il fait -5 degrés", "-5 degrés", "-5 degrés"),
    ("le président Emomali Rahmon, hier", "mali Rahmon,", "Emomali Rahmon"),
    ("« Harpie », a-t-il dit", "« Harpie »,", "Harpie"),
    ("ATLAS et CMS et", "et CMS et", "CMS"),
    ("in the U.S. and", "the U.S. and", "the U.S."),
    ("Denis Baupin (EELV) a dit", "Denis Baupin (EELV)", "Denis Baupin (EELV)"),
    ("Denis Baupin (EELV) a dit", "Denis Baupin (EE", "Denis Baupin (EELV"[:12]),
    ("东京有1000人。", "1000人。", "1000人"),
    ("东京和北京", "京和", "京和"),
    ("the family 👨‍👩‍👧 came", "👨", "👨‍👩‍👧"),
    ("die Zahl „zwölf“ stand", "„zwölf", "zwölf"),
    ("(a) and (b) are", "(a) and (b)", "(a) and (b)"),
    ("—", "—", "—"),
]


@pytest.mark.parametrize(("text", "raw", "wanted"), CASES)
def test_trim_span_makes_a_raw_span_presentable(text: str, raw: str, wanted: str) -> None:
    start = text.index(raw)
    new_start, new_end = trim_span(text, start, start + len(raw))
    assert text[new_start:new_end] == wanted


def test_trim_span_outside_the_text_says_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="span 2:9 is not within a text of 3 characters; give offsets"):
        trim_span("abc", 2, 9)


TEXTS = st.one_of(
    st.text(min_size=1, max_size=60),
    st.text(alphabet="ab 12é,.-()«»\"'%$和ก\u0301\u200d👨 и\u00a0", min_size=1, max_size=40),
)


@given(text=TEXTS, one=st.integers(0, 60), other=st.integers(0, 60))
@example(text="(1 000", one=1, other=3)
@example(text=")a(", one=0, other=3)
def test_trim_span_of_any_span_stays_whole_and_is_stable(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    new_start, new_end = trim_span(text, start, end)
    assert 0 <= new_start <= new_end <= len(text)
    if not text[start:end].strip():
        assert (new_start, new_end) == (start, end)
        return
    assert new_start < new_end
    assert trim_span(text, new_start, new_end) == (new_start, new_end)
    edges = {match.start() for match in regex.finditer(r"\X", text)} | {len(text)}
    assert {new_start, new_end} <= edges
    for word in regex.finditer(r"[\p{Latin}\p{Cyrillic}\p{M}\p{N}]+", text):
        assert not word.start() < new_start < word.end()
        assert not word.start() < new_end < word.end()
