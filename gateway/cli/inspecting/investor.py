"""`sbx investor`: what happened to one investor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gateway.cli.inspecting.at import show_investor
from gateway.cli.known import no_such
from gateway.cli.reading import wide_console
from gateway.cli.small_table import show_small
from gateway.cli.walking import opened, shown, walked
from gateway.index.keys import INVESTOR
from gateway.printable import json_text
from gateway.reporting.tables.times import moscow_time
from gateway.session.investor import ORDERS, UNDONE, InvestorStory, NoSuchInvestor
from gateway.session.known import known_names
from gateway.session.views import Views
from gateway.words.chosen import chosen, tr

SHOWN = 40


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("name")
@click.option(
    "--days", type=click.IntRange(min=0), default=7, show_default=True, help="Show the cap at the end of so many days."
)
@click.option(
    "--last", type=click.IntRange(min=1), default=SHOWN, show_default=True, help="Show so many of what happened."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, name: str, days: int, last: int, as_json: bool) -> None:
    """Show what the journal of DIRECTORY says of the investor NAME: class and record, orders and refusals, transfers, cap, holdings.

    What happened is in order; orders that were let in and fills are counted. Then the annual cap at the end of each day on which
    something happened, and the investor's accounts as they are now.

    \b
    Exit status:
      0  shown
      1  the journal is damaged, or does not replay
      2  usage: no such investor, too

    \b
    Examples:
      sbx investor venue anna
      sbx investor venue anna --last 500 --days 31
      sbx investor venue anna --json
    """
    with opened(directory) as session:
        story = InvestorStory(session, name)
        try:
            shown("reading", story.read(), lambda seq: seq, total=session.last_seq)
        except NoSuchInvestor as error:
            raise no_such(INVESTOR, name, known_names(session.index, INVESTOR)) from error
        shown("replaying", story.follow_cap(days), lambda seq: seq, total=None)
        exchange = walked(session, session.last_seq).exchange
        now = Views(exchange).investor(name)
    found: dict[str, Any] = {**story.summary(), "now": now}
    if as_json:
        click.echo(json_text(found))
        return
    console, told = wide_console(), chosen().story
    counts = []
    for each in ORDERS:
        if each == UNDONE:
            continue
        undone = (
            tr("{n} undone since", n=f"{story.orders[UNDONE]:,}") if each == "fills" and story.orders[UNDONE] else ""
        )
        counts.append(f"{story.orders[each]:,} {told(each)}" + (f" ({undone})" if undone else ""))
    console.tell(f"{name}: {tr('orders')} {', '.join(counts)}")
    for happened in story.happened[-last:]:
        when = moscow_time(happened.time_ns, 3)
        console.tell(f"{happened.seq:>10}  {when}  {told(happened.what)}: {told(happened.detail)}")
    if len(story.happened) > last:
        console.tell(f"the last {last:,} of {len(story.happened):,} things; --last and --json show more")
    if story.refused_by:
        show_small(console, ("refused by", "times"), list(story.refused_by.items()))
    caps = [each for each in found["days"] if each["cap"] is not None]
    if caps:
        rows = [
            [each["day"], each["cap"]["used"], each["cap"]["reserved"], each["cap"]["limit"], str(each["seq"])]
            for each in caps
        ]
        show_small(console, ("day", "cap used, RUB", "reserved", "limit", "as of seq"), rows)
    show_investor(console, now)
