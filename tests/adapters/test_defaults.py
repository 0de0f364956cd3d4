"""What a hosted method keeps in a default argument does not reach another run."""

from __future__ import annotations

from gem_sim.adapters.native import host
from gem_sim.simulator.session import open_session
from gem_sim.tool import ToolCall


class Board:
    """A board on which every post keeps its list of readers."""

    def __init__(self) -> None:
        self.posts: list[list[str]] = []

    def post(self, readers: list[str] = []) -> list[str]:  # noqa: B006 - as toolkits are written
        """Post something and return who reads it."""
        self.posts.append(readers)
        return readers

    def read(self, name: str) -> str:
        """Read the last post."""
        self.posts[-1].append(name)
        return name


def test_a_list_that_is_a_default_is_new_in_every_call() -> None:
    environment = host(Board(), name="board")
    for _ in range(2):
        run = open_session(environment)
        assert run.call(ToolCall(id="c1", tool="post")).content == []
        run.call(ToolCall(id="c2", tool="read", arguments={"name": "Ada"}))
        assert run.call(ToolCall(id="c3", tool="post")).content == []
