"""What a run found, as a table for people and as figures for docs/reliability.json."""

from statistics import median, quantiles
from typing import Any

from benchmarks import reliability
from tests.chaos.plan import Plan, Result


def shown(plan: Plan, result: Result) -> str:
    verdict = result.verdict
    rows: list[tuple[str, ...]] = [("until accepting again", "times", "median", "p95", "max")]
    for name, times_s in sorted(result.accepting_s.items()):
        figures = (f"{figure:.2f} s" for figure in (median(times_s), p95(times_s), max(times_s)))
        rows.append((name, str(len(times_s)), *figures))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    table = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    return "\n".join(
        [
            *table,
            "",
            f"seed {plan.seed}, {result.seconds / 60:.1f} min, {sum(map(len, result.accepting_s.values()))} faults",
            f"{result.sent} events sent, {result.acked} acked, {result.refused} refused; answers: {result.answers}",
            f"{result.sessions} sessions, {result.frames} frames of the journals and {result.ledgers} ledgers seen",
            f"{result.counted} events counted by the monitor, {result.alerts} alerts;"
            f" {result.rule_changes[0]} changes of the rules acked, {result.rule_changes[1]} without an answer",
            *(f"in an alert after {name}: {_times(times_s)}" for name, times_s in sorted(result.alerting_s.items())),
            f"{verdict.lost} lost, {verdict.doubled} doubled",
            *(f"PROBLEM: {problem}" for problem in verdict.problems),
        ]
    )


def p95(times_s: list[float]) -> float:
    return quantiles(times_s, n=20, method="inclusive")[-1] if len(times_s) > 1 else times_s[0]


def figures(plan: Plan, result: Result) -> dict[str, Any]:
    alerting = {name: _times(times_s) for name, times_s in sorted(result.alerting_s.items())}
    return {
        "seed": plan.seed,
        "minutes": round(result.seconds / 60, 1),
        "kills": {name: len(times_s) for name, times_s in sorted(result.accepting_s.items())},
        "sent": result.sent,
        "acked": result.acked,
        "refused": result.refused,
        "lost": result.verdict.lost,
        "doubled": result.verdict.doubled,
        "sessions": result.sessions,
        "counted_by_the_monitor": result.counted,
        "alerts": result.alerts,
        "changes_of_rules": {"acked": result.rule_changes[0], "without_an_answer": result.rule_changes[1]},
        "accepting_again_s": {name: _times(times_s) for name, times_s in sorted(result.accepting_s.items())},
        **({"alerting_again_s": alerting} if alerting else {}),
    }


def _times(times_s: list[float]) -> dict[str, float]:
    return {
        "count": len(times_s),
        "median": round(median(times_s), 2),
        "p95": round(p95(times_s), 2),
        "max": round(max(times_s), 2),
    }


def recorded(plan: Plan, result: Result) -> None:
    reliability.record("chaos", figures(plan, result))
