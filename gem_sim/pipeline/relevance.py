"""Does a text tell how to do something step by step? A linear model over counts and hashed words; no model is called.

The weights in `relevance.json` come from `gem-sim filter --train`; docs/pipeline.md says from which texts.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from gem_sim.canonical import Json, parse_json
from gem_sim.errors import InputError
from gem_sim.formats.atomic import atomic_text
from gem_sim.pipeline.offline.verbs import VERBS, words_in

BUCKETS = 1 << 14
_EPOCHS = 30
_RIDGE = 30.0
_HASHED = 30.0
# Texts that an annotator called borderline say less than the others.
BORDERLINE_WEIGHT = 0.5

# What begins a line: a marker of an item, then a word; and what begins a sentence within a line.
_LEAD = re.compile(r"[ \t]*(?:([-*•+][ \t])|(\(?\d{1,2}[.)]|#\.|\.{1,2})[ \t])?[^\w\n]*([A-Za-z]*)")
_START = re.compile(r"[.!?:;][\"')*_]*[ \t][^\w\n]*([A-Za-z]+)")
_AFTER_COMMA = re.compile(r"[,;] ([a-z]+)")
_CUES = frozenset(word.encode() for word in words_in("and then to must should please"))
_HEADING = re.compile(r"^[#=\s]*(?:how (?:to|do)|.*ing\b)|follow|steps", re.MULTILINE)
_CAPITALS = bytes(range(65, 91))
_DIGITS = bytes(range(48, 58))
# All but letters, digits and apostrophes separates words.
_TABLE = bytes(code if chr(code).isalnum() or code == 39 else 32 for code in range(128)) + bytes(128)

_VERB_SET = frozenset(VERBS)
_VERB_BYTES = frozenset(verb.encode() for verb in VERBS)
_THIRD = frozenset(f"{verb}s".encode() for verb in VERBS)
_TELLING = frozenset(words_in("the this it these there a an in they he we i"))
_GROUPS = tuple(
    (name, frozenset(word.encode() for word in words_in(words)))
    for name, words in (
        ("you", "you your you'll you've yourself you're"),
        ("modal", "must should need can may shall"),
        ("past", "was were had been did became said made took went came found"),
        ("person", "i he she his him we our my me us they their"),
        ("sequence", "then next after once before until finally first when"),
        ("if", "if unless otherwise"),
        ("screen", "click select button tab menu page link field enter type box screen choose"),
        ("be", "is are has have does which"),
        ("how", "how following steps step procedure instructions follow"),
        ("would", "will would could might"),
        ("article", "the a an of in"),
    )
)
FEATURES = (
    "numbered",
    "bullets",
    "imperatives",
    "imperative share",
    "verbs within",
    "questions",
    "code",
    *(name for name, _ in _GROUPS),
    "third person",
    "items that begin with a verb",
    "share of items that begin with a verb",
    "share of starts that tell",
    "brackets",
    "digits",
    "words per start",
    "heading or lead of a procedure",
    "longest run of imperatives",
    "different imperatives",
    "capitals",
)


class Model(NamedTuple):
    """Weights by feature and by bucket of hashed words; means and scales are those of the training texts."""

    bias: float
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    buckets: tuple[float, ...]
    thresholds: tuple[tuple[float, float], ...] = ()

    def score(self, text: str) -> float:
        """Return how sure it is that a text is a procedure, from 0 to 1."""
        counts, words = measured(text)
        total = self.bias
        for value, mean, scale, weight in zip(counts, self.means, self.scales, self.weights, strict=True):
            total += weight * (value - mean) / scale
        if words:
            buckets = self.buckets
            total += sum([buckets[index] for index in words]) * _HASHED / math.sqrt(len(words))
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, total))))

    def threshold(self, precision: float | None) -> float:
        """Return the lowest score at which texts held out in training had that precision; None: one half.

        Raises:
            InputError: If no threshold reaches it.
        """
        if precision is None:
            return 0.5
        reached = [at for at, share in self.thresholds if share >= precision]
        if not reached:
            best = max((share for _, share in self.thresholds), default=0.0)
            raise InputError(
                f"no threshold reaches a precision of {precision}",
                cure=f"ask for at most {math.floor(best * 100) / 100}",
            )
        return min(reached)


def measured(text: str) -> tuple[list[float], list[int]]:
    """Return the counts of a text by feature (most per hundred words), and the buckets of its words."""
    text = text.replace("’", "'").replace("”", '"')
    lowered = text.lower()
    letters = text.encode("ascii", "ignore")
    words = letters.lower().translate(_TABLE).split()
    counted = Counter(words)
    size = max(30, len(words)) / 100
    leads = [_LEAD.match(line).groups() for line in lowered.split("\n") if line]  # type: ignore[union-attr]
    starts = [word for _, _, word in leads if word] + _START.findall(lowered)
    verbs = [word in _VERB_SET for word in starts]
    begun = sum([word in _VERB_SET for bullet, figure, word in leads if bullet or figure])
    bullets = sum([bullet is not None for bullet, _, _ in leads])
    numbered = sum([figure is not None for _, figure, _ in leads])
    within = sum([word in _VERB_SET for word in _AFTER_COMMA.findall(lowered)])
    within += sum([word in _VERB_BYTES for before, word in pairwise(words) if before in _CUES])
    rates = (
        numbered,
        bullets,
        sum(verbs),
        within,
        lowered.count("?"),
        lowered.count("`") + lowered.count("$ "),
        *[sum([counted[word] for word in group if word in counted]) for _, group in _GROUPS],
        sum([counted[word] for word in _THIRD & counted.keys()]),
        begun,
        lowered.count("("),
        len(letters) - len(letters.translate(None, _DIGITS)),
        len({word for word, verb in zip(starts, verbs, strict=True) if verb}),
        len(letters) - len(letters.translate(None, _CAPITALS)),
    )
    logs = [math.log1p(count / size) for count in rates]
    number = max(3, len(starts))
    counts = [
        *logs[:3],
        sum(verbs) / number,
        *logs[3:-4],
        begun / max(2, numbered + bullets),
        sum([word in _TELLING for word in starts]) / number,
        *logs[-4:-2],
        len(words) / max(1, len(starts)) / 20,
        float(_HEADING.search(lowered) is not None),
        math.log1p(_longest(verbs)),
        *logs[-2:],
    ]
    return counts, list(set(map(_bucket, counted)))


def _longest(flags: Sequence[bool]) -> int:
    run = best = 0
    for flag in flags:
        run = run + 1 if flag else 0
        best = max(best, run)
    return best


@lru_cache(maxsize=1 << 17)
def _bucket(word: bytes) -> int:
    return crc32(word) % BUCKETS


class Labelled(NamedTuple):
    """A text with its label; texts of one `group` (a document) are never on both sides of a fold."""

    text: str
    procedural: bool
    group: str
    borderline: bool = False


def train(texts: Sequence[Labelled]) -> Model:
    """Return a model fitted to labelled texts, with the precision that held-out texts had at each threshold."""
    held = sorted((pair for fold in held_out(texts) for pair in fold), key=lambda pair: pair[0])
    thresholds = []
    for score, _ in held[:: max(1, len(held) // 60)]:
        above = [label for other, label in held if other >= score]
        thresholds.append((round(score, 4), round(sum(above) / len(above), 4)))
    return fit(texts)._replace(thresholds=tuple(thresholds))


def held_out(texts: Sequence[Labelled], number: int = 5) -> Iterator[list[tuple[float, bool]]]:
    """Yield for each fold score and label of its texts, by a model fitted to the others; borderline ones left out."""
    order = sorted({text.group for text in texts}, key=lambda group: crc32(group.encode()))
    place = {group: index % number for index, group in enumerate(order)}
    for fold in range(number):
        model = fit([text for text in texts if place[text.group] != fold])
        outside = [text for text in texts if place[text.group] == fold and not text.borderline]
        yield [(model.score(text.text), text.procedural) for text in outside]


def fit(texts: Sequence[Labelled]) -> Model:
    """Return a logistic regression with a ridge, fitted by dual coordinate ascent in the order of the texts.

    Both labels weigh the same as a whole (Yu, Huang and Lin, 2011, for the method).
    """
    rows = [measured(text.text) for text in texts]
    number, wide = len(FEATURES), range(len(FEATURES))
    means = [sum(counts[i] for counts, _ in rows) / len(rows) for i in wide]
    scales = [max(0.05, math.sqrt(sum((c[i] - means[i]) ** 2 for c, _ in rows) / len(rows))) for i in wide]
    positive = sum(text.procedural for text in texts)
    bias, weights, buckets = 0.0, [0.0] * number, [0.0] * BUCKETS
    ascent = []
    for text, (counts, words) in zip(texts, rows, strict=True):
        share = positive if text.procedural else len(texts) - positive
        most = len(texts) / (2 * share) * (BORDERLINE_WEIGHT if text.borderline else 1.0)
        values = [(c - m) / s for c, m, s in zip(counts, means, scales, strict=True)]
        sign = 1.0 if text.procedural else -1.0
        ascent.append((sign, most, values, words, _HASHED / math.sqrt(len(words) or 1)))
    dual = [most * 0.001 for _, most, *_ in ascent]
    for epoch in range(_EPOCHS + 1):
        for index, (sign, most, values, words, norm) in enumerate(ascent):
            size = (_BIAS + sum([v * v for v in values]) + norm * norm * len(words)) / _RIDGE
            total = bias + sum([w * v for w, v in zip(weights, values, strict=True)])
            total += norm * sum([buckets[place] for place in words])
            # The first round only puts in where the search starts from.
            new = dual[index] if epoch == 0 else _best(dual[index], most, sign * total, size)
            step = sign * (new if epoch == 0 else new - dual[index]) / _RIDGE
            dual[index] = new
            bias += step * _BIAS
            for i, value in enumerate(values):
                weights[i] += step * value
            for place in words:
                buckets[place] += step * norm
    return Model(bias, tuple(means), tuple(scales), tuple(weights), tuple(buckets))


# The square of the constant feature that carries the bias: so large that the ridge hardly holds it.
_BIAS = 100.0


def _best(old: float, most: float, margin: float, size: float) -> float:
    """Return the dual variable between 0 and `most` at which the slope is nought, by bisection."""
    low, high = 0.0, most
    for _ in range(40):
        middle = (low + high) / 2
        slope = margin + (middle - old) * size + math.log(middle / (most - middle))
        low, high = (low, middle) if slope > 0 else (middle, high)
    return (low + high) / 2


def write_model(path: Path, model: Model, note: str) -> None:
    """Write a model as JSON, its numbers rounded so far that no score moves by a hundredth."""
    value: dict[str, Json] = {
        "note": note,
        "bias": round(model.bias, 4),
        "features": {
            name: [round(m, 4), round(s, 4), round(w, 4)]
            for name, m, s, w in zip(FEATURES, model.means, model.scales, model.weights, strict=True)
        },
        "buckets": [round(10_000 * weight) for weight in model.buckets],
        "thresholds": [list(pair) for pair in model.thresholds],
    }
    with atomic_text(path) as file:
        file.write(json.dumps(value, separators=(",", ":")) + "\n")


def read_model(path: Path | None = None) -> Model:
    """Return the model of a file; None: the one that comes with the package.

    Raises:
        InputError: If the file is none.
    """
    source = resources.files("gem_sim.pipeline") / "relevance.json" if path is None else path
    try:
        value = parse_json(source.read_text(encoding="utf-8"))
        return _model_of(value)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"no filter model: {error}", file=str(path), cure="write one with --train") from None


def name_of(model: Model) -> str:
    """Return a name that no model has which gives other scores."""
    return hashlib.sha256(repr((model.bias, model.weights, model.buckets)).encode()).hexdigest()[:12]


def _model_of(value: object) -> Model:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    features = [value["features"][name] for name in FEATURES]
    buckets = tuple(weight / 10_000 for weight in value["buckets"])
    if len(buckets) != BUCKETS:
        raise ValueError(f"{len(buckets)} buckets, not {BUCKETS}")
    means, scales, weights = (tuple(float(row[i]) for row in features) for i in range(3))
    thresholds = tuple((float(at), float(share)) for at, share in value["thresholds"])
    return Model(float(value["bias"]), means, scales, weights, buckets, thresholds)


def precision_recall(scored: Iterable[tuple[float, bool]], threshold: float = 0.5) -> tuple[float, float, float]:
    """Return precision, recall and F1 of keeping what scores at least `threshold`."""
    pairs = list(scored)
    kept = [label for score, label in pairs if score >= threshold]
    right, wanted = sum(kept), sum(label for _, label in pairs)
    precision = right / len(kept) if kept else 0.0
    recall = right / wanted if wanted else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0
