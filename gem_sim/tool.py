"""Tools, calls of tools, their results, and tools compiled to stubs."""

from __future__ import annotations

from dataclasses import dataclass
from types import CodeType
from typing import Literal

from pydantic import Field, JsonValue

from gem_sim.frozen import Frozen

Effect = Literal["read", "write"]


class Tool(Frozen):
    """A function an agent may call.

    `parameters` and `returns` are JSON Schemas (draft 2020-12); None means that none was declared. `body` holds
    the function's lines in the tool dialect; None means that it is inferred or that there is nothing to run.
    `reads` and `writes` name tables; None means undeclared. `extra` keeps keys of foreign formats (`strict`).
    """

    name: str
    description: str = ""
    effect: Effect | None = None
    parameters: dict[str, JsonValue] | None = None
    returns: dict[str, JsonValue] | None = None
    reads: tuple[str, ...] | None = None
    writes: tuple[str, ...] | None = None
    body: tuple[str, ...] | None = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)


class ToolCall(Frozen):
    """A request to run a tool.

    `unreadable` is the recorded text of arguments that are not a JSON object (`arguments` is then empty);
    None means that the arguments could be read.
    """

    id: str
    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    unreadable: str | None = None

    @classmethod
    def unchecked(cls, id_: str, tool: str, arguments: dict[str, JsonValue]) -> ToolCall:
        """Return a call whose parts are known to be what they should be, quickly; see `ToolResult.unchecked`."""
        made = cls.__new__(cls)
        _set(made, "__dict__", {"id": id_, "tool": tool, "arguments": arguments, "unreadable": None})
        _set(made, "__pydantic_fields_set__", _CALL_FIELDS)
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made


class ToolResult(Frozen):
    """What a tool answered: a JSON value, and whether the tool refused."""

    call_id: str
    content: JsonValue = None
    is_error: bool = False

    @classmethod
    def unchecked(cls, call_id: str, content: JsonValue, is_error: bool) -> ToolResult:
        """Return a result whose content is known to be JSON: `model_construct`, but quick, for the path of a call."""
        result = cls.__new__(cls)
        _set(result, "__dict__", {"call_id": call_id, "content": content, "is_error": is_error})
        _set(result, "__pydantic_fields_set__", _RESULT_FIELDS)
        _set(result, "__pydantic_extra__", None)
        _set(result, "__pydantic_private__", None)
        return result


_set = object.__setattr__
_RESULT_FIELDS = set(ToolResult.model_fields)
_CALL_FIELDS = {"id", "tool", "arguments"}


@dataclass(frozen=True)
class Stub:
    """A Tool compiled to checked Python.

    `text` is the function as a person reads it; `code` the checked module that defines it under the name
    `function`; `names` maps argument names to parameter names (they differ where an argument is called `from`);
    `digest` is over what decides the behaviour; `inferred` says that the tool had no body.
    """

    tool: str
    function: str
    text: str
    code: CodeType
    names: dict[str, str]
    digest: str
    inferred: bool


UNSPECIFIED = "$unspecified"


def is_unspecified(value: object) -> bool:
    """Tell whether a value is the marker `{"$unspecified": reason}` of something no rule determines."""
    return isinstance(value, dict) and len(value) == 1 and UNSPECIFIED in value


def default_of(tool: Tool, argument: str) -> JsonValue:
    """Return the value an absent optional argument takes: the schema's default, else None."""
    properties = (tool.parameters or {}).get("properties")
    schema = properties.get(argument) if isinstance(properties, dict) else None
    return schema.get("default") if isinstance(schema, dict) else None


def declared_arguments(tool: Tool) -> tuple[str, ...]:
    """Return the names of the arguments that a tool's schema declares, in its order."""
    properties = (tool.parameters or {}).get("properties")
    return tuple(properties) if isinstance(properties, dict) else ()
