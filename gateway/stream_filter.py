"""What a subscriber of the stream wants to hear of: query parameters -> a test of happenings."""

from collections.abc import Mapping
from typing import Final

import msgspec

from engine.happening import Happening
from gateway.params import bad_parameter, optional_id

KINDS: Final = ("anomaly", "alert", "session_start", "session_end")
SEVERITIES: Final = ("low", "medium", "high")
_MAX_NAMES: Final = 50


class StreamFilter(msgspec.Struct, frozen=True):
    """Empty = all. What does not have a property, such as the anomaly of a session's start, does not fit a filter on
    it. A path may end in `*`."""

    project_id: str
    kinds: frozenset[str] = frozenset()
    anomalies: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    session_id: str = ""
    user_id: str = ""
    path: str = ""

    def fits(self, happening: Happening) -> bool:
        return (
            happening.project_id == self.project_id
            and (not self.kinds or happening.kind in self.kinds)
            and (not self.severities or happening.severity in self.severities)
            and (not self.session_id or happening.session_id == self.session_id)
            and (not self.user_id or happening.user_id == self.user_id)
            and (not self.anomalies or (happening.anomaly is not None and happening.anomaly.type in self.anomalies))
            and (not self.path or self._is_path(happening.page))
        )

    def _is_path(self, page: str) -> bool:
        return page.startswith(self.path[:-1]) if self.path.endswith("*") else page == self.path


def stream_filter(params: Mapping[str, str], project_id: str) -> StreamFilter:
    return StreamFilter(
        project_id,
        _names(params, "type", KINDS),
        _names(params, "anomaly"),
        _names(params, "severity", SEVERITIES),
        optional_id(params, "session_id"),
        optional_id(params, "user_id"),
        params.get("path", ""),
    )


def _names(params: Mapping[str, str], name: str, allowed: tuple[str, ...] = ()) -> frozenset[str]:
    """A list with commas."""
    text = params.get(name, "")
    names = frozenset(part.strip() for part in text.split(",") if part.strip())
    if len(names) > _MAX_NAMES or (allowed and not names <= set(allowed)):
        what = f"a list with commas of {', '.join(allowed)}" if allowed else f"a list of at most {_MAX_NAMES} names"
        raise bad_parameter(name, text, what)
    return names
