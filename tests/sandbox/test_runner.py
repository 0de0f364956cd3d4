"""One call of a stub: what it may use, what it leaves, and that nothing outlives it."""

from __future__ import annotations

import decimal
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gem_sim.errors import LimitError, StubError
from gem_sim.sandbox import Limits, Runner
from gem_sim.state import State
from tests.conftest import ROOT
from tests.sandbox.stubs import ROWS, compiled, moment, outcome, program, result

RUNAWAYS = {
    "endless loop": "while True:\n    pass",
    "endless loop that catches": "while True:\n    try:\n        x = 1 // 0\n    except Exception:\n        pass",
    "finally that goes on": "try:\n    while True:\n        pass\nfinally:\n    while True:\n        pass",
    "endless comprehension": "return [0 for a in range(10**6) for b in range(10**6)]",
    "endless generator": "return sum(1 for a in range(10**9) for b in range(10**9))",
    "recursion": "def f(n):\n    return f(n + 1)\nreturn f(0)",
    "recursion that catches": "def f(n):\n    try:\n        return f(n + 1)\n    except Exception:\n        return n\nreturn f(0)",
    "lambda recursion": "f = lambda g, n: g(g, n + 1)\nreturn f(f, 0)",
    "sort key recursion": "def f(x):\n    return sorted([1, 2], key=f)\nreturn f(1)",
    "huge power": "return 10 ** 10 ** 8",
    "huge shift": "return 1 << 10**9",
    "huge product": "x = 10\nwhile True:\n    x = x * x",
    "huge product in place": "x = 10\nwhile True:\n    x *= x",
    "huge text": "return 'a' * 10**9",
    "growing text": "s = 'ab'\nwhile True:\n    s = s + s",
    "growing text in place": "s = 'ab'\nwhile True:\n    s += s",
    "growing f-string": "s = 'ab'\nwhile True:\n    s = f'{s}{s}'",
    "growing replace": "s = 'aa'\nwhile True:\n    s = s.replace('a', 'aa')",
    "growing join": "s = 'aa'\nwhile True:\n    s = s.join([s, s, s])",
    "join of a generator": "s = 'a' * 10**6\nreturn ''.join(s for i in range(10**5))",
    "huge list": "return [0] * 10**9",
    "huge list from a range": "return list(range(10**9))",
    "sum of a huge range": "return sum(range(10**12))",
    "growing list": "x = [1, 2]\nwhile True:\n    x = x + x",
    "extend by itself": "x = [1, 2]\nwhile True:\n    x.extend(x)",
    "slices kept": "x = list(range(100000))\nkept = []\nwhile True:\n    kept.append(x[:])",
    "copies kept": "x = list(range(100000))\nkept = []\nwhile True:\n    kept.append(x.copy())",
    "spread": "x = [1, 2]\nwhile True:\n    x = [*x, *x]",
    "spread mappings": "x = {str(i): i for i in range(10000)}\nkept = []\nwhile True:\n    kept.append({**x})",
    "wide format": "return f'{1:>999999999}'",
    "wide nested format": "n = 10**9\nreturn f'{1.5:.{n}f}'",
    "wide percent": "return '%999999999d' % 1",
    "padding": "return 'a'.zfill(10**9)",
    "tabs": "return ('\\t' * 1000).expandtabs(10**9)",
    "factorial": "import math\nreturn math.factorial(10**7)",
    "binomial": "from math import comb\nreturn comb(10**6, 10**5)",
    "counter elements": "from collections import Counter\nreturn list(Counter({'a': 10**9}).elements())",
    "shared lists shown": "x = [1]\nfor i in range(60):\n    x = [x, x]\nreturn str(x)",
    "shared lists returned": "x = [1]\nfor i in range(40):\n    x = [x, x]\nreturn {'x': [len(x)] * 10**6}",
    "huge result": "return ['a' * 100000 for i in range(100)]",
    "cycle shown": "x = []\nx.append(x)\nreturn f'{x}'",
    "rounding": "return round(5, -10**9) if False else 1 << 20000",
    "scan of a table without end": "while True:\n    state.books.values()",
    "search of a huge range": "return 'a' in range(10**12)",
    "search of a huge range backwards": "return 'a' in range(10**18, 0, -3)",
    "class whose method calls itself": "class A:\n    def f(self):\n        return self.f()\nreturn A().f()",
}


