"""How every process of sessiond logs: one line per state change on stderr, ids and never payloads."""

import sys

import structlog


def set_up_log(level: str = "info") -> None:
    """Once per process, first thing. Tracebacks are plain: with local variables they would print users' events."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # that of the moment: a test has its own
    )
