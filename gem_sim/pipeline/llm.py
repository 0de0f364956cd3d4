"""The door of the pipeline to a language model: any OpenAI-compatible endpoint, asked once for each request ever made.

Environment variables are read by the `openai` client: OPENAI_API_KEY, and OPENAI_BASE_URL where no address is given.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import openai

from gem_sim.canonical import Json, digest, parse_json
from gem_sim.errors import InputError
from gem_sim.pipeline.ledger import Attempt, Ledger
from gem_sim.pipeline.prompts import Prompt
from gem_sim.pipeline.teaching import Kind, ModelFault
from gem_sim.simulator.schema import schema_problem

Turn = dict[str, str]

_REPAIRS = 2
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL)


class _Empty(Exception):
    """A reply without any choice: a fault of the endpoint, and no answer of the model's."""


_WORTH_TRYING_AGAIN = (
    _Empty,
    openai.RateLimitError,
    openai.APITimeoutError,
    openai.APIConnectionError,
    openai.InternalServerError,
)
_LONGEST_WAIT_SECONDS = 60.0


class Limits(NamedTuple):
    """How hard an endpoint may be pressed: requests at once, per minute (None: any), tries, seconds for one reply.

    `max_tokens` is the most that one reply may have, None what the endpoint lets it have.
    """

    concurrency: int = 8
    per_minute: float | None = None
    tries: int = 6
    timeout_seconds: float = 300.0
    first_wait_seconds: float = 1.0
    max_tokens: int | None = None


