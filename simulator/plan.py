"""A course of events that is laid down before it happens: what a person in trouble does, step by step."""

from typing import Final, NamedTuple

QUIET_MS: Final = 3_000  # after a plan nothing else happens for so long, so that nothing else answers its clicks


class Step(NamedTuple):
    """`after_ms` the step before. `data`, and `page` where the step goes to another one: JSON. `is_evidence`: its id
    belongs to the truth."""

    after_ms: int
    event_type: str
    data: str
    page: str = ""
    is_evidence: bool = True


class Plan(NamedTuple):
    """`kind` is "" when nothing is wrong. `ends_page`: the page (its number) on which the person is in the end.
    `leaves`: the session ends with it."""

    kind: str
    steps: tuple[Step, ...]
    details: dict[str, str | int]
    ends_page: int = -1
    leaves: bool = False