@pytest.mark.parametrize("body", RUNAWAYS.values(), ids=RUNAWAYS.keys())
def test_what_runs_away_ends_at_a_limit_and_changes_nothing(body: str) -> None:
    runner = Runner(program(f"state.loans['L1'] = {{'x': 1}}\nif True:\n    {body.replace(chr(10), chr(10) + '    ')}"))
    start = moment()
    for _ in range(2):
        with pytest.raises(LimitError):
            runner.call("tool", {}, start, Limits(fuel=100_000))
    assert start.state == State(ROWS)


def test_fuel_ends_a_call_at_the_same_point_everywhere() -> None:
    code = (
        "from tests.sandbox.stubs import *\n"
        "from gem_sim.errors import LimitError\n"
        'body = \'n = 0\\nfor i in range(50):\\n    n += len([x for x in {"a", "b", "c"} for y in range(7)])\\nreturn n\'\n'
        "for fuel in range(1200, 1700, 20):\n"
        "    try:\n"
        "        print(fuel, outcome(body, Limits(fuel=fuel)).content)\n"
        "    except LimitError as error:\n"
        "        print(fuel, error)\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    lines = printed.pop().splitlines()
    assert lines[0].endswith("out of fuel")
    assert lines[-1].endswith("1050")


def nested(depth: int, body: str) -> Any:
    return nested(depth - 1, body) if depth else outcome(body).content


def test_depth_does_not_depend_on_where_the_host_stands() -> None:
    body = "def f(n):\n    return 0 if n == 0 else 1 + f(n - 1)\nreturn f({})"
    assert nested(0, body.format(90)) == nested(300, body.format(90)) == 90
    for depth in (0, 300):
        with pytest.raises(LimitError, match="nested too deeply"):
            nested(depth, body.format(120))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x = {'c', 'a', 'b'}\nx.add('a')\nreturn list(x)", ["c", "a", "b"]),
        ("return sorted({w.lower() for w in ['B', 'a', 'b']})", ["a", "b"]),
        ("return list({1, 2, 3} & {3, 1}) + list({1} | {5}) + list({1, 2} - {1})", [1, 3, 1, 5, 2]),
        ("return [isinstance(x, (int, str)) for x in [1, 'a', None, 1.5]]", [True, True, False, False]),
        ("return isinstance({1}, set) and isinstance({}, dict) and not isinstance([], dict | tuple)", True),
        ("return sorted(['b', 'A'], key=str.lower)", ["A", "b"]),
        ("return dict.fromkeys(['a', 'b'], 0)", {"a": 0, "b": 0}),
        ("return [list(map(str, [1, 2])), list(zip('ab', [1, 2])), dict(enumerate('ab')).get(1)]", None),
        ("a, *b = [1, 2, 3]\nreturn [a, b]", [1, [2, 3]]),
        ("row = state.books['B1']\nrow['copies'] -= 1\nrow['tags'] += ['c']\nreturn row", None),
        ("total = 0\nfor row in state.books.values():\n    total += row['copies']\nreturn total", 2),
        ("return '%s costs %.2f (%d%%)' % ('It', 3.14159, 50)", "It costs 3.14 (50%)"),
        ("return f'{3.14159:.2f} {5:>4} {\"a\"!r} {1234567:,}'", "3.14    5 'a' 1,234,567"),
        ("import re\nreturn re.sub(r'(\\d+)', r'<\\1>', 'a1b22')", "a<1>b<22>"),
        ("import re\nm = re.match(r'(?P<y>\\d{4})-(\\d\\d)', '2026-03-02')\nreturn [m.group('y'), m.groups()]", None),
        ("from datetime import datetime, timedelta\nd = datetime.fromisoformat(now()[:10])\nreturn (d + timedelta(days=21)).strftime('%Y-%m-%d')", "2026-03-23"),
        ("from datetime import date\nreturn f'{date(2026, 3, 2):%d.%m.%Y}'", "02.03.2026"),
        ("from decimal import Decimal\nreturn str(Decimal('10') / 4)", "2.5"),
        ("from decimal import Decimal\nreturn isinstance(Decimal('1') + 1, Decimal)", True),
        ("import statistics\nreturn statistics.median([3, 1, 2])", 2),
        ("from collections import Counter, defaultdict\nd = defaultdict(list)\nd['a'].append(1)\nreturn [d, Counter('aab')]", [{"a": [1]}, {"a": 2, "b": 1}]),
        ("match [1, {'k': 'v'}]:\n    case [1, {'k': x, **rest}]:\n        return x\nreturn None", "v"),
        ("class Point:\n    kind = 'p'\n    def __init__(self, x):\n        self.x = x\n    def moved(self, by: int) -> int:\n        self.x += by\n        return self.x\np = Point(1)\np.x = 5\nreturn [p.moved(2), p.kind]", [7, "p"]),
        ("class Missing(Exception):\n    pass\ntry:\n    raise Missing('no')\nexcept Missing as error:\n    return f'{error}'", "no"),
        ("try:\n    return 1 // 0\nexcept (ZeroDivisionError, KeyError) as error:\n    return str(error)\nfinally:\n    x = 1", None),
        ("def outer():\n    n = 0\n    def add():\n        nonlocal n\n        n += 1\n        return n\n    add()\n    return add()\nreturn outer()", 2),
        ("x: int = 3\nreturn (y := x + 1) + y", 8),
        ("return (lambda a, b=2, *c, **d: a + b + len(c) + len(d))(1, 2, 3, e=4)", 5),
        ("return sum([[1], [2]], [])", [1, 2]),
        ("return [len('ab' * 3), [0] * 2, 2 ** 10, 7 % 3, 1 << 4, 5 | 2, max(1, 2), min([3, 4]), round(2.567, 2)]", [6, [0, 0], 1024, 1, 16, 7, 2, 3, 2.57]),
    ],
)  # fmt: skip
def test_the_dialect_computes_as_python_does(body: str, expected: Any) -> None:
    found = result(body)
    assert found == expected or expected is None
    if expected is None:
        assert found is not None


