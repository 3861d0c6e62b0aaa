"""A question with a figure that its passage holds in; the question with another figure near it out."""

import regex

from training.held_question import HeldQuestion, replaced

FIGURE = regex.compile(r"(?<![\p{Latin}\d.,:/-])\d{1,4}(?!\p{Latin}|[.,:/-]?\d|[-^]|年代)")


def exchange_figure(held: HeldQuestion) -> str | None:
    """Exchange a figure by one that neither passage nor question hold."""
    figures = [found for found in FIGURE.finditer(held.text) if found[0] in held.passage]
    if not figures:
        return None
    out = figures[int(held.random.integers(len(figures)))]
    new = held.another_number(int(out[0]), 1, 20 if len(out[0]) > 1 else 4)
    if new is None or new <= 1 or out[0].startswith("0"):
        return None
    return replaced(held.text, out, str(new))
