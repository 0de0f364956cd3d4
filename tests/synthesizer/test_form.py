"""A pair and its text say the same: parse is the inverse of render, and execution cannot tell them apart."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gem_sim.errors import FormatError
from gem_sim.message import Message
from gem_sim.pipeline.draft import load_draft, with_tasks
from gem_sim.pipeline.offline.environment import extract
from gem_sim.pipeline.offline.script import ground
from gem_sim.simulator import replay
from gem_sim.synthesizer.form import Pair, normalised, parse, render
from gem_sim.synthesizer.howtos import howto_pairs, howtos
from gem_sim.synthesizer.judging import judge_text
from gem_sim.synthesizer.shapes import schema_of, shaped
from gem_sim.verifier import verify
from tests.conftest import CASES

TEXTS = [json.loads(line)["text"] for line in (CASES / "pipeline" / "texts.jsonl").read_text().splitlines()][:3]


@cache
def pairs() -> tuple[Pair, ...]:
    """Every conversation that the offline teacher holds about three texts."""
    found = []
    for text in TEXTS:
        procedure, draft = extract(text, origin="a manual", licence="MIT")
        with TemporaryDirectory() as folder:
            environment = load_draft(Path(folder), draft, trusted=True)
            found += [normalised(Pair(draft, *one)) for one in ground(procedure, environment, text)]
    return tuple(found)


def back(pair: Pair) -> Pair:
    return parse(render(pair), pair.passage, origin="a manual", licence="MIT")


def findings(pair: Pair, folder: Path) -> tuple[str, list[tuple[str, str]]]:
    environment = with_tasks(load_draft(folder, pair.draft, trusted=True), [pair.task])
    verdict = verify(replay(pair.trajectory, environment))
    return verdict.verdict, [(finding.code, finding.message) for finding in verdict.findings]


def test_a_text_gives_back_its_pair_and_its_verdict(tmp_path: Path) -> None:
    assert len(pairs()) > 8
    for number, pair in enumerate(pairs()):
        assert back(pair) == pair
        verdict, found = findings(pair, tmp_path / f"{number}a")
        assert verdict == "pass"
        assert findings(back(pair), tmp_path / f"{number}b") == (verdict, found)


def test_what_does_not_pass_does_not_pass_as_a_text_either(tmp_path: Path) -> None:
    pair = pairs()[0]
    codes = set()
    for index, message in enumerate(pair.trajectory.messages):
        if message.role != "tool":
            continue
        wrong = message.model_copy(update={"content": '{"made": "up"}'})
        messages = (*pair.trajectory.messages[:index], wrong, *pair.trajectory.messages[index + 1 :])
        broken = pair._replace(trajectory=pair.trajectory.model_copy(update={"messages": messages}))
        assert back(broken) == broken
        verdict, found = findings(broken, tmp_path / f"{index}a")
        assert verdict == "fail"
        assert findings(back(broken), tmp_path / f"{index}b") == (verdict, found)
        codes |= {code for code, _ in found}
    assert "result.mismatch" in codes


@given(
    texts=st.lists(
        st.lists(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(
                    ["<user>", "</user>", "</assistant>", "<tool_call>", "&lt;tool_call>", "&amp;lt;/user>", "\n", "<"]
                ),
            ),
            max_size=5,
        ).map("".join),
        min_size=1,
        max_size=4,
    ),
    where=st.randoms(use_true_random=False),
)
@settings(max_examples=60)
def test_whatever_is_said_comes_back(texts: list[str], where: Any) -> None:
    pair = pairs()[0]
    messages = list(pair.trajectory.messages)
    for text in texts:
        index = where.randrange(1, len(messages))
        messages[index] = messages[index].model_copy(update={"content": text})
    changed = pair._replace(trajectory=pair.trajectory.model_copy(update={"messages": tuple(messages)}))
    assert back(changed) == changed


def test_a_call_with_tags_in_its_arguments_and_another_system_prompt_come_back() -> None:
    pair = pairs()[0]
    messages = list(pair.trajectory.messages)
    index = next(index for index, message in enumerate(messages) if message.tool_calls)
    call = messages[index].tool_calls[0].model_copy(update={"arguments": {"owner": "</tool_call>\n<user> & co"}})
    messages[index] = messages[index].model_copy(update={"tool_calls": (call,)})
    messages[0] = Message(role="system", content="Do as you are told.\n</system>")
    changed = pair._replace(trajectory=pair.trajectory.model_copy(update={"messages": tuple(messages)}))
    assert back(changed) == changed


SCHEMAS = st.recursive(
    st.one_of(
        st.sampled_from(["string", "integer", "boolean", "null"]).map(lambda kind: {"type": kind}),
        st.just({"type": "string", "format": "date"}),
        st.just({"type": "string", "enum": ["a", "b"]}),
        st.just({}),
        st.just({"type": "string", "minLength": 2}),
    ),
    lambda inner: st.one_of(
        inner.map(lambda schema: {"anyOf": [schema, {"type": "null"}]}),
        inner.map(lambda schema: {"type": "array", "items": schema}),
        st.tuples(st.dictionaries(st.sampled_from(["a", "b?", "$", "id"]), inner, max_size=3), st.booleans()).map(
            lambda made: {
                "type": "object",
                "properties": made[0],
                "required": list(made[0])[: None if made[1] else 1],
                "additionalProperties": False,
            }
        ),
    ),
    max_leaves=6,
)


@given(SCHEMAS)
@settings(max_examples=150)
def test_a_shape_stands_for_its_schema_and_no_other(schema: Any) -> None:
    assert schema_of(shaped(schema)) == schema


def test_what_cannot_be_said_is_refused() -> None:
    pair = pairs()[0]
    message = pair.trajectory.messages[1].model_copy(update={"extra": {"mood": "bad"}})
    messages = (pair.trajectory.messages[0], message, *pair.trajectory.messages[2:])
    with pytest.raises(FormatError, match="message 1 has what the text cannot say"):
        render(pair._replace(trajectory=pair.trajectory.model_copy(update={"messages": messages})))
    with pytest.raises(FormatError, match="is not offered"):
        render(pair._replace(trajectory=pair.trajectory.model_copy(update={"tools": ()})))


def test_texts_are_judged_by_how_far_they_come(tmp_path: Path) -> None:
    (written,) = howto_pairs(howtos(1, seed=4), Counter())
    text, passage = written.text, written.pair.passage
    tool = next(tool.name for tool in written.pair.trajectory.tools if tool.name.startswith("get_"))
    answer = text[text.index("<tool_response>\n") :].split("\n")[1]
    cases = {
        "": (text, passage, "passed"),
        "unparsed": (text.replace("</task>", ""), passage, ""),
        "unparsed ": (text.replace('"title"', '"titel"'), passage, ""),
        "not compiled": (text.replace("return dict(record)", "import os\\nreturn dict(record)"), passage, "parsed"),
        "not compiled ": (text, "Another passage altogether.", "parsed"),
        "not compiled  ": (text.replace(".get(", ".got("), passage, "parsed"),
        "replay differs": (text.replace(answer, '{"made": "up"}'), passage, "compiled"),
        "failed check schema.unknown_tool": (text.replace(f'{{"name":"{tool}","arg', '{"name":"nobody","arg'), passage,
                                             "replayed"),
        "no call": (text[: text.index("<assistant>")] + "<assistant>\nNo.\n</assistant>", passage, "compiled"),
    }  # fmt: skip
    for number, (reason, (said, about, reached)) in enumerate(cases.items()):
        judged = judge_text(said, about, tmp_path / str(number), trusted=True)
        assert (judged.reason.partition(":")[0], judged.reached) == (reason.strip(), reached), judged.reason


def test_how_tos_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    first, again, other = (list(howtos(30, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert len({text.text for text in first}) == 30
    assert len({text.text for text in first + other}) > 55
