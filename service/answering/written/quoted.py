"""A quote with the language of its article: what a statement is held against."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote with the language of its article."""

    text: str
    language: str
