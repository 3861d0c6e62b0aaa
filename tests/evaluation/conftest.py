"""Small evaluation sets, written for these tests, in the format of the real ones."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from service.answering.reader import CARD, FOLDER

STORIES = {
    "bridge": {
        "en": (
            "The old bridge was closed on Monday after 214 cracks were found.",
            "How many cracks did it have?",
        ),
        "es": (
            "El puente viejo cerró el lunes tras hallarse 214 grietas.",
            "¿Cuántas grietas tenía el puente?",
        ),
        "de": (
            "Die alte Brücke wurde am Montag wegen 214 Rissen gesperrt.",
            "Wie viele Risse hatte die Brücke?",
        ),
        "ru": ("Старый мост закрыли в понедельник: нашли 214 трещин.", "Сколько трещин нашли в мосту?"),
        "fr": ("Le vieux pont a été fermé lundi après 214 fissures.", "Combien de fissures avait le pont ?"),
    },
    "harvest": {
        "en": (
            "Farmers brought in 37 tonnes of plums, the best year so far.",
            "How many tonnes of plums came in?",
        ),
        "es": (
            "Los agricultores recogieron 37 toneladas de ciruelas.",
            "¿Cuántas toneladas de ciruelas hubo?",
        ),
        "de": (
            "Die Bauern ernteten 37 Tonnen Pflaumen, so viele wie nie.",
            "Wie viele Tonnen Pflaumen gab es?",
        ),
        "ru": ("Фермеры собрали 37 тонн слив, лучший год.", "Сколько тонн слив собрали фермеры?"),
        "fr": (
            "Les paysans ont récolté 37 tonnes de prunes.",
            "Combien de tonnes de prunes ont été récoltées ?",
        ),
    },
}
ANSWERS = {"bridge": "214", "harvest": "37"}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)


def articles(prefix: str, language: str) -> list[dict[str, Any]]:
    return [
        {"id": f"{prefix}-{story}-{language}", "lang": language, "title": story.title(), "source": "Test"}
        | {"text": told[language][0], "parallel_id": story}
        for story, told in STORIES.items()
    ]


def questions(prefix: str, asked: str, told: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"q-{story}-{asked}",
            "lang": asked,
            "question": texts[asked][1],
            "answerable": True,
            "kind": "number",
        }
        | {"article_id": f"{prefix}-{story}-{told}", "parallel_id": f"q-{story}"}
        | {"answers": [{"text": ANSWERS[story], "start": texts[told][0].index(ANSWERS[story])}]}
        for story, texts in STORIES.items()
    ]


@pytest.fixture(scope="session")
def reader_folder() -> Path:
    """The shipped reader."""
    if not (FOLDER / CARD).is_file():
        pytest.skip(f"no reader in {FOLDER}; make it: make train")
    return FOLDER


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    folder = tmp_path / "sets"
    for language in ("en", "es", "de", "ru"):
        write(folder / f"xquad/articles.{language}.jsonl.gz", articles("x", language))
        write(folder / f"xquad/questions.{language}.jsonl.gz", questions("x", language, language))
    other = {
        "id": "s-1",
        "lang": "en",
        "title": "Tides",
        "source": "Test",
        "text": "The moon pulls at the sea.",
    }
    write(folder / "squad2/articles.en.jsonl.gz", [other])
    pulls = {"id": "s-q", "lang": "en", "question": "What pulls at the sea?", "article_id": "s-1"}
    pulls |= {"answers": [{"text": "The moon", "start": 0}], "answerable": True}
    lights = pulls | {"id": "s-u", "question": "What lights the sea?", "answers": [], "answerable": False}
    write(folder / "squad2/questions.en.jsonl.gz", [pulls, lights])
    write(folder / "squad-es-v2/articles.es.jsonl.gz", articles("t", "es"))
    attracts = {"id": "squad-es-v2-s-q", "lang": "es", "question": "¿Qué atrae el mar?", "answerable": True}
    attracts |= {"article_id": "t-bridge-es", "answers": [{"text": "puente", "start": 3}]}
    write(folder / "squad-es-v2/questions.es.jsonl.gz", [*questions("t", "es", "es"), attracts])
    write(folder / "afriqa/articles.jsonl.gz", articles("a", "fr"))
    fon = [
        row | {"lang": "fon", "question_pivot": row["question"], "pivot_lang": "fr", "question": "Nabi ?"}
        for row in questions("a", "fr", "fr")
    ]
    write(folder / "afriqa/questions.jsonl.gz", fon)
    write(folder / "piaf/articles.fr.jsonl.gz", articles("p", "fr"))
    write(folder / "piaf/questions.fr.jsonl.gz", questions("p", "fr", "fr"))
    write(folder / "wikinews-fr/articles.fr.jsonl.gz", articles("n", "fr"))
    missing = {
        "id": "u",
        "lang": "en",
        "question": "Who won the chess match?",
        "article_id": None,
        "answers": [],
    }
    off = missing | {"answerable": False, "kind": "offtopic"}
    write(folder / "news-en-on-fr/questions.jsonl", [*questions("n", "en", "fr"), off])
    return folder
