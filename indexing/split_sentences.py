"""A canonical text and its language in, the spans of its sentences out."""

import sentencex


def split_sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Spans (start, end) of the sentences, in order, trimmed, together covering all but white space.

    A line end always ends a sentence, so that a heading is one of its own. Linear in the length; never raises.
    """
    code = language.split("-")[0].lower() or "en"
    spans = []
    start = 0
    for line in text.split("\n"):
        if line and not line.isspace():
            for found in sentencex.get_sentence_boundaries(code, line):
                span = _trimmed(text, start + found["start_index"], start + found["end_index"])
                if span:
                    spans.append(span)
        start += len(line) + 1
    return spans


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    kept = piece.strip()
    if not kept:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(kept)
