"""What is known of the element that was clicked, as bits of `Click.traits`. The gateway reads them from the payload."""

from typing import Final

KNOWN: Final = 1  # the client said enough to tell what it is: whether it is interactive cannot be said without
INTERACTIVE: Final = 2  # it looks as if a click on it does something
TEXT_FIELD: Final = 4  # text is written in it, or marked
STEPPER: Final = 8  # next, previous, +, -: made to be clicked many times
MEDIA: Final = 16  # canvas, video, audio, embedded: what a click does there cannot be seen
KEYBOARD: Final = 32  # no pointer made it: a key or a program
OPTED_OUT: Final = 64  # the page says that clicks on it, or on what it is in, are not to be judged
MODIFIED: Final = 128  # with ctrl, shift, alt or meta held, or with another button than the main one
# Its effect is elsewhere: another tab, a download, mail, a dialog or a list of the browser, the control of a label.
LEAVES: Final = 256
