"""The detectors: one file each, one line each in the table below. A new one goes to the end: its place is its
number in every snapshot. Those that remember something of most sessions come first: a session has no place for what is
behind the last one that does."""

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
    UTurn,
    RefreshRage,
    DeadClick,
    ExcessiveScrolling,
    ThrashedCursor,
    RageClick,
    ErrorClick,
    StuckPattern,
    RepeatedAction,
    RapidFire,
    FormAbandonment,
    SlowPage,
    Sequences,
    MissingClose,
)
# Before rules had versions these were all, in this order.
FORMER: Final = ("repeated_action", "rapid_fire", "stuck_pattern", "missing_close", "rage_click")


def build_detectors(ruleset: Ruleset, kinds: config.Session) -> tuple[Detector | None, ...]:
    """By place in the table; None for one that is turned off."""
    rules = ((make, getattr(ruleset.rules, make.kind)) for make in DETECTORS)
    return tuple(make(rule, kinds) if rule.enabled else None for make, rule in rules)