class Prices(NamedTuple):
    """What a million tokens cost, in US dollars."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0


class Sampling(NamedTuple):
    """How a free text is drawn: `sample` tells draws of the same request apart, `grammar` (GBNF) bounds it if offered.

    `most_tokens` None: as many as the endpoint gives.
    """

    temperature: float = 0.0
    sample: int = 0
    most_tokens: int | None = None
    grammar: str | None = None


class Text(NamedTuple):
    """A text that a model wrote; `ended` is False where it was cut off."""

    text: str
    ended: bool


_PLAIN = Sampling()
# By which names servers take a grammar: vLLM's, and that of its older versions.
_GRAMMARS: tuple[Callable[[str], dict[str, Any]], ...] = (
    lambda grammar: {"structured_outputs": {"grammar": grammar}},
    lambda grammar: {"guided_grammar": grammar},
)
_REFUSED = (400, 404, 422)


class _Completion(NamedTuple):
    text: str
    finish: str
    refusal: str
    tokens_in: int
    tokens_out: int


class Client:
    """A model at an endpoint, with the ledger as its memory of replies.

    Args:
        model: The model's name at the endpoint.
        ledger: Where replies are kept and looked up.
        base_url: The endpoint's address; None: that of the environment, else OpenAI's own.
        limits: How hard the endpoint may be pressed.
        prices: What tokens cost.
        sleep: Waits that many seconds.

    Raises:
        InputError: If the environment has no key.
    """

    def __init__(
        self,
        model: str,
        ledger: Ledger,
        *,
        base_url: str | None = None,
        limits: Limits | None = None,
        prices: Prices | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.model = model
        self.limits = Limits() if limits is None else limits
        self._ledger = ledger
        self._prices = Prices() if prices is None else prices
        self._sleep = sleep
        self._structured = True
        self._grammars = list(_GRAMMARS)
        self._gate = asyncio.Semaphore(self.limits.concurrency)
        self._next_at = 0.0
        try:
            self._api = openai.AsyncOpenAI(base_url=base_url, max_retries=0, timeout=self.limits.timeout_seconds)
        except openai.OpenAIError:
            raise InputError(
                "there is no key for the model", cure="set OPENAI_API_KEY (any text if none is needed)"
            ) from None

    async def ask(self, prompt: Prompt, turns: Sequence[Turn], log: list[Attempt]) -> dict[str, Json]:
        """Return the JSON object that a conversation with the model ends in; each try is noted in `log`.

        A reply that is no such object goes back with what is wrong with it, a bounded number of times.

        Raises:
            ModelFault: If the model refuses, or no reply can be used.
        """
        said = list(turns)
        kind: Kind = "malformed"
        problem = ""
        for _ in range(_REPAIRS + 1):
            completion = await self._complete(prompt, said, log)
            if completion.refusal:
                _note(log, "refused", completion.refusal)
                raise ModelFault("refused", completion.refusal)
            value, problem = read_reply(completion.text, prompt.schema)
            kind = "truncated" if completion.finish == "length" else "malformed"
            if value is not None:
                return value
            _note(log, kind, problem)
            problem = "it was cut off; be shorter" if kind == "truncated" else problem
            repair = f"The reply cannot be used: {problem}. Reply again with the JSON object alone."
            said += [
                {"role": "assistant", "content": completion.text or "(nothing)"},
                {"role": "user", "content": repair},
            ]
        raise ModelFault(kind, problem)

    async def write(self, prompt: Prompt, turns: Sequence[Turn], log: list[Attempt], sampling: Sampling) -> Text:
        """Return the text that the model writes, whatever it is; each try is noted in `log`.

        Raises:
            ModelFault: If the model refuses, or the endpoint gives nothing.
        """
        completion = await self._complete(prompt, turns, log, sampling)
        if completion.refusal:
            _note(log, "refused", completion.refusal)
            raise ModelFault("refused", completion.refusal)
        return Text(completion.text, completion.finish != "length")

    async def _complete(
        self, prompt: Prompt, turns: Sequence[Turn], log: list[Attempt], sampling: Sampling = _PLAIN
    ) -> _Completion:
        """Return the model's reply to a request, from the ledger where it was asked before."""
        request = request_of(self.model, prompt, turns, self.limits.max_tokens, sampling)
        known = self._ledger.response(request)
        begun = time.monotonic()
        if known is None:
            async with self._gate:
                completion = await self._try(prompt, turns, log, sampling)
            self._ledger.remember(request, json.dumps(completion._asdict()))
        else:
            completion = _Completion(**json.loads(known))
        cost = completion.tokens_in * self._prices.tokens_in + completion.tokens_out * self._prices.tokens_out
        seconds = round(time.monotonic() - begun, 4)
        tokens = (completion.tokens_in, completion.tokens_out)
        log.append(Attempt(prompt.label, self.model, *tokens, cost / 1e6, seconds, request=request))
        return completion

    async def _try(self, prompt: Prompt, turns: Sequence[Turn], log: list[Attempt], sampling: Sampling) -> _Completion:
        for number in range(1, self.limits.tries + 1):
            await self._pace()
            begun, structured = time.monotonic(), self._structured
            bounds = self._bounds(sampling)
            try:
                return await self._send(prompt, turns, structured, sampling, bounds)
            except _WORTH_TRYING_AGAIN as error:
                name = _name_of(error)
                log.append(_failed(prompt, self.model, name, error, begun))
                if number == self.limits.tries:
                    raise ModelFault("endpoint", f"{name}, {number} times") from error
                await self._sleep(self._wait(error, number))
            except openai.APIStatusError as error:
                if structured and error.status_code in _REFUSED and "response_format" in str(error):
                    self._structured = False
                    continue
                if error.status_code in _REFUSED and any(name in str(error) for name in bounds):
                    self._grammars = [way for way in self._grammars if way("").keys() != bounds.keys()]
                    continue
                log.append(_failed(prompt, self.model, "endpoint", error, begun))
                raise ModelFault("endpoint", f"status {error.status_code}: {_short(error)}") from error
        raise ModelFault("endpoint", "no reply")

    def _bounds(self, sampling: Sampling) -> dict[str, Any]:
        """Return how the grammar is told to the endpoint, {} where there is none or no way that it takes."""
        return self._grammars[0](sampling.grammar) if sampling.grammar and self._grammars else {}

    async def _send(
        self, prompt: Prompt, turns: Sequence[Turn], structured: bool, sampling: Sampling, bounds: dict[str, Any]
    ) -> _Completion:
        wanted: dict[str, Any] = {"temperature": sampling.temperature}
        most = [bound for bound in (sampling.most_tokens, self.limits.max_tokens) if bound is not None]
        if most:
            wanted["max_tokens"] = min(most)
        if sampling.sample:
            wanted["seed"] = sampling.sample
        if bounds:
            wanted["extra_body"] = bounds
        if structured and prompt.schema:
            shape = {"name": prompt.name, "schema": prompt.schema}
            wanted["response_format"] = {"type": "json_schema", "json_schema": shape}
        messages: Any = list(turns)
        reply = await self._api.chat.completions.create(model=self.model, messages=messages, **wanted)
        if not reply.choices:
            raise _Empty("the reply has no choices")
        choice, usage = reply.choices[0], reply.usage
        refusal = choice.message.refusal or ("by a content filter" if choice.finish_reason == "content_filter" else "")
        tokens = (usage.prompt_tokens, usage.completion_tokens) if usage is not None else (0, 0)
        return _Completion(choice.message.content or "", choice.finish_reason or "stop", refusal, *tokens)

    async def _pace(self) -> None:
        """Wait until the next request is due, where a rate is set."""
        if self.limits.per_minute is None:
            return
        now = time.monotonic()
        due = max(now, self._next_at)
        self._next_at = due + 60.0 / self.limits.per_minute
        if due > now:
            await self._sleep(due - now)

    def _wait(self, error: Exception, number: int) -> float:
        """Return how long to wait: what the endpoint asks for, else twice as long each time, with some jitter."""
        headers = error.response.headers if isinstance(error, openai.APIStatusError) else {}
        asked = str(headers.get("retry-after", ""))
        if asked.replace(".", "", 1).isdigit():
            return min(float(asked), _LONGEST_WAIT_SECONDS)
        longest = min(self.limits.first_wait_seconds * 2 ** (number - 1), _LONGEST_WAIT_SECONDS)
        return float(longest * (0.5 + random.random() / 2))


