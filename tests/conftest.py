"""Fixtures that every test may use: the prepared models, the real encoder, and the evaluation data where it is."""

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from evaluation.open_reader import UNFITTED
from indexing.archive.archive import Archive
from indexing.archive.encoder import Encoder, open_encoder
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.prepare_models import prepare_models
from service.answering.confidence import FILE as CONFIDENCE
from service.answering.confidence import Confidence
from service.answering.pipeline import Answering
from service.answering.reader import FOLDER as READER_FOLDER
from service.answering.reader import Reader

ROOT = Path(__file__).resolve().parent.parent
AnswerFrom = Callable[..., Answering]
ONE_PROCESS = (
    "tests/browser",
    "tests/service",
)  # folders, not what is below: one Chromium, one `citewell serve`

# A busy machine is no fault, and what failed once is no state to keep. On a build machine the same examples each time.
settings.register_profile(
    "tests",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    derandomize=os.environ.get("CI") == "true",
)
settings.load_profile("tests")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where pytest-xdist shares the tests among processes: a file, or a folder that shares a child, goes to one."""
    if not config.getoption("loadgroup", False):
        return
    for item in items:
        folder = item.path.parent.relative_to(ROOT).as_posix()
        name = folder if folder in ONE_PROCESS else f"{folder}/{item.path.name}"
        item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture(autouse=True, scope="session")
def ctrl_c_is_heard() -> None:
    """A shell that starts the tests behind itself has them ignore Ctrl-C, and every child would inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests may change what they test."""
    for name in list(os.environ):
        if name.startswith(("CITEWELL_", "QDRANT_", "SLACK_", "OTEL_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def models() -> Path:
    """The models folder of the checkout, prepared when it is not."""
    folder = ROOT / "models"
    prepare_models(folder)
    return folder


@pytest.fixture(scope="session")
def encoder(models: Path) -> Encoder:
    """The bundled encoder, opened once."""
    return open_encoder("multilingual-e5-small", models)


@pytest.fixture(scope="session")
def reader(encoder: Encoder) -> Reader:
    """The shipped reader, opened once."""
    return Reader.open(encoder.tokenizer, encoder.table)


@pytest.fixture(scope="session")
def confidence() -> Confidence:
    """The shipped calibration; before the first one was fitted, one that refuses nothing."""
    path = READER_FOLDER / CONFIDENCE
    return Confidence.open(path) if path.exists() else UNFITTED


@pytest.fixture(scope="session")
def answer_from(encoder: Encoder, reader: Reader, confidence: Confidence) -> AnswerFrom:
    """Build the whole service over an archive; it answers however unsure, so that no calibration decides a test."""

    def make(archive: Archive, queue: int = 64, threshold: float | None = 0.0) -> Answering:
        return Answering(archive, encoder, reader, confidence, queue, threshold)

    return make


@pytest.fixture
async def archive(tmp_path: Path, encoder: Encoder) -> AsyncIterator[Archive]:
    """An empty embedded archive in a temporary folder."""
    archive = await open_archive(tmp_path / "archive", manifest_for(encoder, encoder.terms))
    yield archive
    await archive.close()


@pytest.fixture(scope="session")
def evaluation_data() -> Iterator[Path]:
    """The folder of evaluation sets; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("EVALUATION_DATA", "../shared/data"))
    folder = folder if folder.is_absolute() else ROOT / folder
    if not folder.is_dir():
        pytest.skip(f"no evaluation data in {folder} (EVALUATION_DATA names it)")
    yield folder
