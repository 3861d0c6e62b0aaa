"""Messages in, the text that an OpenAI-compatible language model writes out, as it comes.

Whatever the server does (nothing, too much, something else), the reply ends in bounded time and size or in one
ModelUnusable that says what to do. Nothing is sent to any other host, redirects are not followed.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
from haystack.dataclasses import ChatMessage

from service.errors import ModelTrouble, ModelUnusable

logger = logging.getLogger(__name__)

ATTEMPTS = 3
FIRST_WAIT = 0.3  # seconds before the second attempt, twice as long before the third
CONNECT_SECONDS = 5.0
IDLE_SECONDS = (
    20.0  # between two pieces of a reply; the first one may take the whole time: a prompt is read first
)
MOST_BYTES = 8 * 1024 * 1024  # of a reply; each token comes in some 300 bytes of JSON
MOST_CHARACTERS = 60_000
ANSWER_TOKENS = 1_024  # of the context window, kept for what is written
BYTES_A_TOKEN = (
    3  # fewer than any language of the press has in common tokenizers: a prompt is rather judged too long
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class _TooMuchError(Exception):
    pass


class LanguageModel:
    """One model on one server; made once, used by all answers, closed by whoever made it."""

    def __init__(self, base_url: str, model: str, api_key: str | None, seconds: float, window: int) -> None:
        """Connect to nothing yet. `seconds` is the time for one answer, `window` the context window in tokens."""
        import openai  # noqa: PLC0415 - half a second, which only those who configured a model shall pay

        self.seconds = seconds
        self._openai = openai
        self._model = model
        self._window = window
        self._options: dict[str, Any] = {"temperature": 0.0}
        self._takes_shape = True
        self._place = f"the language model at {base_url} (CITEWELL_LLM_BASE_URL)"
        key = "wants a key; set" if api_key is None else "refused the key of"
        # The first kind that fits says what is wrong.
        self._troubles: tuple[tuple[tuple[type[Exception], ...], ModelTrouble, str], ...] = (
            (
                (TimeoutError, openai.APITimeoutError),
                "timeout",
                "did not answer in time; a longer CITEWELL_LLM_TIMEOUT lets it",
            ),
            (
                (openai.AuthenticationError, openai.PermissionDeniedError),
                "key_refused",
                f"{key} CITEWELL_LLM_API_KEY",
            ),
            (
                (openai.NotFoundError,),
                "unknown_model",
                f"knows no model {model!r} (CITEWELL_LLM_MODEL), or the address is not quite right (/v1?)",
            ),
            ((openai.RateLimitError,), "rate_limited", "says that it is asked too often"),
            ((openai.InternalServerError,), "server_error", "fails with an error of its own"),
            ((openai.APIStatusError,), "request_refused", "refused the request"),
            ((_TooMuchError,), "too_long", f"sent more than {MOST_BYTES:,} bytes"),
            (
                (openai.APIConnectionError, httpx2.HTTPError, OSError),
                "unreachable",
                "cannot be reached or hung up; check that it runs",
            ),
            (
                (openai.APIError, ValueError, TypeError, AttributeError, LookupError),
                "nonsense",
                "sent something that is no reply of a language model",
            ),
        )
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",  # the client wants one; servers without keys ignore it
            max_retries=0,
            http_client=httpx2.AsyncClient(
                timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
                follow_redirects=False,
                trust_env=urlsplit(base_url).hostname not in LOOPBACK,
                event_hooks={"request": [_say_no_more], "response": [_bound]},
            ),
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    def fits(self, messages: Sequence[ChatMessage]) -> bool:
        """Whether a prompt leaves room for an answer in the context window."""
        return _tokens(messages) + ANSWER_TOKENS <= self._window

    async def whole(self, messages: Sequence[ChatMessage], until: float) -> str:
        """The whole text of a short reply; `until` and errors as for `stream`."""
        async with aclosing(self.stream(messages, None, until)) as pieces:
            return "".join([piece async for piece in pieces])

    async def stream(
        self, messages: Sequence[ChatMessage], shape: Mapping[str, Any] | None, until: float
    ) -> AsyncGenerator[str]:
        """The text in pieces; `shape` is a JSON schema, asked for where the server knows how.

        Raises ModelUnusable: at `until` (the loop's time) at the latest.
        """
        loop = asyncio.get_running_loop()
        reply = await self._opened(messages, shape, until)
        taken = 0
        last = until  # of the first piece
        try:
            pieces = aiter(reply)
            while True:
                with self._told():
                    async with asyncio.timeout_at(last):
                        piece = await anext(pieces, None)
                    if piece is None:
                        return
                    text = _text(piece)
                taken += len(text)
                if taken > MOST_CHARACTERS:
                    raise self._unusable("too_long", f"wrote more than {MOST_CHARACTERS:,} characters")
                if text:
                    yield text
                last = min(until, loop.time() + IDLE_SECONDS)
        finally:
            await reply.close()

    async def _opened(
        self, messages: Sequence[ChatMessage], shape: Mapping[str, Any] | None, until: float
    ) -> Any:
        """The reply as it begins to come, after as many attempts as are worth it."""
        loop = asyncio.get_running_loop()
        for attempt in range(ATTEMPTS):
            try:
                return await self._asked(messages, shape, until)
            except ModelUnusable as error:
                wait = _wait_asked_for(error.__cause__) or FIRST_WAIT * 2**attempt
                passes = error.trouble in ("rate_limited", "server_error", "unreachable")
                if not passes or attempt == ATTEMPTS - 1 or loop.time() + wait >= until:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def _asked(
        self, messages: Sequence[ChatMessage], shape: Mapping[str, Any] | None, until: float
    ) -> Any:
        with self._told(), self._resized(messages):
            async with asyncio.timeout_at(until):
                while True:
                    options = dict(self._options)
                    if shape is not None and self._takes_shape:
                        schema = {"name": "answer", "strict": True, "schema": dict(shape)}
                        options["response_format"] = {"type": "json_schema", "json_schema": schema}
                    try:
                        reply: Any = await self._client.chat.completions.create(
                            model=self._model,
                            messages=[message.to_openai_dict_format() for message in messages],  # type: ignore[misc]
                            stream=True,
                            **options,
                        )
                    except (self._openai.BadRequestError, self._openai.UnprocessableEntityError) as error:
                        if _speaks_of_context(error) or not self._done_without(options, str(error).lower()):
                            raise
                        continue
                    kind = reply.response.headers.get("content-type", "")
                    if "text/event-stream" not in kind:
                        await reply.close()
                        raise self._unusable(
                            "no_event_stream",
                            f"answers {kind.partition(';')[0] or 'something'!r} instead of an event stream; check "
                            "that the address ends where /chat/completions follows, often in /v1",
                        )
                    return reply

    def _done_without(self, options: Mapping[str, Any], said: str) -> bool:
        """Leave out, from now on, the option that a server refused; False when there is none to leave out."""
        if "temperature" in options and ("temperature" in said or "response_format" not in options):
            self._options.pop("temperature", None)
        elif "response_format" in options:
            self._takes_shape = False
        else:
            return False
        logger.info("%s refused a request; it is asked in plainer words from now on", self._place)
        return True

    @contextmanager
    def _resized(self, messages: Sequence[ChatMessage]) -> Iterator[None]:
        """A window that turns out smaller than was said is taken to be so from now on."""
        try:
            yield
        except self._openai.APIStatusError as error:
            if not _speaks_of_context(error):
                raise
            self._window = min(self._window, (_tokens(messages) + ANSWER_TOKENS) * 2 // 3)
            raise self._unusable(
                "context_too_small",
                f"has a smaller context window than CITEWELL_LLM_CONTEXT says; {self._window} is tried now",
            ) from error

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever fails inside comes out as ModelUnusable."""
        try:
            yield
        except ModelUnusable:
            raise
        except Exception as error:
            for kinds, trouble, said in self._troubles:
                if isinstance(error, kinds):
                    raise self._unusable(trouble, said) from error
            raise

    def _unusable(self, trouble: ModelTrouble, said: str) -> ModelUnusable:
        return ModelUnusable(trouble, f"{self._place} {said}")


def _tokens(messages: Sequence[ChatMessage]) -> int:
    return sum(len((message.text or "").encode()) for message in messages) // BYTES_A_TOKEN


def _text(piece: Any) -> str:
    """The text of a piece of the stream; a piece without any (a role, thoughts, usage) gives none."""
    text = piece.choices[0].delta.content if piece.choices else None
    return text if isinstance(text, str) else ""


def _speaks_of_context(error: Any) -> bool:
    """Whether a refusal is for a prompt that is too long: each server says so in its own words."""
    said = f"{error.code} {error}".lower()
    long = any(word in said for word in ("length", "window", "size", "exceed", "too long", "maximum"))
    return error.status_code in (400, 413, 422, 500) and "context" in said and long


def _wait_asked_for(error: BaseException | None) -> float | None:
    """Seconds that a server asks to wait (Retry-After)."""
    response = getattr(error, "response", None)
    try:
        return max(0.0, float(response.headers["retry-after"])) if response is not None else None
    except (KeyError, ValueError):
        return None


async def _say_no_more(request: httpx2.Request) -> None:
    """The client would tell which machine it runs on, and what other programs' variables hold."""
    for name in list(request.headers):
        if name.lower().startswith(("x-stainless", "openai-")):
            del request.headers[name]


async def _bound(response: httpx2.Response) -> None:
    """However much a server sends, no more is taken."""
    response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for piece in self._stream:
            taken += len(piece)
            if taken > MOST_BYTES:
                raise _TooMuchError
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