SCANS = [
    # A row of a scan is changed.
    "for row in state.books.values():\n    row['copies'] = 9\nreturn [row['copies'] for row in state.books.values()]",
    # A list inside a row of a scan is changed.
    "rows = list(state.books.values())\nrows[0]['tags'].append('z')\nreturn state.books['B1']['tags']",
    # A row is looked up and changed after a scan has shown it.
    "rows = list(state.books.values())\nstate.books['B1']['copies'] = 7\nreturn [row['copies'] for row in rows]",
    # ... before the scan.
    "row = state.books['B1']\nrow['copies'] = 7\nfound = [r for r in state.books.values()]\nrow['copies'] += 1\nreturn [r['copies'] for r in found]",
    # A row is put in, then another scan.
    "state.books['B3'] = {'copies': 1}\nfor key, row in state.books.items():\n    row['key'] = key\nreturn list(state.books.values())",
    # A row is removed during a scan.
    "for key in state.books:\n    if state.books[key]['copies'] == 0:\n        del state.books[key]\nreturn list(state.books.keys())",
    "first = min(state.books.values(), key=lambda row: row['copies'])\nfirst.update({'copies': 5})\nreturn first",
]  # fmt: skip


@pytest.mark.parametrize("body", SCANS)
def test_shared_rows_are_not_to_be_told_from_copies(body: str) -> None:
    class Namespace(dict[str, Any]):
        __getattr__ = dict.__getitem__

    expected: dict[str, Any] = {}
    plain = Namespace({"books": {key: {**row, "tags": list(row["tags"])} for key, row in ROWS["books"].items()}})
    plain_body = body.replace("for key in state.books:", "for key in list(state.books):")
    exec("def f(state):\n" + "".join(f"    {line}\n" for line in plain_body.split("\n")), expected)
    start = moment()
    runner = Runner(program(body))
    for _ in range(2):
        found = runner.call("tool", {}, start, Limits())
        assert start.state == State(ROWS)
    assert found.content == expected["f"](plain)
    assert found.state["books"].keys() == plain["books"].keys()
    assert all(found.state["books"][key] == row for key, row in plain["books"].items())


