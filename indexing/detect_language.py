"""The text of an article in, its language as a BCP 47 code out, offline."""

import py3langid

UNDETERMINED = "und"
_SAMPLE = 20_000  # characters


def detect_language(text: str) -> str:
    """The language of an article such as "fr" or "zh"; "und" when the text holds nothing to tell it by."""
    sample = text[:_SAMPLE]
    if not any(char.isalpha() for char in sample):
        return UNDETERMINED
    language, _ = py3langid.classify(sample)
    return str(language)
