"""`gem-sim demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gem_sim.simulator import Replay
    from gem_sim.verdict import Verdict

_STORY = "exhibition-frame"
_INTRO = """\
A customer orders a picture frame. This is the worked example of the GEM paper (arXiv 2601.10355, appendix F), retold
with the same figures. Nobody ever ran its tools; here they run, in a sandbox, and every recorded answer is compared.
"""


def command(
    report: Annotated[Path, typer.Option(help="Where to write the HTML report.")] = Path("gem-sim-demo.html"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the two verdicts as JSON lines.")] = False,
) -> int:
    """Verify a worked example offline: one trajectory that execution refutes, one that it bears out."""
    from gem_sim.engine.sight import sight
    from gem_sim.formats import read_trajectories
    from gem_sim.report.html import write_report
    from gem_sim.simulator import load_environment, replay
    from gem_sim.verifier import verify

    shop = load_environment("frame_shop")
    folder = Path(shop.folder or ".")
    told = next(t for t in read_trajectories(folder / "known_bad.jsonl") if t.id == f"{_STORY}-as-told")
    mended = next(t for t in read_trajectories(folder / "trajectories.jsonl") if t.id == _STORY)
    replays = [replay(trajectory, shop) for trajectory in (told, mended)]
    verdicts = [verify(replayed) for replayed in replays]
    write_report(report, shop, [(v, sight(r, v)) for v, r in zip(verdicts, replays, strict=True)])
    if as_json:
        print("\n".join(verdict.model_dump_json() for verdict in verdicts))
    else:
        print(_INTRO)
        print(_chapter("1. As the paper tells it", replays[0], verdicts[0]))
        print(_chapter("2. The same wish, carried out by the rules", replays[1], verdicts[1]))
        print(f"The report with both, side by side: {report}")
    return 0 if [verdict.verdict for verdict in verdicts] == ["fail", "pass"] else 1


def _chapter(title: str, replayed: Replay, verdict: Verdict) -> str:
    from gem_sim.cli.show import divergence_lines, paint
    from gem_sim.engine import divergence_of

    lines = [paint(title, "title"), ""]
    for call in replayed.calls:
        faults = [f for f in verdict.findings if f.call == call.placed.number and f.severity == "error"]
        arguments = ", ".join(f"{name}={value}" for name, value in call.placed.call.arguments.items())
        mark = paint("✗", "fail") if faults else paint("✓", "pass")
        lines.append(f"  {mark} {call.placed.number}  {call.placed.call.tool}({arguments})")
        lines += [f"       {fault.code}: {fault.message}" for fault in faults]
    lines += ["", *divergence_lines(divergence_of(replayed)), *_consequence(verdict)]
    lines.append(
        f"  verdict: {paint(verdict.verdict, verdict.verdict)}"
        + (" (verified by replay)" if verdict.verdict == "pass" else "")
    )
    return "\n".join(lines) + "\n"


def _consequence(verdict: Verdict) -> list[str]:
    """Return lines that say why what follows the first divergence is void, if something is."""
    errors = [f for f in verdict.findings if f.severity == "error" and f.code.startswith("result.")]
    void = next((f for f in errors[1:] if f.code == "result.refused"), None)
    if void is None:
        return []
    why = "execution refuses what the recording reports as done"
    return ["", f"  so call {void.call}, {void.tool}, is void: {why}.", ""]
