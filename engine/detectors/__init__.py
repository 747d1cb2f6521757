"""The detectors: one file each, one line each in the table below. A new one goes to the end: its place is its
number in every snapshot."""

from typing import Final

from engine import config
from engine.detectors.base import Detector
from engine.detectors.dead_click import DeadClick
from engine.detectors.error_click import ErrorClick
from engine.detectors.excessive_scrolling import ExcessiveScrolling
from engine.detectors.form_abandonment import FormAbandonment
from engine.detectors.missing_close import MissingClose
from engine.detectors.rage_click import RageClick
from engine.detectors.rapid_fire import RapidFire
from engine.detectors.refresh_rage import RefreshRage
from engine.detectors.repeated_action import RepeatedAction
from engine.detectors.sequences import Sequences
from engine.detectors.slow_page import SlowPage
from engine.detectors.stuck_pattern import StuckPattern
from engine.detectors.thrashed_cursor import ThrashedCursor
from engine.detectors.u_turn import UTurn
from engine.rulebook import Ruleset

DETECTORS: Final[tuple[type[Detector], ...]] = (
    RepeatedAction,
    RapidFire,
    StuckPattern,
    MissingClose,
    RageClick,
    UTurn,
    SlowPage,
    FormAbandonment,
    ExcessiveScrolling,
    RefreshRage,
    Sequences,
    DeadClick,
    ErrorClick,
    ThrashedCursor,
)


def build_detectors(ruleset: Ruleset, kinds: config.Session) -> tuple[Detector | None, ...]:
    """By place in the table; None for one that is turned off."""
    rules = ((make, getattr(ruleset.rules, make.kind)) for make in DETECTORS)
    return tuple(make(rule, kinds) if rule.enabled else None for make, rule in rules)
