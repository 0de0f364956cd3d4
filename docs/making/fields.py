"""What mkdocstrings needs to show the fields of our values: their classes get the signature that calls of them have."""

from __future__ import annotations

from typing import Any

from griffe import Class, Extension, Function, Parameter, ParameterKind, Parameters

_NAMED = {"NamedTuple": ParameterKind.positional_or_keyword}
# `Frozen` is the base of the nouns, a pydantic model.
_MODELS = {"Frozen": ParameterKind.keyword_only, "BaseModel": ParameterKind.keyword_only}


class Fields(Extension):
    """Gives each named tuple and each model an `__init__` with its fields."""

    def on_class(self, *, cls: Class, **_: Any) -> None:
        """Add the signature, unless the class has one of its own."""
        bases = {str(base).rsplit(".", 1)[-1] for base in cls.bases}
        kind = next((kind for name, kind in {**_NAMED, **_MODELS}.items() if name in bases), None)
        if kind is None or "__init__" in cls.members:
            return
        fields = [
            Parameter(one.name, annotation=one.annotation, default=one.value, kind=kind)
            for one in cls.members.values()
            if one.is_attribute and one.annotation is not None and "property" not in one.labels
            if not one.name.startswith(("_", "model_config"))
        ]
        fields.insert(0, Parameter("self", kind=ParameterKind.positional_or_keyword))
        made = Function("__init__", parameters=Parameters(*fields), lineno=cls.lineno, endlineno=cls.endlineno)
        made.parent = cls
        cls.set_member("__init__", made)
