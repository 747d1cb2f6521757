"""What was counted in the last hour, of every project, metric and group."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from engine.alerting.metrics import Formula
from engine.alerting.series import MINUTE_MS, Series
from engine.slices import OTHER, Cell

MAX_PROJECTS: Final = 100
MAX_METRICS: Final = 100  # of a project
MAX_GROUPS: Final = 500  # of a metric of a project
MAX_SERIES: Final = 20_000  # in all
MAX_NAMES: Final = 200_000  # hashes of sessions in all; beyond, sessions are not told apart


class Track(msgspec.Struct, array_like=True):
    """One metric. `groups` is empty where no rule asks for them."""

    whole: Series
    groups: dict[str, Series] = {}


class Span(NamedTuple):
    """Minutes, both included."""

    first: int
    last: int


class Measure(NamedTuple):
    """`volume`: what a rate is of, or how much was counted; `part`: how many of these."""

    value: float
    volume: int
    part: int


class Windows(msgspec.Struct, array_like=True):
    """`tracks` by project and metric. What is one too many counts as "(other)", or, of metrics, not at all."""

    tracks: dict[str, dict[str, Track]] = {}
    size: int = 0  # groups in all
    names: int = 0  # hashes of sessions, counted each minute anew

    def add(self, cell: Cell, at_ms: int, *, is_grouped: bool) -> tuple[str, str] | None:
        """The project and the group that it counts for."""
        minute = at_ms // MINUTE_MS
        tracks = self.tracks
        project_id = cell.project_id if cell.project_id in tracks or len(tracks) < MAX_PROJECTS else OTHER
        metrics = tracks.setdefault(project_id, {})
        track = metrics.get(cell.metric)
        if track is None:
            if len(metrics) >= MAX_METRICS:
                return None
            track = metrics[cell.metric] = Track(Series(minute))
        keeps_names = self.names < MAX_NAMES
        self.names += len(cell.sessions) * (1 + is_grouped)
        track.whole.add(minute, cell, keeps_names=keeps_names)
        if not is_grouped:
            return project_id, ""
        group = self._group(track, cell.group, minute)
        track.groups[group].add(minute, cell, keeps_names=keeps_names)
        return project_id, group

    def _group(self, track: Track, group: str, minute: int) -> str:
        groups = track.groups
        if group not in groups:
            is_full = len(groups) >= MAX_GROUPS or self.size >= MAX_SERIES
            group = OTHER if is_full else group
            if group not in groups:
                groups[group] = Series(minute)
                self.size += 1
        return group

    def forget(self, before: int) -> None:
        """Minutes that no window reaches, and whatever is empty then."""
        self.names = 0
        for project_id, metrics in list(self.tracks.items()):
            for metric, track in list(metrics.items()):
                for group in [group for group, series in track.groups.items() if series.forget(before)]:
                    del track.groups[group]
                    self.size -= 1
                if track.whole.forget(before) and not track.groups:
                    del metrics[metric]
                self.names += sum(one.kept_names for one in (track.whole, *track.groups.values()))
            if not metrics:
                del self.tracks[project_id]

    def groups(self, project_id: str, formula: Formula) -> Iterable[str]:
        """Those of which anything is known, once each."""
        return dict.fromkeys(
            group for cell in formula.cells if (track := self._track(project_id, cell)) for group in track.groups
        )

    def measure(self, project_id: str, formula: Formula, groups: Sequence[str] | None, span: Span) -> Measure:
        """The sum over these groups, None = over all there are."""
        found = [one for part in formula.parts for one in self._series(project_id, part, groups)]
        count = sum(series.count(*span) for series in found)
        if formula.is_mean:
            total = sum(series.total(*span) for series in found)
            return Measure(total / count if count else 0.0, count, count)
        if not formula.whole:
            return Measure(float(count), count, count)
        volume = sum(series.count(*span) for series in self._series(project_id, formula.whole, groups))
        return Measure(count / volume if volume else 0.0, volume, count)

    def sessions(self, project_id: str, formula: Formula, groups: Sequence[str] | None, span: Span) -> int:
        """Distinct ones in the parts."""
        found = (one for part in formula.parts for one in self._series(project_id, part, groups))
        return len(set().union(*(series.names(*span) for series in found)))

    def known_since(self, project_id: str, formula: Formula, groups: Sequence[str] | None) -> int | None:
        """The first minute of which anything is known; None = it was not seen in the last hour."""
        found = (one for cell in formula.cells for one in self._series(project_id, cell, groups))
        return min((series.first for series in found if series.counts), default=None)

    def _series(self, project_id: str, cell: str, groups: Sequence[str] | None) -> list[Series]:
        track = self._track(project_id, cell)
        if track is None:
            return []
        if groups is None:
            return [track.whole]
        return [series for group in groups if (series := track.groups.get(group))]

    def _track(self, project_id: str, cell: str) -> Track | None:
        return self.tracks.get(project_id, {}).get(cell)
