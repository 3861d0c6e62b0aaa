"""How many of a question's words a text holds, each weighed by how rare it is in that text's language."""

from collections.abc import Iterable, Mapping

from indexing.archive.language_samples import LanguageSample
from indexing.archive.terms import SparseTerms, Terms


class Coverage:
    """Coverage of one question: 0 for no common term, 1 for all of them; inverse document frequency as weight.

    Absolute, unlike a BM25 score: of right passages 90 % have .57 to .99, of the best unrelated ones .09 to .32.
    """

    def __init__(self, question: str, terms: Terms, samples: Mapping[str, LanguageSample]) -> None:
        """Weigh the terms of `question` in every language of `samples`."""
        self._terms = terms
        self.question = terms.question(question)
        self._weights = {
            language: {term: sample.inverse_document_frequency(term) for term in self.question.indices}
            for language, sample in samples.items()
        }
        self._totals = {language: sum(weights.values()) or 1.0 for language, weights in self._weights.items()}

    def __deepcopy__(self, memo: object) -> "Coverage":
        """Itself: it never changes, and Haystack copies what passes between components (2.5 s for a tokenizer)."""
        return self

    def weighed(self, language: str, terms: Iterable[int] | None = None) -> SparseTerms:
        """The question's terms, or some of them, with their weights in a language: a score needs no others then."""
        weights = self._weights[language]
        indices = self.question.indices if terms is None else sorted(terms)
        return SparseTerms(list(indices), [weights[term] for term in indices])

    def of_score(self, score: float, language: str) -> float:
        """Coverage by a stored passage, from its BM25 score within its language."""
        return min(1.0, score / self._totals[language])

    def of_text(self, text: str, language: str) -> float:
        """Coverage by any other text."""
        weights = self._weights[language]
        found = self._terms.document(text)
        pairs = zip(found.indices, found.values, strict=True)
        return self.of_score(sum(weights.get(term, 0.0) * value for term, value in pairs), language)
