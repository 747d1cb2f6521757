"""What an element is called, so that clicks on it can be counted together."""

from engine.wire import Click


def element_of(click: Click) -> str:
    """Its selector; where the client sent none its tag and text; "" = nothing is known of it."""
    if click.selector or not click.tag:
        return click.selector
    return f'{click.tag} "{click.text}"' if click.text else click.tag
