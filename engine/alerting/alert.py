"""What a rule reports."""

from typing import Literal

import msgspec

from engine.analysis import Severity

AlertState = Literal["firing", "resolved"]


class Alert(msgspec.Struct, frozen=True):
    """One rule about one group, from when it fires until it is resolved.

    `id` is the same after a restart. `group`: the route, element, path or event type; "" = all together. `value`: of
    the metric when the alert changed last, against `threshold`; `baseline`: what is normal, None where the rule does
    not learn. `sessions`: distinct ones, where they are known; at most 200 are kept for each minute.
    """

    id: str
    project_id: str
    rule: str
    kind: str
    metric: str
    group: str
    state: AlertState
    value: float
    threshold: float
    sessions: int
    started_ms: int
    updated_ms: int
    severity: Severity
    text: str
    resolved_ms: int = 0
    acked_by: str = ""
    acked_ms: int = 0
    note: str = ""
    version: int = 1
    baseline: float | None = None
