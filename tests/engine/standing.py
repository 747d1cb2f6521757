"""Anomalies as they stand in the end, whatever was said before: a batch that comes late has its say once, however many
events it holds, so that versions depend on how a stream was cut."""

from collections.abc import Iterable

from msgspec.structs import replace

from engine.analysis import Anomaly, Summary
from engine.registry import Registry
from engine.session import encode_session


def standing(anomalies: Iterable[Anomaly]) -> list[Anomaly]:
    kept = [replace(found, version=0) for found in anomalies if found.status != "withdrawn"]
    return sorted(kept, key=lambda found: found.id)


def of_summary(summary: Summary) -> Summary:
    return replace(summary, anomalies=standing(summary.anomalies))


def of_registry(registry: Registry) -> list[tuple[bytes, list[Anomaly]]]:
    """Every session of a registry whose sessions were never saved away."""
    sessions = [one for key in registry.residents.dirty for one in registry.residents.changed(key)]
    plain = [encode_session(replace(one, anomalies=(), recent=None)) for one in sessions]
    return [(state, standing(one.anomalies)) for state, one in zip(plain, sessions, strict=True)]