@pytest.mark.parametrize(
    "body",
    [
        "def f(x=[]):\n    x.append(1)\n    return len(x)\nreturn f()",
        "SIZES.append(1)\nreturn len(SIZES)",
        "PRICES['plain'].append(3)\nreturn PRICES",
        "argument['x'].append(1)\nreturn argument",
        "class A:\n    items = []\nA().items.append(1)\nreturn len(A().items)",
        "from collections import Counter\nreturn Counter('a')['a']",
    ],
)
def test_nothing_survives_a_call(body: str) -> None:
    runner = Runner(program(body, "argument"))
    given: dict[str, Any] = {"argument": {"x": []}}
    seen = []
    for _ in range(2):
        try:
            seen.append(runner.call("tool", given, moment(), Limits()).content)
        except StubError as error:
            seen.append(str(error))
    assert seen[0] == seen[1]
    assert given == {"argument": {"x": []}}


def test_the_hosts_decimal_context_neither_leaks_in_nor_out() -> None:
    before = decimal.getcontext().prec
    with decimal.localcontext() as context:
        context.prec = 5
        assert result("from decimal import Decimal\nreturn str(Decimal(1) / 3)") == "0." + "3" * 28
        assert decimal.getcontext().prec == 5
    assert decimal.getcontext().prec == before


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))  # fmt: skip
def test_a_value_comes_back_as_it_went_in_or_not_at_all(value: Any) -> None:
    try:
        found = result("return argument", argument=value)
    except (StubError, ValueError):
        return
    assert found == value
    assert found is not value or not isinstance(value, list | dict)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return float('nan')", "JSON"),
        ("return {1: 2}", "JSON"),
        ("x = []\nx.append(x)\nreturn x", "JSON"),
        ("state.loans['L1'] = {'x': float('inf')}", "JSON"),
        ("return len", "JSON"),
        ("return state.books['B9']", "KeyError"),
        ("state.loans[7] = {}", "string"),
        ("raise ValueError(len, 'no', 10**400)", "ValueError"),
        ("assert False, 'no'", "AssertionError"),
    ],
)
def test_a_broken_stub_is_told_with_its_line_and_changes_nothing(body: str, words: str) -> None:
    with pytest.raises(StubError, match=words) as caught:
        outcome(f"state.loans['L0'] = {{}}\n{body}")
    assert not isinstance(caught.value, LimitError)
    if "JSON" not in words:
        assert caught.value.line == 2


def test_an_argument_may_be_named_like_a_builtin() -> None:
    assert result("return [x for x in list if filter is None or x == filter]", list=[1, 2], filter=2) == [2]
    assert result("zip = zip or 'none'\nreturn str(len(zip)) + zip", zip="12345") == "512345"
    text = compiled("return filter", "filter").text
    assert "filter=None" in text
    assert "filter_" not in text


def test_the_text_of_an_error_does_not_depend_on_how_often_a_call_was_made() -> None:
    runner = Runner(
        program("try:\n    return 'a'.startswith(tabsize=1)\nexcept TypeError as error:\n    return str(error)")
    )
    broken = Runner(program("return 'a'.startswith(tabsize=1)"))
    texts = {runner.call("tool", {}, moment(), Limits()).content for _ in range(40)}
    for _ in range(40):
        with pytest.raises(StubError) as caught:
            broken.call("tool", {}, moment(), Limits())
        texts.add(str(caught.value).split("TypeError: ")[1])
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("row['lent'] = True", {"lent": True, "copies": True}),
        ("row['lent'] = row['lent']", None),
        # The same places have a boolean as before, under other names.
        ("row.pop('lent')\nrow['copies'] = 1\nrow['lent'] = True", {"lent": True, "copies": 1}),
        ("row.pop('lent')\nrow['lent'] = 1", None),
        ("row['tags'] = [1]", None),
        ("row['tags'][0] = True", {"tags": [True]}),
    ],
)
def test_a_flag_in_the_place_of_a_number_is_a_change(body: str, kept: dict[str, Any] | None) -> None:
    nested = {"tags": [1]} if "tags" in body else {}
    state = State({"books": {"B1": {"lent": 1, "copies": True, **nested}}})
    runner = Runner(program(f"row = state.books['B1']\n{body}\nreturn None"))
    changes = runner.call("tool", {}, moment(state), Limits()).changes
    if kept is None:
        assert changes == {}
    else:
        row = changes["books"]["B1"]
        assert row is not None
        assert json.dumps({name: row[name] for name in kept}) == json.dumps(kept)
