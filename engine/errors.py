"""Every error this project raises on purpose, sorted by who must act.

SessiondError
├── ClientError        the caller sent something wrong: 4xx, never retried
├── Wait               nothing is wrong with the request: send it again after `retry_after_ms`
└── OperatorError      a person must change something: disk, configuration, damaged file

Every field goes to `super().__init__` by position, so that the errors survive pickling between processes.
"""

from typing import Final

# Taken in turn, so that those who are refused together do not come back together.
RETRY_AFTER_MS: Final = (1_000, 2_000, 3_000)


class SessiondError(Exception):
    status = 500
    code = "internal_error"

    def __init__(self, message: str, *fields: object) -> None:
        super().__init__(message, *fields)
        self.message = message


class ClientError(SessiondError):
    """400 unless a subclass or the caller says otherwise. `code` is a stable word that clients may test."""

    def __init__(self, message: str, code: str = "bad_request", status: int = 400) -> None:
        super().__init__(message, code, status)
        self.code = code
        self.status = status


class Wait(SessiondError):
    """Not accepted, safe to send again."""

    def __init__(self, message: str, code: str = "overloaded", retry_after_ms: int = 1000, status: int = 503) -> None:
        super().__init__(message, code, retry_after_ms, status)
        self.code = code
        self.retry_after_ms = retry_after_ms
        self.status = status


class OperatorError(SessiondError):
    code = "operator_error"


class ConfigError(OperatorError):
    """A setting is unknown, of the wrong type or out of range; the message names it."""

    code = "config_error"


class DiskFull(OperatorError):
    """A write failed for want of space; the message says where."""

    code = "disk_full"


class JournalDamaged(OperatorError):
    """A journal, or the plan of its sinks, is not what was written to it, or its format is none that this version
    reads."""

    code = "journal_damaged"


class JournalLocked(OperatorError):
    """Another live process owns this journal folder."""

    code = "journal_locked"


class JournalFenced(OperatorError):
    """Another process opened this journal after the one that tries to write: the later one is right."""

    code = "journal_fenced"


class BatchGap(SessiondError):
    """A gateway skipped a batch number: it must resend from `expected`."""

    code = "batch_gap"

    def __init__(self, message: str, expected: int) -> None:
        super().__init__(message, expected)
        self.expected = expected
