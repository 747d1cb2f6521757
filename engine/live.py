"""Who is where and who is stuck, among the live sessions of one shard: kept up with every change, so that the answer
costs no look at every session. It can be made again from the sessions, and is not saved."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeVar

import msgspec

from engine.analysis import Anomaly, Severity
from engine.frustration import frustration_of
from engine.session import Session, page_of

MAX_PAGES: Final = 1_000  # of a project; those that come later are counted together
_MAX_SHARED: Final = 10_000
OTHER: Final = "(other)"
MINUTE_MS: Final = 60_000
_ELEMENTS: Final = ("element", "selector", "target")  # what detectors call it in their details
_MARKS: Final = ("anomaly", "severity", "element")
_RANK: Final = {"low": 0, "medium": 1, "high": 2}

K = TypeVar("K")


class LiveFilter(msgspec.Struct, frozen=True):
    """Of those who are stuck; "" = any. One anomaly of a session must fit all of it, and must have changed in the
    last `minutes`."""

    project_id: str
    page: str = ""
    element: str = ""
    anomaly: str = ""
    severity: str = ""
    minutes: int = 5
    limit: int = 100


class Stuck(msgspec.Struct):
    """`anomalies`: the types that fit. `since_ms`: when the first of them began; `at_ms`: when something was last found
    in this session, on the receive clock. `frustration`: 0 to 100, of all its anomalies."""

    session_id: str
    user_id: str
    page: str
    element: str
    anomalies: list[str]
    severity: Severity
    since_ms: int
    at_ms: int
    last_active_ms: int
    frustration: int


class Live(msgspec.Struct):
    """`pages`: live sessions by page; `funnels`: for each way, how many sessions have come to each step and no
    further. `stuck`: those found last first."""

    sessions: int = 0
    stuck: list[Stuck] = []
    pages: dict[str, int] = {}
    funnels: list[list[int]] = []


class _Trouble(NamedTuple):
    """`anomalies`: those the entry was made of, to see that they are the same still. `marks`: every type, severity and
    element in them, so that most of those that a filter does not fit are passed over at once."""

    at_ms: int
    page: str
    anomalies: tuple[Anomaly, ...]
    marks: frozenset[tuple[str, str]]


class _Project:
    def __init__(self) -> None:
        self.where: dict[str, tuple[str, tuple[int, ...]]] = {}  # key -> the page it is counted at, its steps
        self.pages: dict[str, int] = {}
        self.reached: dict[tuple[int, ...], int] = {}  # how many have come how far
        self.stuck: dict[str, _Trouble] = {}  # by key, those whose anomalies changed last at the end
        self.marks: Counter[frozenset[tuple[str, str]]] = Counter()  # how many of those are stuck in which way

    def stick(self, key: str, trouble: _Trouble) -> None:
        self.stuck[key] = trouble
        self.marks[trouble.marks] += 1

    def unstick(self, key: str) -> None:
        trouble = self.stuck.pop(key, None)
        if trouble is not None:
            self.marks[trouble.marks] -= 1
            if not self.marks[trouble.marks]:
                del self.marks[trouble.marks]

    def is_any(self, needed: frozenset[tuple[str, str]]) -> bool:
        """Whether anybody fits: there are few ways to be stuck, and many who are."""
        return any(needed <= marks for marks in self.marks)


class LiveIndex:
    """`live`: the sessions themselves, by key."""

    def __init__(self, live: Mapping[str, Session], funnels: tuple[int, ...]) -> None:
        """`funnels`: how many steps each way has."""
        self._live = live
        self._funnels = funnels
        self._projects: dict[str, _Project] = {}
        self._marks: dict[frozenset[tuple[str, str]], frozenset[tuple[str, str]]] = {}
        self._shared: dict[tuple[str, tuple[int, ...]], tuple[str, tuple[int, ...]]] = {}

    def rebuild(self) -> None:
        """From the sessions, after a start. When their anomalies were found is known only by event time."""
        self._projects.clear()
        sessions = sorted(self._live.values(), key=_found_ms)
        for session in sessions:
            self.changed(session.key, _found_ms(session))

    def changed(self, key: str, now_ms: int) -> None:
        """A session began, moved, ended, or its anomalies changed. `now_ms`, the receive time, never goes back."""
        session = self._live.get(key)
        if session is None:
            self._leave(key)
            return
        project = self._projects.get(session.project_id)
        if project is None:
            project = self._projects[session.project_id] = _Project()
        self._place(project, session)
        self._look(project, session, now_ms)

    def _place(self, project: _Project, session: Session) -> None:
        key, reached, pages = session.key, session.funnels, project.pages
        page = page_of(session)
        if page not in pages and len(pages) >= MAX_PAGES:
            page = OTHER
        before = project.where.get(key)
        if before is not None:
            if before[0] == page and before[1] == reached:
                return
            _uncount(project, before)
        now = (page, reached)
        if len(self._shared) > _MAX_SHARED:
            self._shared.clear()
        project.where[key] = self._shared.setdefault(now, now)
        pages[page] = pages.get(page, 0) + 1
        project.reached[reached] = project.reached.get(reached, 0) + 1

    def _look(self, project: _Project, session: Session, now_ms: int) -> None:
        before = project.stuck.get(session.key)
        if before is None and not session.anomalies:
            return
        anomalies = tuple(anomaly for anomaly in session.anomalies if anomaly.status != "withdrawn")
        page = page_of(session)
        if before is not None and before.anomalies == anomalies:
            if before.page != page:
                project.stuck[session.key] = before._replace(page=page)  # it keeps its place
            return
        project.unstick(session.key)
        if anomalies:
            project.stick(session.key, _Trouble(now_ms, page, anomalies, self._marks_of(anomalies)))

    def _marks_of(self, anomalies: tuple[Anomaly, ...]) -> frozenset[tuple[str, str]]:
        """One object for all sessions that are stuck in the same way."""
        marks = frozenset(mark for anomaly in anomalies for mark in _marks(anomaly))
        if len(self._marks) > _MAX_SHARED:
            self._marks.clear()
        return self._marks.setdefault(marks, marks)

    def _leave(self, key: str) -> None:
        project_id = key[: key.find("\0")]
        project = self._projects.get(project_id)
        if project is None:
            return
        before = project.where.pop(key, None)
        if before is not None:
            _uncount(project, before)
        project.unstick(key)
        if not project.where:
            del self._projects[project_id]

    def look(self, wanted: LiveFilter, now_ms: int) -> Live:
        project = self._projects.get(wanted.project_id)
        if project is None:
            return Live(funnels=[[0] * steps for steps in self._funnels])
        funnels = [[0] * steps for steps in self._funnels]
        for reached, sessions in project.reached.items():
            for way, steps in enumerate(reached[: len(funnels)]):
                if 0 < steps <= len(funnels[way]):  # it may have been shortened since
                    funnels[way][steps - 1] += sessions
        stuck = list(self._stuck(project, wanted, now_ms))
        return Live(len(project.where), stuck, dict(project.pages), funnels)

    def _stuck(self, project: _Project, wanted: LiveFilter, now_ms: int) -> Iterator[Stuck]:
        since_ms, left = now_ms - wanted.minutes * MINUTE_MS, wanted.limit
        needed = frozenset(
            (name, value)
            for name, value in zip(_MARKS, (wanted.anomaly, wanted.severity, wanted.element), strict=True)
            if value
        )
        if not project.is_any(needed):
            return
        for key in reversed(project.stuck):
            trouble = project.stuck[key]
            if trouble.at_ms < since_ms or not left:
                return
            if (wanted.page and trouble.page != wanted.page) or not needed <= trouble.marks:
                continue
            fits = [one for one in trouble.anomalies if needed <= _marks(one)]
            if fits:
                left -= 1
                yield _stuck(self._live[key], trouble, fits)


def _marks(anomaly: Anomaly) -> frozenset[tuple[str, str]]:
    values = (anomaly.type, anomaly.severity, element_of(anomaly))
    return frozenset(zip(_MARKS, values, strict=True))


def _stuck(session: Session, trouble: _Trouble, fits: list[Anomaly]) -> Stuck:
    return Stuck(
        session_id=session.session_id,
        user_id=session.user_id,
        page=trouble.page,
        element=next((name for name in map(element_of, reversed(fits)) if name), ""),
        anomalies=sorted({anomaly.type for anomaly in fits}),
        severity=max((anomaly.severity for anomaly in fits), key=_RANK.__getitem__),
        since_ms=min(anomaly.started_ms for anomaly in fits),
        at_ms=trouble.at_ms,
        last_active_ms=session.last_ms,
        frustration=frustration_of(session.anomalies).score,
    )


def element_of(anomaly: Anomaly) -> str:
    """The selector of the element that an anomaly is about, "" = of none."""
    return next((str(anomaly.details[name]) for name in _ELEMENTS if anomaly.details.get(name)), "")


def _found_ms(session: Session) -> int:
    """When its last anomaly was found, as far as a session says it."""
    found_ms = max((anomaly.last_ms or anomaly.detected_ms for anomaly in session.anomalies), default=0)
    return min(found_ms, session.received_ms)


def _uncount(project: _Project, where: tuple[str, tuple[int, ...]]) -> None:
    page, reached = where
    _less(project.pages, page)
    _less(project.reached, reached)


def _less(counts: dict[K, int], what: K) -> None:
    if counts[what] == 1:
        del counts[what]
    else:
        counts[what] -= 1
