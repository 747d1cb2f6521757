"""The engine's own detectors on simulated traffic: they find all that was planted, and nothing else."""

import json

from engine.config import Config
from engine.detectors import DETECTORS
from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.rulebook import Rulebook
from engine.wire import AnomalyRow, Batch
from gateway.agent import AgentReader
from gateway.decode import Decoder
from gateway.normalise import Arrival, Normaliser
from simulator.scenario import all_troubles
from simulator.score import Claim, Score, score
from simulator.troubles import TROUBLES
from tests.simulator.traffic import Event, at_ms, with_truth

BATCH = 200
CONFIG = Config()
# What the simulator does not plant: repeated actions, and sequences that a project defines.
KNOWN = {detector.kind for detector in DETECTORS} & set(TROUBLES)


def test_precision_and_recall_are_one_for_every_type_that_the_engine_knows() -> None:
    made, facts = with_truth(seed=17, events=25_000, troubles=all_troubles(0.4))
    planted = [Claim(fact.session_id, fact.type, frozenset(fact.event_ids)) for fact in facts]
    found = score(planted, reported(made))
    assert set(found) >= KNOWN
    for kind in KNOWN:
        count = found[kind].planted
        assert count > 20
        assert found[kind] == Score(count, count, count, count), kind


def reported(made: list[Event]) -> list[Claim]:
    """As a server would take it: through the gateway's decoder, in batches, then everybody times out."""
    registry = Registry(limits=CONFIG.session, rulebook=Rulebook(CONFIG.detectors), archive=MemoryArchive())
    decoder = Decoder(CONFIG, Normaliser(CONFIG, AgentReader()))
    outcomes = []
    for seq, first in enumerate(range(0, len(made), BATCH), 1):
        some = made[first : first + BATCH]
        now_ms = at_ms(some[-1])
        decoded = decoder.decode(json.dumps(some).encode(), Arrival(now_ms, now_ms + 1))
        assert decoded.rejected == []
        outcomes.append(registry.apply(Batch("g", seq, now_ms, decoded.events), now_ms, seq))
    for key in list(registry.residents.live):
        outcomes.append(registry.end([(key, 1)], at_ms(made[-1]) + CONFIG.session.gap_ms + 1, 0))
    return [_claim(row) for row in {row.anomaly.id: row for outcome in outcomes for row in outcome.anomalies}.values()]


def _claim(row: AnomalyRow) -> Claim:
    return Claim(row.session_id, row.anomaly.type, frozenset(row.anomaly.event_ids))
