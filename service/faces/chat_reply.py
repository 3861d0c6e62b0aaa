"""An answer to a chat in, the parts of OpenAI's reply out that a whole one and its chunks have in common."""

import secrets
import time
from typing import Any, Literal

from tokenizers import Tokenizer

from service.answering.question import Question

MODEL = "citewell"


def new_head(kind: Literal["chat.completion", "chat.completion.chunk"]) -> dict[str, Any]:
    """The fields that say which reply this is; all chunks of one have the same."""
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
    }


def count_usage(tokenizer: Tokenizer, question: Question, content: str) -> dict[str, int]:
    """What of the chat was used and what came out, in tokens of the bundled encoder; takes a while for long chats."""
    *prompt, completion = tokenizer.encode_batch(
        [question.text, *(turn.content for turn in question.history), content], add_special_tokens=False
    )
    used, made = sum(map(len, prompt)), len(completion)
    return {"prompt_tokens": used, "completion_tokens": made, "total_tokens": used + made}
