"""A language model as the teacher: extraction with what does not hold together going back, grounding, and the judge."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import ValidationError

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.errors import InputError, StubError
from gem_sim.message import Message
from gem_sim.pipeline.draft import Draft
from gem_sim.pipeline.extraction import LEAST_ROWS, draft_of_reply, problems
from gem_sim.pipeline.labels import DOMAINS, PLATFORMS, TASK_CATEGORIES, Labels
from gem_sim.pipeline.ledger import Attempt
from gem_sim.pipeline.llm import Client, Turn
from gem_sim.pipeline.prompts import load_prompt
from gem_sim.pipeline.teaching import Conversations, Extracted, Item, Labelled, Load, ModelFault
from gem_sim.pipeline.transcript import as_turns, converse, said
from gem_sim.simulator.reground import reground
from gem_sim.task import Task
from gem_sim.trajectory import Trajectory
from gem_sim.verdict import Finding

Grounding = Literal["single", "interactive", "both"]

_MENDS = 3
# How many conversations a model is asked for in one request.
CONVERSATIONS = 3
_SHOWN_ROWS = 6
_PROMPTS = {"extract": ("extract", "mend"), "ground": ("ground", "task", "user", "assistant"), "validate": ("judge",)}


class Model(NamedTuple):
    """A model behind a `Client`; its bodies are untrusted and run in a worker process.

    `conversations` is how many it is asked for in an environment, by each way of grounding.
    """

    client: Client
    grounding: Grounding = "both"
    conversations: int = CONVERSATIONS
    trusted: bool = False

    def settings(self, stage: str) -> str:
        """Return the model, the way of grounding, and the prompts with their versions, up to that stage."""
        if stage == "label":
            return f"{self.client.model} {load_prompt('label').label}"
        names = [*_PROMPTS["extract"]]
        way = ""
        if stage != "extract":
            names += _PROMPTS["ground"]
            way = f" {self.grounding}"
            if self.conversations != CONVERSATIONS:
                way += f"*{self.conversations}"
        if stage == "validate":
            names += _PROMPTS["validate"]
        return f"{self.client.model}{way} {','.join(load_prompt(name).label for name in names)}"

    async def label(self, item: Item) -> Labelled:
        """Return the labels that the model gives a passage."""
        log: list[Attempt] = []
        prompt = load_prompt("label")
        named = {"platforms": PLATFORMS, "domains": DOMAINS, "categories": TASK_CATEGORIES}
        text = prompt.fill(passage=item.text, **{name: ", ".join(words) for name, words in named.items()})
        try:
            value = await self.client.ask(prompt, [_user(text)], log)
        except ModelFault as fault:
            return Labelled(None, f"no labels: {_settled(fault, log)}", tuple(log))
        return Labelled(Labels(**{**value, "domains": tuple(value["domains"])}), "", tuple(log))  # type: ignore[arg-type]

    async def extract(self, item: Item, load: Load) -> Extracted:
        """Return the environment that the model makes of a passage; what does not hold together goes back to it."""
        log: list[Attempt] = []
        prompt, mend = load_prompt("extract"), load_prompt("mend")
        turns: list[Turn] = [_user(prompt.fill(passage=item.text, rows=LEAST_ROWS))]
        problem = ""
        said: Json = None
        for _ in range(_MENDS + 1):
            try:
                value = await self.client.ask(prompt if len(turns) == 1 else mend, turns, log)
            except ModelFault as fault:
                return Extracted(None, _settled(fault, log), tuple(log))
            draft = draft_of_reply(value, item, hashlib.sha256(item.text.encode()).hexdigest()[:8])
            found = problems(draft, load)
            if found is None:
                return Extracted(draft, "", tuple(log))
            problem = found
            log[-1] = log[-1]._replace(outcome="does not hold together", reason=problem[:400])
            if value == said:
                # Asked the same again, it would say the same again.
                problem = f"{problem}\nthe model wrote the same again when it was told so"
                break
            said = value
            turns = [turns[0], {"role": "assistant", "content": json.dumps(value, ensure_ascii=False)},
                     _user(mend.fill(problem=problem))]  # fmt: skip
        return Extracted(None, f"does not hold together: {problem}", tuple(log))

    async def ground(self, item: Item, draft: Draft, environment: Environment) -> Conversations:
        """Return conversations; every result in them is what execution answers."""
        log: list[Attempt] = []
        pairs: list[tuple[Task, Trajectory]] = []
        reasons: list[str] = []
        ways = {
            "single": (self._single,),
            "interactive": (self._interactive,),
            "both": (self._single, self._interactive),
        }
        for way in ways[self.grounding]:
            try:
                pairs += await way(item, draft, environment, log)
            except ModelFault as fault:
                reasons.append(_settled(fault, log))
            except StubError as error:
                reasons.append(f"broken: {error}")
            except (InputError, ValidationError) as error:
                reasons.append(f"unusable conversation: {' '.join(str(error).split())[:300]}")
        named = {task.id: (task, trajectory) for task, trajectory in pairs}
        return Conversations(tuple(named.values()), "; ".join(reasons), tuple(log))

    async def _single(
        self, item: Item, draft: Draft, environment: Environment, log: list[Attempt]
    ) -> list[tuple[Task, Trajectory]]:
        """The model writes whole conversations (GEM, stage 3); execution puts the results right."""
        prompt = load_prompt("ground")
        text = prompt.fill(passage=item.text, environment=_shown(draft), number=self.conversations)
        value = await self.client.ask(prompt, [_user(text)], log)
        pairs = []
        for entry in _list(value["conversations"]):
            task = _task(entry, "single")
            messages = (Message(role="system", content="\n".join(environment.policy)), *as_turns(entry.get("turns")))
            written = Trajectory(id=f"{environment.name}/{task.id}", messages=messages, task=task.id)
            pairs.append((task, reground(written, environment, task=task).trajectory))
        return pairs

    async def _interactive(
        self, _item: Item, draft: Draft, environment: Environment, log: list[Attempt]
    ) -> list[tuple[Task, Trajectory]]:
        """The model plays user and assistant in turn; a Session answers."""
        prompt = load_prompt("task")
        text = prompt.fill(environment=_shown(draft), number=self.conversations)
        value = await self.client.ask(prompt, [_user(text)], log)
        pairs = []
        for entry in _list(value["tasks"]):
            task = _task(entry, "interactive")
            messages = await converse(self.client, environment, task, entry, log)
            pairs.append((task, Trajectory(id=f"{environment.name}/{task.id}", messages=messages, task=task.id)))
        return pairs

    async def judge(
        self, _item: Item, environment: Environment, _task: Task, trajectory: Trajectory
    ) -> tuple[tuple[Finding, ...], tuple[Attempt, ...]]:
        """Return a finding for each of the rubrics R1 to R3 that the model says does not hold."""
        log: list[Attempt] = []
        prompt = load_prompt("judge")
        text = prompt.fill(policy="\n".join(environment.policy), conversation=said(trajectory.messages[1:]))
        try:
            value = await self.client.ask(prompt, [_user(text)], log)
        except ModelFault as fault:
            message = f"the judge gave no judgement: {_settled(fault, log)}"
            return (Finding(code="judge.silent", severity="undecided", message=message),), tuple(log)
        findings = []
        for rubric in ("R1", "R2", "R3"):
            answer = value[rubric]
            if isinstance(answer, dict) and not answer["holds"]:
                findings.append(Finding(code=f"judge.{rubric}", message=str(answer["why"])[:400]))
        return tuple(findings), tuple(log)


def _settled(fault: ModelFault, log: Sequence[Attempt]) -> str:
    """Return the reason that a fault gives; one of the endpoint is raised, as another run may fare better."""
    if fault.kind == "endpoint":
        raise fault.with_attempts(log)
    return str(fault)


def _user(text: str) -> Turn:
    return {"role": "user", "content": text}


def _list(value: Json) -> list[dict[str, Json]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _shown(draft: Draft) -> str:
    """Return an environment as a model reads it: without bodies, with some rows of each table."""
    tools = [{k: v for k, v in tool.items() if k != "body"} for tool in _list(draft.environment["tools"])]
    rows = {table: dict(list(rows.items())[:_SHOWN_ROWS]) for table, rows in draft.state.items()}
    shown = {key: draft.environment[key] for key in ("title", "policy", "workflow", "rules")}
    return json.dumps({**shown, "tools": tools, "state": rows}, ensure_ascii=False)


def _task(entry: dict[str, Json], way: str) -> Task:
    name = re.sub(r"[^a-z0-9]+", "-", str(entry["id"]).lower()).strip("-")[:50] or "task"
    expect = [item for item in _list(entry.get("expect")) if ("table" in item) != ("tool" in item)]
    return Task.model_validate({"id": f"{name}-{way}", "instruction": str(entry["instruction"]), "expect": expect})
