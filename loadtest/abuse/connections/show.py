"""What a siege came to, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.table import Table

from gateway.cli.terminal import Terminal
from loadtest.abuse.connections.attacker import Assault
from loadtest.abuse.connections.siege import Siege
from loadtest.load.judge import ms
from loadtest.load.show import STATUS

MIB: Final = 2**20
WORDS: Final = {
    "connections_closed": "connections that ended",
    "connections_refused": "connections not let in",
    "errors": "answered with an error",
}


def show(found: Siege, console: Terminal) -> None:
    """The tables."""
    bad = sum(each.connections for each in _last(found))
    console.tell(
        (f"{found.honest} honest connections beside {bad} bad ones", "bold"),
        f": {found.rate:,.0f} requests a second for {found.seconds:g} s, seed {found.seed}; "
        f"bad addresses: {found.addresses}; attackers at nice {found.nice}",
    )
    venue = found.venue
    pinned = f"core {', '.join(map(str, venue.pinned))} its own" if venue.pinned else "cores shared with all else"
    console.tell(f"venue: {venue.build} core, durability {venue.durability}, {venue.rulebook}, {pinned}")
    console.print()
    console.print(_rounds(found))
    console.print()
    console.print(_assaults(_last(found)))
    _counted(found, console)
    parts = "; ".join(f"{each.what} {each.size_bytes / MIB:,.0f} MiB" for each in found.allowed)
    console.tell(f"memory that the bad may take: {parts}")
    console.print()
    for check in found.checks:
        console.tell((f"{check.status:>9}", STATUS[check.status]), f"  {check.name}: {check.detail}")


def _last(found: Siege) -> list[Assault]:
    """Of the last besieged run."""
    return next((each.assaults for each in reversed(found.rounds) if each.besieged), [])


def _rounds(found: Siege) -> Table:
    table = _table("run", "p50", "p99", "p99.9", "max", "answered", "venue CPU", "attackers CPU", "venue memory")
    for each in found.rounds:
        latency = each.run.latency()
        attackers = sum(assault.cpu_share for assault in each.assaults)
        table.add_row(
            "besieged" if each.besieged else "in peace",
            *(ms(value) for value in (latency.p50_ns, latency.p99_ns, latency.p999_ns, latency.max_ns)),
            f"{each.run.rate_done:,.0f}/s",
            f"{each.venue_cpu_share:.0%}",
            f"{attackers:.0%}" if each.besieged else "",
            f"{each.peak_bytes / MIB:,.0f} MiB",
        )
    return table


def _assaults(assaults: list[Assault]) -> Table:
    table = _table("attack", "connections", "CPU", "sockets", "let in", "sent", "read", "how they ended")
    table.columns[-1].justify = "left"
    for each in assaults:
        table.add_row(
            each.attack,
            str(each.connections),
            f"{each.cpu_share:.1%}",
            f"{each.opened:,}",
            f"{each.greeted:,}",
            f"{each.sent_bytes / MIB:,.1f} MiB",
            f"{each.read_bytes / MIB:,.1f} MiB",
            _listed(each.ended),
        )
    return table


def _counted(found: Siege, console: Terminal) -> None:
    """What the venue itself counted in the last besieged run."""
    last = next((each for each in reversed(found.rounds) if each.besieged), None)
    if last is None:
        return
    console.tell(f"the venue counted: {last.rate_waits:,} times not read for want of credit")
    for name, words in WORDS.items():
        if name in last.counted:
            console.tell(f"  {words}: {_listed(last.counted[name])}")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda each: -each[1]))


def _table(*columns: str) -> Table:
    table = Table(*columns, box=None, pad_edge=False, padding=(0, 1))
    for place, column in enumerate(table.columns):
        column.no_wrap = True
        column.justify = "right" if place else "left"
    return table
