"""What a journal says of accounts: replayed from its first command, beside whatever was told over a wire."""

from __future__ import annotations

from pathlib import Path

from engine.exchange import Exchange
from engine.vocabulary.messages.events import RulebookLoaded
from gateway.core import new_exchange
from gateway.journal.reader import JournalReader
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol.formats import Formats
from gateway.protocol.messages import ExecutionReport
from gateway.reporting.steps.source import Source
from gateway.words.titles import RuleTitles


class JournalView:
    """The reports of every order by account and `client_order_id`, and the exchange at the end."""

    def __init__(self, directory: Path) -> None:
        self.orders: dict[tuple[str, str], list[ExecutionReport]] = {}
        source = Source(JournalReader(directory))
        formats = Formats()
        titles = RuleTitles()
        reports = PrivateReports(formats, titles)
        exchange = new_exchange()
        for step in source.steps():
            titles.note(step.command)
            for event in step.events:
                formats.learn(event)
                if isinstance(event, RulebookLoaded):
                    titles.follow(event)
            for report in reports.follow(step.seq, step.time_ns, step.events):
                message = reports.message(report)
                if isinstance(message, ExecutionReport) and message.seq:
                    self.orders.setdefault((message.account, message.client_order_id), []).append(message)
            assert source.exchange is not None, "the journal does not replay"
            exchange = source.exchange
        assert source.damage is None
        self.exchange: Exchange = exchange

    def balances(self, account: str) -> dict[str, tuple[int, int]]:
        """Available and reserved of each asset, in its smallest units."""
        assets = list(self.exchange.assets.values())
        held = self.exchange.accounts[account].balances
        return {assets[place].asset: (balance.available, balance.reserved) for place, balance in held.items()}

    def positions(self, account: str) -> dict[str, int]:
        """Lots of each future."""
        held = self.exchange.accounts[account].positions.values()
        return {position.instrument.instrument: position.lots for position in held if position.lots}
