"""A stream as a server takes it: through the gateway's decoder into the fold, and what is said in the end."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from engine.analysis import Anomaly
from engine.config import Config
from engine.memory_archive import MemoryArchive
from engine.overlay import applied
from engine.registry import Registry
from engine.rulebook import Rulebook
from engine.wire import AnomalyRow, Batch, Event, Outcome
from gateway.agent import AgentReader
from gateway.decode import Decoder
from gateway.normalise import Arrival, Normaliser
from tests.corpus.stream import Label, Stream

_CONFIG: Final = Config()
_DECODER: Final = Decoder(_CONFIG, Normaliser(_CONFIG, AgentReader()))
_ON_THE_WAY_MS: Final = 50


def arrived(stream: Stream) -> list[Event]:
    """Its events, in the order of their arrival."""
    raw = stream.raw_events()
    now_ms = max(one["timestamp"] for one in raw) + _ON_THE_WAY_MS
    decoded = _DECODER.decode(json.dumps(raw).encode(), Arrival(now_ms, now_ms))
    assert decoded.rejected == []
    return decoded.events


def found(stream: Stream, parts: Iterable[Sequence[Event]] | None = None) -> list[Label]:
    """The anomalies that its events lead to, with those that were withdrawn. `parts`: those of each batch; without
    them each event is one."""
    rows: dict[str, AnomalyRow] = {}
    for outcome in _outcomes(stream, [[event] for event in arrived(stream)] if parts is None else parts):
        rows.update((row.anomaly.id, row) for row in outcome.anomalies)
    return sorted(_label(row.session_id, row.anomaly) for row in rows.values())


def standing(labels: Iterable[Label]) -> list[Label]:
    """What is left of them. Whether that is ever said which a late event withdraws depends on when it comes."""
    return sorted(label for label in labels if label.status != "withdrawn")


def _outcomes(stream: Stream, parts: Iterable[Sequence[Event]]) -> Iterator[Outcome]:
    rulebook = Rulebook(applied(_CONFIG.detectors, stream.rules))
    registry = Registry(limits=_CONFIG.session, rulebook=rulebook, archive=MemoryArchive())
    now_ms, seq = 0, 0
    for seq, events in enumerate(parts, 1):
        now_ms = max(now_ms, *(event.at_ms + _ON_THE_WAY_MS for event in events))
        yield registry.apply(Batch("g", seq, now_ms, list(events)), now_ms, seq)
    if stream.ends == "timeout":
        live = [(key, session.generation) for key, session in registry.residents.live.items()]
        yield registry.end(live, now_ms + _CONFIG.session.gap_ms + 1, seq + 1)


def _label(session_id: str, anomaly: Anomaly) -> Label:
    reason = anomaly.details.get("reason", anomaly.details.get("outcome", ""))
    first = anomaly.event_ids[0] if anomaly.event_ids else ""
    return Label(anomaly.type, anomaly.severity, first, str(reason), anomaly.status, session_id)
