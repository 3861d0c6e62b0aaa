"""An answer in, the metadata of its Slack message out: what a rating keeps, so that it can be read from the message."""

import json
from typing import Any

from service.answering.answer import Answer
from service.faces.slack.split_text import shortened

EVENT_TYPE = "citewell_answer"
# Slack refuses what is too large (metadata_too_large) and does not say from where on.
BYTES_LIMIT = 7_500
_CITATIONS = 20
_LENGTHS = (2_000, 1_000, 500, 200)


def answer_metadata(answer: Answer) -> dict[str, Any]:
    """Id, question, wording and cited places; long texts are shortened until everything fits."""
    places = [
        {
            "article_id": citation.article.id,
            "version": citation.article.version,
            "start": citation.start,
            "end": citation.end,
        }
        for citation in answer.citations[:_CITATIONS]
    ]
    found: dict[str, Any] = {}
    for most in _LENGTHS:
        payload = {
            "answer_id": answer.id,
            "question": shortened(answer.question, most),
            "answer": shortened(answer.answer, most),
            "citations": places,
        }
        found = {"event_type": EVENT_TYPE, "event_payload": payload}
        if len(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")) <= BYTES_LIMIT:
            break
    return found
