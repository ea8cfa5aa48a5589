"""Structured logs without people: one JSON line per event, and only keys on this list."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "message",
        "type",
        "sender",
        "recipients",
        "status",
        "rules",
        "milliseconds",
        "topic",
        "partition",
        "partitions",
        "offset",
        "records",
        "fault",
        "where",
        "next",
        "group",
        "policy",
        "registry",
        "reason",
        "seconds",
        "cases",
        "count",
    }
)


def only_allowed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog
    """Drop every key that is not allow-listed."""
    return {key: value for key, value in event.items() if key in ALLOWED}


def set_up(level: int = logging.INFO) -> None:
    """Configure once, at start. Libraries may only warn, and through the same narrow door."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Foreign()], level=logging.WARNING, force=True)


class _Foreign(logging.Handler):
    """A library's record, reduced to who spoke and the kind of fault: its text could quote what it was given."""

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        structlog.get_logger().warning("library.warning", where=record.name, fault=fault)
