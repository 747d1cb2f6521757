"""Every action, and some of what the page sends by itself: what a detector looks at that names no types of its own."""


class ActionsAnd:
    """`types`: those of the `continuous_types` that are in it."""

    def __init__(self, types: frozenset[str], continuous_types: frozenset[str]) -> None:
        self._others = continuous_types - types

    def __contains__(self, event_type: object) -> bool:
        return event_type not in self._others
