"""What is normal, for all rules that learn: by what they learn, project and group."""

from collections.abc import Iterable
from typing import Final

import msgspec

from engine.alerting.rule import AlertRule
from engine.alerting.seasonal import Seasonal
from engine.alerting.usual import Usual
from engine.alerting.windows import Measure

MAX_SEASONAL: Final = 500  # 17 KB each when they are full
MAX_USUAL: Final = 10_000
_UNSEEN_MINUTES: Final = 14 * 1_440  # after so long without a count it is forgotten

Place = tuple[str, str]  # project, group


class Learning(msgspec.Struct, array_like=True):
    """`refused`: how often something new was not learned because there was no room."""

    seasonal: dict[str, dict[str, Seasonal]] = {}
    usual: dict[str, dict[str, Usual]] = {}
    refused: int = 0

    def seasonal_of(self, rule: AlertRule, place: Place) -> Seasonal | None:
        return self.seasonal.get(rule.learns, {}).get(_key(place))

    def usual_of(self, rule: AlertRule, place: Place) -> Usual | None:
        return self.usual.get(rule.learns, {}).get(_key(place))

    @property
    def size(self) -> int:
        return sum(len(found) for known in (self.seasonal, self.usual) for found in known.values())

    def places(self, rule: AlertRule) -> Iterable[Place]:
        """What is known already."""
        known: Iterable[str] = self.seasonal.get(rule.learns, ()) if rule.kind == "surge" else ()
        for key in known:
            project_id, _, group = key.partition("\0")
            yield project_id, group

    def learn(self, rule: AlertRule, place: Place, minute: int, measure: Measure) -> None:
        """A whole window that began in this minute."""
        if rule.kind == "surge":
            seasonal = self.seasonal.setdefault(rule.learns, {})
            if _key(place) not in seasonal and self._is_full(self.seasonal, MAX_SEASONAL):
                return
            seasonal.setdefault(_key(place), Seasonal(seen=minute)).learn(minute, measure.part)
        elif measure.volume:
            usual = self.usual.setdefault(rule.learns, {})
            if _key(place) not in usual and self._is_full(self.usual, MAX_USUAL):
                return
            usual.setdefault(_key(place), Usual()).learn(minute, measure.part, measure.volume)

    def forget(self, minute: int) -> None:
        """What was not seen for two weeks."""
        before = minute - _UNSEEN_MINUTES
        self.seasonal = {
            name: {key: one for key, one in found.items() if one.seen >= before}
            for name, found in self.seasonal.items()
        }
        self.usual = {
            name: {key: one for key, one in found.items() if one.seen >= before} for name, found in self.usual.items()
        }

    def keep(self, rules: Iterable[AlertRule]) -> None:
        """Forget what no rule learns any more."""
        names = {rule.learns for rule in rules}
        self.seasonal = {name: found for name, found in self.seasonal.items() if name in names}
        self.usual = {name: found for name, found in self.usual.items() if name in names}

    def _is_full(self, known: dict[str, dict[str, Seasonal]] | dict[str, dict[str, Usual]], most: int) -> bool:
        is_full = sum(map(len, known.values())) >= most
        self.refused += is_full
        return is_full


def _key(place: Place) -> str:
    return "\0".join(place)
