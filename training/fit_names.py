"""Training passages and translated sentences in; `name_weights.json` of the check of written statements, out.

What it prints at the end is measured on passages that the part in question was not fitted on.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from indexing.archive.bundled_model import BundledModel
from indexing.archive.word_vectors import WordEncoder
from indexing.errors import IndexingError
from service.answering.common_words import common_words
from service.answering.written.align_words import AlignWords
from service.answering.written.name_weights import FILE, NameWeights, PairWeights, SignWeights
from service.errors import ServiceError
from service.open_local import encoder_of
from service.settings import load_settings
from training.name_pairs import NamePair, NamePairs, read_sentences
from training.name_probe import fit_probe
from training.pair_weights import fit_pairs, lowest_odds, out_of_fold
from training.training_data import load_training_data

SENTENCES = Path(__file__).parent / "translated_sentences"
DIGITS = 4
# Log-odds from which a word is a name whose capital does not tell. Higher ones lose German names and drop fewer true
# German sentences: beside Russian 17 % at 1.5, 15 % at 2.5, where 10 % of the exchanged names pass.
LEAST_NAME_GERMAN, LEAST_NAME_FIRST = 2.5, 0.0
# Share of statements with an exchanged name that may pass, by which the thresholds are set.
THROUGH_ONE_SCRIPT, THROUGH_ACROSS = 0.09, 0.18


def fit_names(data: Path, sentences: Path, encoder: WordEncoder, common: Any, seed: int) -> NameWeights:
    """Fit the probe, then the regressions on pairs, whose signs are read with it."""
    contexts = load_training_data(data).contexts
    probe = fit_probe(contexts, encoder, seed)
    click.echo(f"probe: right on {probe.right:.1%} of the words of other passages")
    name = probe.weights.round(DIGITS).astype(np.float32)
    nothing = SignWeights({}, 0.0)
    none = PairWeights(nothing, nothing, 0.0)
    weights = NameWeights(name, round(probe.bias, DIGITS), LEAST_NAME_GERMAN, LEAST_NAME_FIRST, none, none)
    made = NamePairs(AlignWords(encoder, weights), common, seed + 2)
    return with_pairs(weights, list(made.pairs(read_sentences(sentences, contexts))))


def with_pairs(weights: NameWeights, pairs: Sequence[NamePair]) -> NameWeights:
    """The weights with regressions on pairs whose signs were read with its probe."""
    one = [pair for pair in pairs if pair.one_script]
    across = [pair for pair in pairs if not pair.one_script]
    fitted = replace(
        weights,
        one_script=fit_pairs(one, weights.least_name, THROUGH_ONE_SCRIPT),
        across_scripts=fit_pairs(across, weights.least_name, THROUGH_ACROSS),
    )
    click.echo(f"one script: {_shares(one, weights, fitted.one_script.least)}")
    click.echo(f"across scripts: {_shares(across, weights, fitted.across_scripts.least)}")
    return fitted


def rows_of(weights: NameWeights) -> dict[str, Any]:
    """The weights as they stand in the file."""
    return {**asdict(weights), "name": [round(float(one), DIGITS) for one in weights.name]}


def _shares(pairs: Sequence[NamePair], weights: NameWeights, least: float) -> str:
    """How many true pairs the threshold drops, and how many exchanged ones it lets through, both out of fold."""
    odds = [
        lowest_odds(pair, apart, weights.least_name)
        for pair, apart in zip(pairs, out_of_fold(pairs, weights.least_name), strict=True)
    ]
    dropped = [one < least for one, pair in zip(odds, pairs, strict=True) if not pair.exchanged]
    through = [one >= least for one, pair in zip(odds, pairs, strict=True) if pair.exchanged]
    return (
        f"drops {np.mean(dropped):.1%} of {len(dropped)} true pairs, lets "
        f"{np.mean(through):.1%} of {len(through)} exchanged names through"
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--data", type=Path, default=Path("../shared/train"), envvar="TRAINING_DATA", help="Training files."
)
@click.option("--sentences", type=Path, default=SENTENCES, help="Their translated sentences.")
@click.option("--to", type=Path, default=FILE, help="File to write.")
@click.option("--seed", default=5, help="Draws passages and names.")
def names(data: Path, sentences: Path, to: Path, seed: int) -> None:
    """Fit what tells names, and their meanings in other languages, from other words.

    Example: python -m training.fit_names
    """
    try:
        settings = load_settings()
        encoder = encoder_of(settings)
        words = WordEncoder(BundledModel.open(settings.models), encoder.tokenizer, encoder.table)
        weights = fit_names(data, sentences, words, common_words(encoder.tokenizer), seed)
    except (IndexingError, ServiceError, FileNotFoundError) as error:
        sys.exit(f"fit_names: {error}")
    to.write_text(json.dumps(rows_of(weights), ensure_ascii=False) + "\n", encoding="utf-8")
    click.echo(to)


if __name__ == "__main__":
    names()
