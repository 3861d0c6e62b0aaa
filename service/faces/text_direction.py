"""A language tag in, the `dir` that its text is given out."""

# Languages written from right to left unless their tag names another script.
_RIGHT_TO_LEFT = frozenset(
    ("ar", "arz", "azb", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "syr", "ug", "ur", "yi")
)
_SCRIPTS = frozenset(("adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa"))


def direction_of(language: str) -> str:
    """`rtl` for a language or script written from right to left, else `auto`: as the text's first letter says.

    An article of such a language may begin with a Latin name, so its own letters are not asked.
    """
    base, *rest = language.lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), None)
    return "rtl" if (script in _SCRIPTS if script else base in _RIGHT_TO_LEFT) else "auto"
