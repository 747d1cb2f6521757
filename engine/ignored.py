"""Elements that a project does not want to hear of."""

from collections.abc import Sequence
from fnmatch import translate
from re import IGNORECASE, Pattern, compile

from engine.wire import Click


class Ignored:
    """`*` stands for any characters, `?` for one. Selectors and texts are compared whole; case matters in selectors."""

    def __init__(self, selectors: Sequence[str], texts: Sequence[str]) -> None:
        self._selectors = _compiled(selectors, 0)
        self._texts = _compiled(texts, IGNORECASE)

    def holds(self, click: Click) -> bool:
        if self._selectors is not None and self._selectors.match(click.selector):
            return True
        return self._texts is not None and self._texts.match(click.text.strip()) is not None


def _compiled(patterns: Sequence[str], flags: int) -> Pattern[str] | None:
    return compile("|".join(map(translate, patterns)), flags) if patterns else None
