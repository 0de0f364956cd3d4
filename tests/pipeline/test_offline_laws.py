"""Whatever the words of a procedure are: its environment holds together, and its conversations pass every check."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gem_sim
from gem_sim.pipeline.draft import load_draft, with_tasks
from gem_sim.pipeline.offline.environment import extract
from gem_sim.pipeline.offline.procedure import NoProcedure
from gem_sim.pipeline.offline.script import ground
from gem_sim.pipeline.offline.verbs import VERBS

# Among them names of the dialect, of Python, of the record's own fields, and of what the tools return.
NOUNS = """
    state now record made done class import lambda id type filter list step message owner date order label form key row
    value error status number email phone count reference opened user table request result fail name title print
    constants rules None self days minutes email-address série Überprüfung x9 tax-return s news series
""".split()  # noqa: SIM905
TAILS = (
    *("", "", " within 3 days", " for at most 20 minutes", " at least 2 times", " for 15 minutes", ", then wait"),
    *(
        " with «Save» or «Send»",
        " if it is late",
        " of 12% or $500",
        " by 5:30 on Monday",
        " (see No. 4)",
        " and its {noun}",
    ),
)
LEADS = (
    "",
    "",
    "If the {noun} is late, ",
    "Unless the {noun} is open, ",
    "Then ",
    "Once done, ",
    "Make sure to ",
    "Never ",
)


@st.composite
def passages(draw: st.DrawFn) -> str:
    lines = [
        f"# {draw(st.sampled_from(('How to handle a', 'Processing', 'The')))} {draw(st.sampled_from(NOUNS))}",
        "",
    ]
    marker = draw(st.sampled_from(("{n}. ", "- ", "* ", "")))
    for number in range(draw(st.integers(2, 9))):
        lead = draw(st.sampled_from(LEADS))
        verb = draw(st.sampled_from(sorted(VERBS)))
        noun, other, tail = (
            draw(st.sampled_from(NOUNS)),
            draw(st.sampled_from(NOUNS)),
            draw(st.sampled_from(TAILS)),
        )
        told = f"{lead}{verb} the {noun}{tail}.".replace("{noun}", other)
        lines.append(marker.format(n=number + 1) + told[:1].upper() + told[1:])
    return "\n".join(lines) + "\n"


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(passages())
def test_every_procedure_holds_together_and_its_conversations_pass(text: str) -> None:
    try:
        procedure, draft = extract(text)
    except NoProcedure:
        return
    with TemporaryDirectory() as folder:
        environment = load_draft(Path(folder), draft, trusted=True)
        grounded = ground(procedure, environment, text)
        environment = with_tasks(environment, [one.task for one in grounded])
        assert grounded
        for one in grounded:
            verdict = gem_sim.verify(gem_sim.replay(one.trajectory, environment))
            assert verdict.verdict == "pass", str(verdict)
