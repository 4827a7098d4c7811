"""`sbx order`: the life of an order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gateway.cli.reading import wide_console
from gateway.cli.recordings.replay import readable
from gateway.cli.small_table import show_small
from gateway.cli.walking import opened, shown
from gateway.printable import json_text
from gateway.reporting.tables.times import moscow_time, utc
from gateway.session.life import Life, NoSuchOrder, in_words
from gateway.words.chosen import chosen, tr

FOLLOWED = 20_000
"""Commands after the entry that are replayed to tell the place in the queue, unless more are asked for: about a second."""
SHOWN_MOVES = 20


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("order_id", type=click.IntRange(min=1, max=2**63))
@click.option(
    "--follow",
    type=click.IntRange(min=0),
    default=FOLLOWED,
    show_default=True,
    help="Tell its place in the queue for so many commands after its entry.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, order_id: int, follow: int, as_json: bool) -> None:
    """Show what happened to the order ORDER_ID in the journal of DIRECTORY: entry, verdict, fills, amends, end; and its place in the queue.

    Its place is told after each command about its instrument that changed it. What is ahead at its price and at better prices
    trades before it. `sbx explain DIR SEQ` has the verdict rule by rule.

    \b
    Exit status:
      0  shown
      1  the journal is damaged, or does not replay
      2  usage: no such order, too

    \b
    Examples:
      sbx order venue 4711
      sbx order venue 4711 --follow 1000000
      sbx order venue 4711 --json
    """
    with opened(directory) as session:
        try:
            life = Life(session, order_id)
        except NoSuchOrder as error:
            raise click.UsageError(
                f"{error}; an order is known by the sequence number of its command, one of a pair, bracket or ladder by a larger id: `sbx find` shows them"
            ) from error
        shown("replaying", life.follow(follow), lambda seq: seq, total=None)
        steps = [(step, *in_words(step.event, order_id, life.reference)) for step in life.steps]
    if as_json:
        found: dict[str, Any] = {
            "order_id": order_id,
            "steps": [
                {"seq": step.seq, "time_utc": utc(step.time_ns), "moscow_time": moscow_time(step.time_ns), "what": what, "detail": detail,
                 "event": readable(step.event)}
                for step, what, detail in steps
            ],
            "queue": [{"seq": each.seq, "time_utc": utc(each.time_ns), **each.queue} for each in life.moves],
            "queue_known_to": life.followed_to,
        }  # fmt: skip
        click.echo(json_text(found))
        return
    console = wide_console()
    story = chosen().story
    console.tell(tr("order {id}", id=order_id))
    for step, what, detail in steps:
        console.tell(
            f"{step.seq:>10}  {moscow_time(step.time_ns)}  {story(what)}", f": {story(detail)}" if detail else ""
        )
    if life.moves:
        rows = [
            [str(each.seq), moscow_time(each.time_ns)[11:], tr("{place} of {orders}", place=each.queue["place"], orders=each.queue["orders_at_price"]),
             each.queue["ahead_at_price"], each.queue["ahead_at_better_prices"]]
            for each in life.moves[:SHOWN_MOVES]
        ]  # fmt: skip
        show_small(console, ("after", "Moscow time", "place in queue", "ahead", "at better prices"), rows)
        if len(life.moves) > SHOWN_MOVES:
            console.tell(f"{len(life.moves) - SHOWN_MOVES:,} more changes: --json has them all")
        if life.followed_to < life.end_seq:
            console.tell(f"its place is told up to sequence number {life.followed_to:,}: --follow goes farther")
