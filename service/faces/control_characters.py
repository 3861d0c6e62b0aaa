"""A text in, the same without control characters other than line ends and tabs out."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # Unicode's category Cc, without \t and \n


def without_control_characters(text: str) -> str:
    """What is left after removing them; a carriage return is one of them."""
    return _CONTROL.sub("", text)
