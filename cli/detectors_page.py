"""docs/detectors.md, made from the table of detectors: what each says of itself, and its thresholds."""

import inspect
from typing import Final

import msgspec

from engine.detectors import DETECTORS
from engine.detectors.base import HORIZON_MS, Detector
from engine.overlay import plain
from engine.recent import MAX_MOMENTS
from engine.rules import Rules

HEAD: Final = f"""\
# Detectors

Made from the code by `python -m cli.documents`; do not edit by hand.

Each looks at the events of one session in the order of their own time, with no other clock, and says what it finds
at once. An event that comes up to {HORIZON_MS // 1000} s late is judged as if it had come in order, as long as no more
than {MAX_MOMENTS} events came after it; one that is later is stored and counted in
`sessiond_events_unjudged_total`, and no detector sees it. Events of one time keep their order of arrival.

An anomaly has a `status`: `provisional` while what is still to come may save it, `confirmed`, or `withdrawn` when a
late event showed that it was none. One burst is one anomaly, whose `version` grows with it. `rule_version` and
`thresholds` say by which rule it was found.

Thresholds are settings, `detectors.<type>.<name>`; a project has its own under `projects.<id>.detectors`.
`enabled = false` turns a detector off. In `ignore_selectors` and `ignore_texts` a `*` stands for any characters.

`tests/corpus/streams` has labelled streams for each: what it finds, its edges, and what looks like it and is not.
`python -m tests.corpus` prints precision and recall by type, and names what cannot be told from what clients send.
"""


def detectors_page() -> str:
    return HEAD + "".join(_section(detector) for detector in DETECTORS)


def _section(detector: type[Detector]) -> str:
    module = inspect.getmodule(detector)
    said = inspect.getdoc(module) if module else ""
    rule = getattr(Rules(), detector.kind)
    lines = [
        f"| `{field.name}` | `{msgspec.json.encode(plain(getattr(rule, field.name))).decode()}` |"
        for field in msgspec.structs.fields(type(rule))
    ]
    table = "\n".join(["| threshold | default |", "|---|---|", *lines])
    return f"\n## {detector.kind}\nSeverity: {detector.severity}.\n\n{said}\n\n{table}\n"
