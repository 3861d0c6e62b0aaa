"""Settings in; encoder, archive and answering out, all in this process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from indexing.archive.archive import Archive
from indexing.archive.bundled_model import BundledModel
from indexing.archive.encoder import Encoder, open_encoder
from indexing.archive.manifest import FILE as MANIFEST
from indexing.archive.open_archive import manifest_for, open_archive
from indexing.archive.open_server_archive import open_server_archive
from indexing.archive.word_vectors import WordEncoder
from service.answering.confidence import FILE as CONFIDENCE
from service.answering.confidence import Confidence
from service.answering.pipeline import Answering
from service.answering.reader import FOLDER as READER_FOLDER
from service.answering.reader import Reader
from service.answering.written.align_words import AlignWords
from service.answering.written.language_model import LanguageModel
from service.errors import SettingsError
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Local:
    """What one process needs to add articles and to answer."""

    archive: Archive
    encoder: Encoder
    answering: Answering


def encoder_of(settings: Settings) -> Encoder:
    """The encoder that the settings name; takes a second, an own one more."""
    return encoder_opener(settings)()


def encoder_opener(settings: Settings) -> Callable[..., Encoder]:
    """What opens that encoder, also in another process; takes a number of threads or nothing."""
    return partial(
        open_encoder,
        settings.embedding_model,
        settings.models.resolve(),
        settings.question_prefix,
        settings.passage_prefix,
    )


def refuse_server(settings: Settings) -> None:
    """Raise SettingsError when a Qdrant server is set, for what is done to an embedded archive only."""
    if settings.server is not None:
        raise SettingsError(
            f"QDRANT_URL is set to {settings.server.url}, but this is done to an embedded archive only; unset "
            "QDRANT_URL, or export the articles and add them under another CITEWELL_COLLECTION"
        )


def overruled(settings: Settings) -> str | None:
    """One line when there is an archive in the folder, too, which the server overrules; else None."""
    if settings.server is None or not (settings.archive / MANIFEST).exists():
        return None
    return (
        f"QDRANT_URL is set: the archive is {settings.place}, and the one in the folder "
        f"{settings.archive.resolve()} is left alone"
    )


@asynccontextmanager
async def open_local(settings: Settings) -> AsyncIterator[Local]:
    """Open everything and close it again; raises IndexingError or SettingsError with one line that says what to do."""
    encoder = encoder_of(settings)
    reader = Reader.open(encoder.tokenizer, encoder.table)
    confidence = Confidence.open(READER_FOLDER / CONFIDENCE)
    wanted = manifest_for(encoder, encoder.terms)
    if settings.server is not None:
        archive = await open_server_archive(settings.server, wanted)
    else:
        archive = await open_archive(settings.archive, wanted)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(archive.close)
        model = language_model_of(settings)
        if model is not None:
            stack.push_async_callback(model.close)
        align = None if model is None else word_aligner(settings, encoder)
        answering = Answering(archive, encoder, reader, confidence, settings.queue, model=model, align=align)
        yield Local(archive, encoder, answering)


def word_aligner(settings: Settings, encoder: Encoder) -> AlignWords:
    """What compares words across languages: the bundled model, whatever the archive is encoded with."""
    return AlignWords(WordEncoder(BundledModel.open(settings.models), encoder.tokenizer, encoder.table))


def language_model_of(settings: Settings) -> LanguageModel | None:
    """The language model that the settings name; None: they name none."""
    if settings.llm_base_url is None or settings.llm_model is None:
        return None
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else None
    return LanguageModel(
        settings.llm_base_url, settings.llm_model, key, settings.llm_timeout, settings.llm_context
    )
