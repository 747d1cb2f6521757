"""What shows that a page lives: that it answered a click, or that the person went on with it."""

from engine import config


def answer_types(kinds: config.Session) -> frozenset[str]:
    """The page did something."""
    return kinds.page_types | kinds.mutation_types | kinds.request_types | kinds.vitals_types


def life_types(kinds: config.Session) -> frozenset[str]:
    """Signals of life as posthog-js counts them, and those of forms: the click need not be judged."""
    people = kinds.input_types | kinds.form_start_types | kinds.form_submit_types | kinds.selection_types
    return answer_types(kinds) | people | kinds.scroll_types | kinds.visibility_types | kinds.focus_types
