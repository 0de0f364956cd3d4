"""Which planted faults the checks find, by kind and by family of checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gem_sim.canonical import Json
from gem_sim.environment import Environment
from gem_sim.simulator import Replay, replay
from gem_sim.testing.mutate import MUTATIONS, mutants_of
from gem_sim.testing.scene import Mutant, Mutation, Samples
from gem_sim.verdict import Outcome
from gem_sim.verifier import Check, checks_for, verify


class Judgement(NamedTuple):
    """A mutant and what became of it.

    It is killed where the verdict is *fail*; *undecided* is no kill. `families` are the families of checks that found
    an error in it, each run by itself.
    """

    mutant: Mutant
    verdict: Outcome
    families: frozenset[str]

    @property
    def killed(self) -> bool:
        """Whether the checks found an error."""
        return self.verdict == "fail"


def judgements(
    originals: Sequence[Replay], *, kinds: Sequence[Mutation] = MUTATIONS, seed: int = 0, most: int = 4
) -> Iterator[Judgement]:
    """Plant faults in verified trajectories of one environment and yield what the checks make of each mutant.

    Args:
        originals: Replays of trajectories that passed.
        kinds: Which of `MUTATIONS`.
        seed: Decides what is planted where.
        most: How many mutants of each kind in each trajectory at most.
    """
    samples = Samples(originals)
    for original in originals:
        for mutant in mutants_of(original, kinds=kinds, samples=samples, seed=seed, most=most):
            yield judge(mutant, original)


def judge(mutant: Mutant, original: Replay) -> Judgement:
    """Verify a mutant from the start of its original, all checks together and each family by itself."""
    replayed = replay(mutant.trajectory, original.environment, task=original.task)
    found = frozenset(
        family
        for family, checks in families_of(original.environment).items()
        if any(finding.severity == "error" for finding in verify(replayed, checks).findings)
    )
    return Judgement(mutant, verify(replayed).verdict, found)


def families_of(environment: Environment) -> dict[str, tuple[Check, ...]]:
    """Return family → its checks, the environment's own under "own", in the order in which they run."""
    found: dict[str, tuple[Check, ...]] = {}
    for check in checks_for(environment):
        module = check.__module__
        family = module.rpartition(".")[2] if module.startswith("gem_sim.") else "own"
        found[family] = (*found.get(family, ()), check)
    return found


class Tally:
    """How many mutants of each kind were planted and killed, and by which families."""

    def __init__(self) -> None:
        self.planted: Counter[tuple[str, str]] = Counter()
        self.killed: Counter[tuple[str, str]] = Counter()
        self.undecided: Counter[str] = Counter()
        self.by_family: dict[str, Counter[str]] = {}

    def add(self, judgement: Judgement) -> None:
        """Count one mutant."""
        planted = judgement.mutant.planted
        cell = (planted.kind, planted.variant)
        self.planted[cell] += 1
        self.killed[cell] += judgement.killed
        self.undecided[planted.kind] += judgement.verdict == "undecided"
        self.by_family.setdefault(planted.kind, Counter()).update(judgement.families)

    @property
    def kinds(self) -> list[str]:
        """The kinds of which there are mutants, in the order of `MUTATIONS`."""
        found = {kind for kind, _ in self.planted}
        return [mutation.__name__ for mutation in MUTATIONS if mutation.__name__ in found]

    @property
    def families(self) -> list[str]:
        """The families that found something, those that found most first."""
        total: Counter[str] = Counter()
        for found in self.by_family.values():
            total.update(found)
        return [family for family, _ in total.most_common()]

    def rate(self, kind: str | None = None) -> float:
        """Return the share of mutants killed, of one kind or of all; 1 where there is none."""
        cells = [cell for cell in self.planted if kind in (None, cell[0])]
        planted = sum(self.planted[cell] for cell in cells)
        return sum(self.killed[cell] for cell in cells) / planted if planted else 1.0

    def lowest(self) -> float:
        """Return the lowest rate of any kind; 1 where there is none."""
        return min((self.rate(kind) for kind in self.kinds), default=1.0)

    def to_json(self) -> dict[str, Json]:
        """Return all counts: in all, by kind and variant, and by kind and family."""
        kinds: dict[str, Json] = {}
        for kind in self.kinds:
            counts: dict[str, Json] = {
                variant: {"planted": self.planted[kind, variant], "killed": self.killed[kind, variant]}
                for variant in ("kept", "rerun")
                if self.planted[kind, variant]
            }
            kinds[kind] = {
                "planted": sum(self.planted[cell] for cell in self.planted if cell[0] == kind),
                "killed": sum(self.killed[cell] for cell in self.planted if cell[0] == kind),
                "undecided": self.undecided[kind],
                "kill_rate": round(self.rate(kind), 4),
                **counts,
                "families": dict(self.by_family[kind]),
            }
        return {
            "mutants": self.planted.total(),
            "killed": self.killed.total(),
            "undecided": self.undecided.total(),
            "kill_rate": round(self.rate(), 4),
            "lowest_kind": round(self.lowest(), 4),
            "kinds": kinds,
        }

    def table(self) -> str:
        """Return a table for a person: a row for each kind, a column for each family that found something."""
        families = self.families
        head = ["kind", "planted", "killed", "rate", "kept", "rerun", *families]
        rows = [head]
        for kind in [*self.kinds, None]:
            cells = [cell for cell in self.planted if kind in (None, cell[0])]
            found = sum((self.by_family[k] for k in self.kinds if kind in (None, k)), Counter[str]())
            row = [kind or "all", str(sum(self.planted[c] for c in cells)), str(sum(self.killed[c] for c in cells))]
            row.append(f"{self.rate(kind):.1%}")
            for variant in ("kept", "rerun"):
                chosen = [cell for cell in cells if cell[1] == variant]
                killed, planted = (sum(counts[c] for c in chosen) for counts in (self.killed, self.planted))
                row.append(f"{killed}/{planted}" if planted else "")
            rows.append([*row, *(str(found[family] or "") for family in families)])
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        return "\n".join(
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in rows
        )