def request_of(
    model: str, prompt: Prompt, turns: Sequence[Turn], max_tokens: int | None = None, sampling: Sampling = _PLAIN
) -> str:
    """Return the digest under which the ledger keeps the reply to a request."""
    asked: dict[str, Json] = {"model": model, "turns": [dict(turn) for turn in turns], "schema": prompt.schema}
    if max_tokens is not None:
        asked["max_tokens"] = max_tokens
    if sampling != _PLAIN:
        asked["sampling"] = list(sampling)
    return digest(asked)


def read_reply(text: str, schema: dict[str, Json]) -> tuple[dict[str, Json] | None, str]:
    """Return the JSON object of a reply, else None and what is wrong with it."""
    fenced = _FENCE.search(text)
    body = fenced[1] if fenced is not None else text
    body = body[body.find("{") : body.rfind("}") + 1]
    if not body:
        return None, "there is no JSON object in it"
    try:
        value = parse_json(body)
    except ValueError as error:
        return None, f"it is not JSON ({error})"
    problem = schema_problem(schema, value)
    if problem is not None or not isinstance(value, dict):
        return None, f"it is not what was asked for ({problem})"
    return value, ""


def _note(log: list[Attempt], outcome: str, reason: str) -> None:
    log[-1] = log[-1]._replace(outcome=outcome, reason=reason[:400])


def _failed(prompt: Prompt, model: str, name: str, error: Exception, begun: float) -> Attempt:
    seconds = round(time.monotonic() - begun, 4)
    return Attempt(prompt.label, model, seconds=seconds, outcome=name, reason=_short(error))


def _name_of(error: Exception) -> str:
    if isinstance(error, openai.RateLimitError):
        return "rate limit"
    if isinstance(error, openai.APITimeoutError):
        return "time-out"
    if isinstance(error, _Empty):
        return "empty reply"
    return "no connection" if isinstance(error, openai.APIConnectionError) else "server error"


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
