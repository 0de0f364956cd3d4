"""The tool dialect as tables: which nodes, names, attributes and modules a body may use.

Whatever is not listed is refused. `docs/dialect.md` is written from here.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class NodeRule(NamedTuple):
    """What becomes of a kind of syntax node: `fate` is allowed, guarded or refused; `note` says how, or the cure."""

    fate: str
    note: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ALLOWED = """
Module Return If Expr Pass Break Continue Raise Assert Nonlocal
BoolOp NamedExpr UnaryOp IfExp Compare List Tuple Slice Load Store Del And Or
Div FloorDiv RShift Invert Not UAdd USub
Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn arguments alias match_case
MatchSingleton MatchSequence MatchOr JoinedStr
"""
_GUARDED = {
    "Assign": "to `a, *rest` costs fuel by the length",
    "Dict": "`**` costs fuel by the length",
    "keyword": "`**` costs fuel by the length",
    "Subscript": "a slice costs fuel by its length",
    "ClassDef": "plain classes: `__init__`, methods and fields; no decorators, bases only exceptions and own classes",
    "FunctionDef": "costs fuel at each entry, nested calls are bounded; no decorators",
    "Lambda": "costs fuel at each call, nested calls are bounded",
    "AnnAssign": "the annotation is dropped",
    "For": "costs fuel at each turn",
    "While": "costs fuel at each turn",
    "comprehension": "costs fuel at each turn",
    "ListComp": "through its clauses",
    "SetComp": "makes a set that keeps the order of insertion",
    "DictComp": "through its clauses",
    "GeneratorExp": "through its clauses; a list wherever no builtin runs through it at once",
    "Set": "makes a set that keeps the order of insertion",
    "Try": "no `return`, `break` or `continue` in `finally`",
    "ExceptHandler": "names an ordinary exception; limits and refusals are not caught",
    "Import": "of the modules below only; binds a safe part of the module",
    "ImportFrom": "of the modules below only; binds a safe part of the module",
    "BinOp": "+, -, *, %, **, <<, |, & and ^ are bounded by the size of the result",
    "AugAssign": "as the operator",
    "Delete": "of a slice costs fuel by the length; attributes cannot be removed",
    "Add": "bounded by the size of the result",
    "Sub": "of sets costs fuel by the size",
    "Mult": "bounded by the size of the result",
    "BitOr": "bounded by the size of the result",
    "BitXor": "bounded by the size of the result",
    "BitAnd": "bounded by the size of the result",
    "Mod": "width and precision are bounded where it formats text",
    "Pow": "bounded by the size of the result",
    "LShift": "bounded by the size of the result",
    "Call": "methods that copy, grow or run through something cost fuel by its length",
    "Starred": "costs fuel by the length of what is spread",
    "FormattedValue": "width and precision are bounded; shows plain values only",
    "Name": "must be known, and not begin with an underscore",
    "Attribute": "in the list below, a table of `state`, or of an own class; set on instances of own classes only",
    "Constant": "text, numbers, true, false and none, of bounded size",
    "arg": "must not begin with an underscore",
    "Match": "on literals, sequences and mappings",
    "MatchValue": "literals only",
    "MatchAs": "must not begin with an underscore",
    "MatchStar": "must not begin with an underscore",
    "MatchMapping": "its rest must not begin with an underscore",
}
_REFUSED = {
    "AsyncFunctionDef": "write a plain `def`",
    "AsyncFor": "write a plain `for`",
    "With": "there is nothing to open; leave it out",
    "AsyncWith": "there is nothing to open; leave it out",
    "withitem": "there is nothing to open; leave it out",
    "TryStar": "write `except`",
    "Global": "pass the value as an argument, or use `nonlocal`",
    "Await": "call the function directly",
    "Yield": "build a list and return it",
    "YieldFrom": "build a list and return it",
    "MatMult": "write the sum as a loop",
    "MatchClass": "test with isinstance",
    "TypeAlias": "leave type aliases out",
    "TypeVar": "leave type parameters out",
    "ParamSpec": "leave type parameters out",
    "TypeVarTuple": "leave type parameters out",
    "TemplateStr": "use an f-string",
    "Interpolation": "use an f-string",
    "Interactive": "write plain statements",
    "Expression": "write plain statements",
    "FunctionType": "write plain statements",
    "TypeIgnore": "leave type comments out",
}

NODES: Final[dict[str, NodeRule]] = {
    **{name: NodeRule("allowed", "") for name in _ALLOWED.split()},
    **{name: NodeRule("guarded", note) for name, note in _GUARDED.items()},
    **{name: NodeRule("refused", cure) for name, cure in _REFUSED.items()},
}

BUILTINS: Final = _words(
    """abs all any bool chr dict divmod enumerate filter float frozenset int isinstance len list map max min ord
    pow range repr reversed round set sorted str sum tuple zip"""
)
# Types that pay for what they make; a call by name goes straight to the function that makes it.
TYPES: Final = ("dict", "float", "frozenset", "int", "list", "set", "str", "tuple")
# Lists elsewhere, so that nothing runs without fuel; as what a loop runs through, the loop's turns pay for them.
LAZY: Final = ("enumerate", "map", "range", "reversed", "zip")
EXCEPTIONS: Final = _words(
    """ArithmeticError AssertionError AttributeError Exception IndexError KeyError LookupError OverflowError
    RuntimeError StopIteration TypeError ValueError ZeroDivisionError"""
)

# Names that people reach for and what to write instead.
CURES: Final[dict[str, str]] = {
    "open": "rows of `state` are all there is to read",
    "print": "return what the agent should see",
    "type": "test with isinstance",
    "getattr": "write row['field'] or row.get('field')",
    "setattr": "write row['field'] = value",
    "eval": "write the expression itself",
    "exec": "write the statements themselves",
    "input": "declare a parameter",
    "uuid": "write new_id('table')",
    "random": "the result has to be determined by the arguments and the state",
    "time": "write now()",
    "now": "write now(), the session's clock",
    "today": "write now(), the session's clock",
    "utcnow": "write now(), the session's clock",
    "format": "use an f-string",
    "format_map": "use an f-string",
    "encode": "texts are all there is; leave it out",
    "add_note": "put it into the message",
    "iter": "loop over the value itself",
    "next": "write a loop, or index a list",
    "hash": "compare the values themselves",
    "id": "compare the values themselves",
    "object": "use a dict",
    "super": "use functions and dicts",
    "BaseException": "name the exception, such as KeyError",
    "typing": "write built-in types, such as list[str], or leave the hint out",
    "json": "values are JSON already; return them as they are",
    "os": "there is no file system",
    "sys": "there is no interpreter to reach",
}

MODULES: Final[dict[str, tuple[str, ...]]] = {
    "math": _words(
        """acos asin atan atan2 ceil comb copysign cos degrees dist e exp fabs factorial floor fmod fsum gcd hypot
    isclose isfinite isinf isnan isqrt log log10 log2 modf pi radians sin sqrt tan tau trunc"""
    ),
    "datetime": ("date", "datetime", "time", "timedelta", "timezone"),
    "decimal": (
        "Decimal",
        "ROUND_CEILING",
        "ROUND_DOWN",
        "ROUND_FLOOR",
        "ROUND_HALF_EVEN",
        "ROUND_HALF_UP",
        "ROUND_UP",
    ),
    "re": ("I", "IGNORECASE", "compile", "findall", "fullmatch", "match", "search", "split", "sub"),
    "statistics": (
        "fmean",
        "mean",
        "median",
        "median_high",
        "median_low",
        "mode",
        "pstdev",
        "pvariance",
        "stdev",
        "variance",
    ),
    "collections": ("Counter", "OrderedDict", "defaultdict", "deque"),
}

_METHODS = """
append appendleft clear copy count extend index insert pop popitem popleft remove reverse rotate sort
fromkeys get items keys setdefault update values elements most_common subtract
add difference discard intersection isdisjoint issubset issuperset symmetric_difference union
capitalize casefold center endswith expandtabs find isalnum isalpha isdecimal isdigit islower isnumeric isspace istitle
isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip
split splitlines startswith strip swapcase title upper zfill
bit_length is_integer args
combine date day days fold fromisocalendar fromisoformat fromordinal hour isocalendar isoformat isoweekday max
microsecond microseconds min minute month resolution second seconds strftime strptime time total_seconds toordinal
tzinfo utc utcoffset weekday year
as_integer_ratio compare is_finite is_nan is_signed is_zero normalize quantize to_integral_value
end group groupdict groups lastgroup span start
"""
# Methods that copy, grow or run through something inside C: called directly, through a guard that pays beforehand.
METHODS_PAID: Final = frozenset(
    _words(
        """extend update fromkeys join union intersection difference symmetric_difference issubset issuperset elements
    subtract most_common copy center ljust rjust zfill expandtabs replace strftime strptime capitalize casefold
    lower upper swapcase title strip lstrip rstrip split rsplit splitlines partition rpartition removeprefix
    removesuffix count find index insert isdisjoint remove reverse rfind rindex rotate sort"""
    )
)
# Of those, the ones that make one text no longer than their own.
METHODS_SHORT: Final = frozenset(
    _words("capitalize casefold lower upper swapcase title strip lstrip rstrip removeprefix removesuffix")
)
# Of those, the ones that may also be handed on without a call (`key=str.lower`): no larger than what goes in.
METHODS_HANDED_ON: Final = frozenset(_words("""casefold count find index lower lstrip rstrip strip title upper"""))

ATTRIBUTES: Final = frozenset(_METHODS.split()) | {name for names in MODULES.values() for name in names}


def policy_markdown() -> str:
    """Return the dialect as a page for people who write bodies."""
    rows = "".join(f"| `{name}` | {rule.fate} | {rule.note} |\n" for name, rule in sorted(NODES.items()))
    modules = "".join(f"| `{name}` | {', '.join(names)} |\n" for name, names in MODULES.items())
    cures = "".join(f"| `{name}` | {cure} |\n" for name, cure in sorted(CURES.items()))
    return (
        "# The tool dialect\n\n"
        "A body is ordinary Python over its parameters, `state`, the environment's constants and the functions\n"
        "`require(condition, rule_or_message)`, `fail(message)`, `new_id(table)`, `now()` and `unspecified(reason)`.\n"
        "Whatever is not listed here is refused when the environment is loaded, every fault at once, each with line,\n"
        "column and cure. A test compares this page and the policy.\n\n"
        "`state.loans` is a mapping from key to row, rows are dicts; `now()` is an ISO 8601 text. An argument that is\n"
        "absent has its schema's default, else None. An argument whose name is no Python name or would hide a name of\n"
        "the dialect gets an underscore: `from_`, `state_`. One named like a builtin (`filter`) hides it.\n\n"
        f"Builtins: {', '.join(f'`{name}`' for name in BUILTINS)}.\n\n"
        f"Exceptions: {', '.join(f'`{name}`' for name in EXCEPTIONS)}.\n\n"
        f"Attributes: {', '.join(f'`{name}`' for name in sorted(ATTRIBUTES))}.\n\n"
        f"## Modules that can be imported\n\n| module | what is in it |\n|---|---|\n{modules}\n"
        f"## Refused names, and what to write instead\n\n| name | instead |\n|---|---|\n{cures}\n"
        f"## Syntax\n\n| node | fate | how, or what to write instead |\n|---|---|---|\n{rows}"
    )
