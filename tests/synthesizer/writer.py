"""An OpenAI-compatible endpoint on loopback that writes as a trained Synthesizer would, and errs when told to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from gem_sim.canonical import digest
from gem_sim.synthesizer.howtos import Howto, howto_pairs

# The passage's place among those known, and the draw from 0 → what goes wrong with the text, None: nothing.
Fault = Callable[[int, int], str | None]


def spoilt(text: str, what: str) -> str:
    """Return a text with one fault of a kind."""
    answer = text[text.index("<tool_response>\n") :].split("\n")[1]
    return {
        "unparsed": text.replace("</environment>", ""),
        "not compiled": text.replace("return dict(record)", "import os"),
        "replay differs": text.replace(answer, '{"made": "up"}'),
    }[what]


class Endpoint:
    """What the server knows: a text for each passage, and the requests that it answered."""

    def __init__(self, texts: list[Howto], fault: Fault, refuses: tuple[str, ...] = ()) -> None:
        self.fault = fault
        self.refuses = refuses
        self.base_url = ""
        self.answered: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._known = {one.pair.passage: one.text for one in howto_pairs(texts, Counter())}

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body of the reply to a request."""
        for name in self.refuses:
            if name in body:
                return 400, {"error": {"message": f"unknown field: {name}"}}
        passage, draw = body["messages"][-1]["content"], int(body.get("seed", 0))
        what = self.fault(list(self._known).index(passage), draw)
        if what == "server error":
            return 500, {"error": {"message": "oops"}}
        with self._lock:
            self.bodies.append(body)
            self.answered[digest([body["messages"], draw])] += 1
        text = self._known[passage]
        finish = "stop"
        if what == "cut off":
            text, finish = text[: len(text) // 2], "length"
        elif what is not None:
            text = spoilt(text, what)
        message = {"role": "assistant", "content": f"<think>\n\n</think>\n\n{text}", "refusal": None}
        usage = {"prompt_tokens": 100, "completion_tokens": 1000, "total_tokens": 1100}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return 200, {"id": "r", "object": "chat.completion", "created": 0, "model": "fake", "choices": [choice],
                     "usage": usage}  # fmt: skip
