"""How a demonstration went, for people: one screen, or all of it."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from gateway.cli.terminal import Terminal, styled
from gateway.printable import figures, printable

RULES_SHOWN: Final = 6
INSTRUMENTS_SHOWN: Final = 5
SEED: Final = "The seed fixes who comes when, for what; prices and latencies are this run's."
MORE: Final = "More: --full; the session as files: --keep DIR; with a bot of yours: --port 8765"
INDENT: Final = "         "


MAX_REPORTS: Final = 8
"""Of surveillance, that are shown."""


def print_summary(result: dict[str, Any], console: Terminal) -> None:
    """Show one screen of what `loadtest.demo.run.run` returned."""
    orders, seconds = result["orders"], result["seconds"]
    console.tell((result["rulebook"], "bold"), f", {seconds:.1f} s, seed {result['seed']}")
    console.print()
    moves, per_second = result["transfers"], orders["entered"] / max(seconds, 0.1)
    fates = f"{orders['accepted']:,} accepted, {orders['rejected']:,} refused"
    _line(console, f"{orders['entered']:,} orders, {per_second:.0f} a second: {fates}")
    others = f"{orders['amended']:,} amends, {orders['cancelled']:,} cancels, {moves['done']:,} transfers"
    _line(console, f"{others}, {result['marks']:,} marks of futures")
    _line(console, f"{_latency(result)} from the intended send time")
    console.print()
    _instruments(result["trades"], console)
    console.print()
    _rules(result, console)
    refused = ", ".join(f"{reject['reason']} {reject['count']:,}" for reject in moves["refused"])
    _line(console, Text(f"transfers refused: {refused or 'none'}", "dim"))
    waited = ", ".join(f"{each['reason']} {each['count']:,}" for each in moves["waited"])
    if waited:
        _line(console, Text(f"had to wait before they left: {waited}", "dim"))
    watched = result["supervised"]
    supervised = f"alerts {watched.get('raise_alert', 0)}, cases {watched.get('open_case', 0)}"
    _line(console, Text(f"{supervised}; surveillance reports {_reports(result)}", "dim"))
    console.print()
    _proof(result, console)
    _line(console, SEED)
    _line(console, MORE)


def print_result(result: dict[str, Any], console: Terminal) -> None:
    """Show everything that `loadtest.demo.run.run` returned."""
    console.tell((result["rulebook"], "bold"), f", {result['seconds']:.1f} s, seed {result['seed']}")
    console.print()
    orders = result["orders"]
    console.print(
        f"{orders['entered']:,} orders in: {orders['accepted']:,} accepted, {orders['rejected']:,} refused; "
        f"{orders['amended']:,} amends, {orders['cancelled']:,} cancels\n"
    )
    console.print(_all_rules(result))
    moves = result["transfers"]
    if moves["refused"]:
        table = Table(
            "rule", "title", "refused", "for example", title="Transfers before the rules", title_justify="left"
        )
        for reject in moves["refused"]:
            table.add_row(
                styled((reject["reason"], "bold")), reject["title"], f"{reject['count']:,}", reject["example"]
            )
        console.print(table)
    console.print(f"{moves['done']:,} transfers done, {result['marks']:,} marks of futures")
    arrests = result["arrests"]
    console.print(
        f"{arrests['holdings']:,} holdings arrested by a court's paper, {arrests['lifted']:,} papers lifted\n"
    )
    table = Table("instrument", "trades", "quantity", "turnover", title="Trades", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in result["trades"]["instruments"].items():
        table.add_row(name, f"{each['trades']:,}", each["quantity"], _turnover(name, each))
    console.print(table)
    console.print(
        f"latency from the intended send time, {result['latency_us']['count']:,} requests: {_latency(result)}\n"
    )
    for report in result["surveillance"]["reports"][:MAX_REPORTS]:
        console.tell("surveillance: ", (report["detector"], "bold"), f", {report['note']}")
    _proof(result, console)
    console.print(f"\n{SEED}")


def _all_rules(result: dict[str, Any]) -> Table:
    table = Table(
        "rule", "title", "decided", "failed", "for example", title="Orders before the rules", title_justify="left"
    )
    for column in table.columns[2:4]:
        column.justify = "right"
    for each in result["rules"]:
        failed = f"{each['named']:,}" if each["named"] or not each["permitted"] else f"passed {each['permitted']:,}"
        decided = f"{each['decided']:,}" if each["decided"] else ""
        table.add_row(styled((each["rule"], "bold")), each["title"], decided, failed, each["example"])
    for reject in result["rejects"]:
        if not reject["is_rule"]:
            table.add_row(reject["reason"], "", f"{reject['count']:,}", "", reject["example"])
    return table


def _line(console: Terminal, text: str | Text) -> None:
    """A line that stays one."""
    console.print(text, no_wrap=True, overflow="ellipsis")


def _latency(result: dict[str, Any]) -> str:
    latency = result["latency_us"]
    return ", ".join(f"{name} {latency[name] / 1000:.1f}" for name in ("p50", "p99", "p99.9", "max")) + " ms"


def _turnover(name: str, traded: dict[str, Any]) -> str:
    return f"{float(traded['turnover']):,.0f} {name.partition('/')[2] or 'RUB'}"


def _instruments(trades: dict[str, Any], console: Terminal) -> None:
    """Where most was traded."""
    ranked = sorted(trades["instruments"].items(), key=lambda item: (-item[1]["trades"], item[0]))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in ("instrument", "trades", "quantity", "turnover", "last", "change"):
        table.add_column(head, justify="left" if head == "instrument" else "right", no_wrap=True)
    for name, each in ranked[:INSTRUMENTS_SHOWN]:
        change = each["change"]
        style = "red" if change.startswith("-") else "green"
        table.add_row(
            name,
            f"{each['trades']:,}",
            figures(each["quantity"]),
            _turnover(name, each),
            figures(each["last"]),
            styled((change, style)),
        )
    console.print(table)
    left = ranked[INSTRUMENTS_SHOWN:]
    if left:
        count = sum(each["trades"] for _, each in left)
        console.tell((f"{len(left)} more, {count:,} trades", "dim"))


def _rules(result: dict[str, Any], console: Terminal) -> None:
    """The rules that refused most, with a refusal of each."""
    ranked = sorted(result["rules"], key=lambda each: -each["decided"])
    console.tell(("rule     orders refused, and one of them", "dim"))
    for each in ranked[:RULES_SHOWN]:
        head = Text(f"{each['rule']:<8} ", "bold")
        head.append(f"{each['decided']:>5,}  {printable(each['title'])}", "not bold")
        _line(console, head)
        _line(console, Text(f"{INDENT}{printable(each['example'])}", "dim"))
    left = [each["rule"] for each in ranked[RULES_SHOWN:] if each["decided"] or each["named"] or each["permitted"]]
    others = [f"{reject['reason']} {reject['count']:,}" for reject in result["rejects"] if not reject["is_rule"]]
    if left:
        console.print(Text(f"and {', '.join(left)}", "dim"))
    if others:
        _line(console, Text(f"by the venue's own checks: {', '.join(others)}", "dim"))


def _reports(result: dict[str, Any]) -> str:
    """The detectors that reported something, with how often."""
    found = Counter(report["detector"] for report in result["surveillance"]["reports"])
    return ", ".join(f"{name} {count}" for name, count in found.items()) or "none"


def _proof(result: dict[str, Any], console: Terminal) -> None:
    """The journal, and its replay."""
    verify, replay = result["verify"], result["replay"]
    console.print(f"journal   {verify['status']}: {verify['frames']:,} frames, {verify['commands']:,} commands")
    console.print(f"recorded  {replay['recorded_digest']}")
    console.print(f"replayed  {replay['replayed_digest']}")
    console.tell(("equal", "green") if replay["equal"] else ("different", "red"))
    if result["directory"] is not None:
        console.print(f"kept in {result['directory']}: `sbx replay {result['directory']}`")
    for shortfall in result["shortfalls"]:
        console.tell(("missing:", "red"), f" {shortfall}")
