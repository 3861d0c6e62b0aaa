"""One scripted language model for the tests of a file, and the whole service that asks it, over the samples."""

from collections.abc import AsyncIterator, Iterator

import pytest

from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder
from service.answering.confidence import Confidence
from service.answering.pipeline import Answering
from service.answering.reader import Reader
from service.answering.written.language_model import LanguageModel
from tests.language_model_stub.running_stub import MODEL, RunningLanguageModel, running_language_model

SECONDS = 20.0


@pytest.fixture(scope="module")
def stub() -> Iterator[RunningLanguageModel]:
    """The server; every test scripts it anew."""
    with running_language_model() as running:
        yield running


@pytest.fixture
async def model(stub: RunningLanguageModel) -> AsyncIterator[LanguageModel]:
    """A client of it."""
    stub.forget()
    client = LanguageModel(stub.base_url, MODEL, None, SECONDS, 8192)
    yield client
    await client.close()


@pytest.fixture
def writing(
    samples: Archive, encoder: Encoder, reader: Reader, confidence: Confidence, model: LanguageModel
) -> Answering:
    """The whole service with that model; it extracts however unsure, so that no calibration decides a test."""
    return Answering(samples, encoder, reader, confidence, threshold=0.0, model=model)
