"""The thresholds of every detector: one frozen struct each, under the name of its type. Units are in the names.

Sources: seed 000 and its code for the counts of actions, seed 001 for rage and dead clicks; where the seeds give no
number, the product whose definition was taken is named.
"""

from typing import Annotated, Final, Literal

import msgspec

from engine.errors import ClientError

Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
AtLeastTwo = Annotated[int, msgspec.Meta(ge=2)]
Pattern = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Patterns = Annotated[tuple[Pattern, ...], msgspec.Meta(max_length=100)]
Step = Annotated[frozenset[str], msgspec.Meta(min_length=1, max_length=20)]
Steps = Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=20)]
Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]

Value = int | float | str

SLOW_CLICK: Final = "slow_click"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool = True

    def types(self, kind: str) -> frozenset[str]:
        """Of the anomalies that the detector `kind` reports by it."""
        return frozenset({kind})

    def thresholds(self) -> dict[str, Value]:
        """What an anomaly shows: every number, and every text that is not empty."""
        found = {name: getattr(self, name) for name in self.__struct_fields__ if name != "enabled"}
        return {
            name: value
            for name, value in found.items()
            if isinstance(value, int | float) or (value and type(value) is str)
        }


class ClickRule(Rule, frozen=True, forbid_unknown_fields=True):
    """`*` in a pattern stands for any characters; case does not matter in texts. What they name is never reported."""

    ignore_selectors: Patterns = ()
    ignore_texts: Patterns = ()


class RepeatedAction(Rule, frozen=True, forbid_unknown_fields=True):
    min_count: AtLeastTwo = 5


class RapidFire(Rule, frozen=True, forbid_unknown_fields=True):
    min_gaps: Positive = 5
    gap_ms: Positive = 100  # strictly below


class StuckPattern(Rule, frozen=True, forbid_unknown_fields=True):
    steps: Steps = (
        frozenset({"typing"}),
        frozenset({"send_message", "send"}),
        frozenset({"back_to_home", "back"}),
    )
    min_cycles: Annotated[int, msgspec.Meta(ge=2, le=50)] = 3


class MissingClose(Rule, frozen=True, forbid_unknown_fields=True):
    pass


class RageClick(ClickRule, frozen=True, forbid_unknown_fields=True):
    """`preset` puts the numbers of another product in the place of these three: gosight 5/2000/50, posthog 3/1000/30,
    sentry 5/7000/50 and only while the page does not answer."""

    preset: Literal["", "gosight", "posthog", "sentry"] = ""
    min_clicks: Annotated[int, msgspec.Meta(ge=2, le=50)] = 6
    window_ms: Positive = 2_000
    radius_px: Positive = 50
    answer_ms: NotNegative = 100  # a page that changes sooner after every click answers them: strictly below, 0 = never


class DeadClick(ClickRule, frozen=True, forbid_unknown_fields=True):
    """`response_ms`, `before_ms` and `wake_ms` after posthog-js, `slow_ms`: from then on an answer is slow."""

    response_ms: Positive = 2_500
    before_ms: NotNegative = 100  # menus open when the button goes down, before the click
    slow_ms: Positive = 1_000
    wake_ms: NotNegative = 1_000  # a click so soon after the window, or its tab, came to the front was meant for that
    instant_ms: NotNegative = 100  # what is not interactive, but answers so soon, is (Datadog)
    rage_clicks: AtLeastTwo = 5  # so many clicks on it within `rage_ms` make it severe (Sentry)
    rage_ms: Positive = 7_000

    def types(self, kind: str) -> frozenset[str]:
        return frozenset({kind, SLOW_CLICK})


class ErrorClick(ClickRule, frozen=True, forbid_unknown_fields=True):
    error_ms: Positive = 2_000  # Amplitude
    min_status: Annotated[int, msgspec.Meta(ge=100, le=599)] = 400


class ThrashedCursor(Rule, frozen=True, forbid_unknown_fields=True):
    """GoSight's numbers, all inside of one window."""

    window_ms: Positive = 2_000
    min_turns: Positive = 10
    min_speed_px_per_s: Positive = 500
    min_path_px: Positive = 600
    min_move_px: Positive = 2  # less is the hand


class UTurn(Rule, frozen=True, forbid_unknown_fields=True):
    """GoSight's time, PostHog's lesson that a redirect is no return."""

    max_away_ms: Positive = 10_000
    redirect_ms: NotNegative = 300  # a page left in less than this was none


class SlowPage(Rule, frozen=True, forbid_unknown_fields=True):
    """GoSight's; strictly above."""

    lcp_ms: Positive = 3_000
    ttfb_ms: Positive = 800
    fcp_ms: Positive = 2_400
    load_ms: Positive = 3_000


class FormAbandonment(Rule, frozen=True, forbid_unknown_fields=True):
    idle_ms: Positive = 300_000


class ExcessiveScrolling(Rule, frozen=True, forbid_unknown_fields=True):
    """Clarity's, with numbers of the product research."""

    min_reversals: Annotated[int, msgspec.Meta(ge=1, le=50)] = 6
    window_ms: Positive = 10_000
    min_travel_percent: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 25  # of the height of the window


class RefreshRage(Rule, frozen=True, forbid_unknown_fields=True):
    min_loads: Annotated[int, msgspec.Meta(ge=2, le=50)] = 3
    window_ms: Positive = 10_000


class Sequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A project's own pattern: `steps` in order, each any of some event types, `times` in a row, all of it within
    `window_ms` (0 = whenever). Its anomalies are of the type `name`."""

    name: Name
    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=10)]
    times: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    window_ms: NotNegative = 0
    severity: Literal["low", "medium", "high"] = "medium"
    strict: bool = False  # any other action in between breaks it


class Sequences(Rule, frozen=True, forbid_unknown_fields=True):
    """Patterns of a project, each with a name that no detector and no other of them has (else ClientError)."""

    patterns: Annotated[tuple[Sequence, ...], msgspec.Meta(max_length=20)] = ()

    def types(self, kind: str) -> frozenset[str]:
        return frozenset(pattern.name for pattern in self.patterns)

    def __post_init__(self) -> None:
        names = [pattern.name for pattern in self.patterns]
        for place, name in enumerate(names):
            if name in names[:place] or name in _built_in():
                field = f"detectors.sequences.patterns[{place}].name"
                message = f"`{field}` is {name!r}; a name that no detector and no other sequence has is allowed."
                raise ClientError(message, "invalid_parameter")


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All detectors, in the order in which they are explained to people; docs/detectors.md is made from it."""

    rage_click: RageClick = RageClick()
    dead_click: DeadClick = DeadClick()
    error_click: ErrorClick = ErrorClick()
    thrashed_cursor: ThrashedCursor = ThrashedCursor()
    u_turn: UTurn = UTurn()
    slow_page: SlowPage = SlowPage()
    repeated_action: RepeatedAction = RepeatedAction()
    rapid_fire: RapidFire = RapidFire()
    stuck_pattern: StuckPattern = StuckPattern()
    missing_close: MissingClose = MissingClose()
    form_abandonment: FormAbandonment = FormAbandonment()
    excessive_scrolling: ExcessiveScrolling = ExcessiveScrolling()
    refresh_rage: RefreshRage = RefreshRage()
    sequences: Sequences = Sequences()


def _built_in() -> frozenset[str]:
    """The names that no sequence may have: the detectors', and the types of their anomalies."""
    rules = Rules()
    kinds = Rules.__struct_fields__
    return frozenset(kinds).union(*(getattr(rules, kind).types(kind) for kind in kinds))
