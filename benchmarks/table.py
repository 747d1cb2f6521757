"""The figures as lines for a terminal."""

from collections.abc import Iterator, Sequence

from benchmarks.results import Figure


def lines(figures: Sequence[Figure]) -> Iterator[str]:
    """A line per figure, below it what was measured beside it, at the end what was durable."""
    widths = [max(len(row[column]) for row in map(_row, figures)) for column in range(3)]
    for figure in figures:
        name, value, goal = (cell.ljust(width) for cell, width in zip(_row(figure), widths, strict=True))
        yield f"({figure.part}) {name}  {value}  {goal}  load {figure.load_average}  loop {figure.loop_ms} ms"
        yield from (f"      {told}" for told in beside(figure))
    for durable in dict.fromkeys(figure.durable for figure in figures):
        parts = sorted({f"({figure.part})" for figure in figures if figure.durable == durable})
        yield f"durable at the ack, {' '.join(parts)}: {durable}"


def _row(figure: Figure) -> tuple[str, str, str]:
    return figure.name, shown(figure), reach(figure)


def beside(figure: Figure) -> list[str]:
    return [f"{name}: {number(value)}" for name, value in figure.details.items()]


def shown(figure: Figure) -> str:
    return f"{number(figure.value)} {figure.unit}"


def reach(figure: Figure) -> str:
    if figure.reach is None:
        return "-"
    sign = "≥" if figure.better == "more" else "<"
    return f"{sign} {number(figure.reach)} {'(reached)' if figure.is_reached else '(missed)'}"


def number(value: float) -> str:
    """13994.0 -> "13,994", 0.4 -> "0.4"."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"
