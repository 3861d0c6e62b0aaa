"""The encoder's SentencePiece pieces in, the XLM-R tokenizer with offsets out."""

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from indexing.archive.weights import Weights

SPACE = "▁"
# SentencePiece's own rules before NFKC: control characters vanish, every kind of space and joiner is a space.
CONTROL = r"[\x01-\x08\x0B\x0E-\x1F\x7F\x8F\x9F]"
SPACES = r"[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]"
# Low enough that no text is ever cut into "</s>" or "<mask>": an article must not write the model's marks.
NEVER = -1000.0


def build_tokenizer(weights: Weights) -> Tokenizer:
    """Return the tokenizer; special tokens come from the template only, whatever a text contains."""
    pieces = weights.pieces
    special = {pieces.begin, pieces.end, pieces.padding, pieces.unknown, pieces.count - 1}
    scored = enumerate(weights.vocabulary())
    vocabulary = [(piece, NEVER if number in special else score) for number, (piece, score) in scored]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=pieces.unknown, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(CONTROL), ""),
            normalizers.Replace(Regex(SPACES), " "),
            normalizers.NFKC(),
        ]
    )
    mark = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), mark])
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    begin, end = vocabulary[pieces.begin][0], vocabulary[pieces.end][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, pieces.begin), (end, pieces.end)],
    )
    return tokenizer
