"""What `sbx top` shows, as lines of text: made of plain data, for a window of any width."""

from __future__ import annotations

from typing import Final

from gateway.operating.load import Load
from gateway.words.chosen import chosen, tr

HELP: Final = (
    "q  quit",
    "space  stop looking, or go on",
    "+ -  look more often, or less often",
    "?  this page; any key leaves it",
)
_KIB: Final = 1_024
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
_THOUSAND: Final = 1_000.0


def size_text(size: float) -> str:
    """Bytes as people read them: `12.3 MiB`."""
    for unit in _UNITS[:-1]:
        if size < _KIB:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _KIB
    return f"{size:.1f} {_UNITS[-1]}"


def page(load: Load, title: str, width: int, foot: str = "") -> list[str]:
    """The lines, each cut at the width."""
    rows = (
        ("commands", _rate(load.commands_per_second), "events", _rate(load.events_per_second)),
        ("rejects", _rate(load.rejects_per_second), "errors", _rate(load.errors_per_second)),
        ("messages out", _rate(load.messages_per_second), "bytes out", _bytes(load.sent_bytes_per_second)),
        ("journal", _bytes(load.journal_bytes_per_second), "commands a frame", _number(load.batch_commands)),
        ("request, median", _below(load.request_us), "request, p99", _below(load.slow_request_us)),
        ("in turns", _percent(load.busy_percent), "waiting for disk", _percent(load.disk_percent)),
        ("processor", _percent(load.processor_percent), "memory", size_text(load.memory_bytes)),
        ("connections", f"{load.connections:,}", "subscriptions", f"{load.subscriptions:,}"),
        ("requests waiting", f"{load.waiting_requests:,}", "not read by peers", size_text(load.unread_bytes)),
        ("open orders", f"{load.open_orders:,}", "accounts", f"{load.accounts:,}"),
        ("follower behind", f"{load.followed_behind:,}", "index behind", f"{load.indexed_behind:,}"),
        ("since snapshot", f"{load.snapshot_behind:,}", "reads put off", f"{load.rate_waits:,}"),
    )
    lines = [title, ""]
    said = [(chosen().heading(left), value, chosen().heading(right), other) for left, value, right, other in rows]
    near, far = max(17, *(len(row[0]) + 1 for row in said)), max(18, *(len(row[2]) + 1 for row in said))
    lines += [f"{left:<{near}}{value:>14}   {right:<{far}}{other:>14}" for left, value, right, other in said]
    ended = [*((tr("closed: {reason}", reason=reason), count) for reason, count in sorted(load.closed.items()))]
    ended += [(tr("refused: {what}", what=reason), count) for reason, count in sorted(load.refused.items())]
    lines += ["", *(f"{what} {count:,}" for what, count in ended)] if ended else []
    lines += ["", foot] if foot else []
    return [line.rstrip()[:width] for line in lines]


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}/s"


def _bytes(value: float | None) -> str:
    return "-" if value is None else f"{size_text(value)}/s"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _below(us: float | None) -> str:
    """A bound of a histogram."""
    if us is None:
        return "-"
    return f"<= {us:.0f} us" if us < _THOUSAND else f"<= {us / _THOUSAND:.0f} ms"
