"""The detectors: one file each, one line each in the table below. A new one goes to the end: its place is its
number in every snapshot."""

from collections.abc import Callable
from typing import Final

from engine.config import Detectors, Session
from engine.detectors.base import Detector
from engine.detectors.missing_close import MissingClose
from engine.detectors.rage_click import RageClick
from engine.detectors.rapid_fire import RapidFire
from engine.detectors.repeated_action import RepeatedAction
from engine.detectors.stuck_pattern import StuckPattern

DETECTORS: Final[tuple[Callable[[Detectors, Session], Detector], ...]] = (
    lambda d, s: RepeatedAction(min_count=d.repeated_action_count),
    lambda d, s: RapidFire(min_gaps=d.rapid_fire_gaps, gap_ms=d.rapid_fire_gap_ms),
    lambda d, s: StuckPattern(steps=d.stuck_pattern_steps, min_cycles=d.stuck_pattern_cycles),
    lambda d, s: MissingClose(),
    lambda d, s: RageClick(
        min_count=d.rage_click_count,
        window_ms=d.rage_click_window_ms,
        radius_px=d.rage_click_radius_px,
        click_types=s.click_types,
    ),
)


def build_detectors(thresholds: Detectors, session: Session) -> tuple[Detector, ...]:
    return tuple(make(thresholds, session) for make in DETECTORS)
