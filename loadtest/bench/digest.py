"""One seeded stream of everything, for comparing builds: the same commands must give the same events, byte for byte.

The default venue under all its rulebooks in turn, with limit and market orders, amends, cancels, futures that are marked,
transfers, freezes, changes of registry, tiers and parameters, halts, days that end, and nonsense: prices off the tick, names
that nobody has, numbers whose products leave 64 bits.
"""

from __future__ import annotations

import datetime
import random
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

from compliance import digest_of
from engine.record.rows import encode_events
from engine.vocabulary.codes import CONTINUOUS, DOMESTIC_PAYMENT, FUTURE, HALTED, PRE_OPEN, PURPOSES
from engine.vocabulary.limits import MAX_E8, NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AmendOrder,
    AnyCommand,
    AuthoriseClient,
    CancelOrder,
    CloseOut,
    Deposit,
    EffectiveFrom,
    FreezeAsset,
    IssueAsset,
    ListInstrument,
    LoadRulebook,
    MarkFuture,
    MassCancel,
    NewOrder,
    OpenAccount,
    PublishWarning,
    RecordAcknowledgement,
    RecordTest,
    RegisterContract,
    RegisterIntermediary,
    RequestDelivery,
    Sequenced,
    SetBlocked,
    SetIndexPrice,
    SetParameter,
    SetPhase,
    Tick,
    Transfer,
    UpdateAsset,
    Withdraw,
)
from engine.vocabulary.messages.events import OrderAccepted
from gateway.core import new_exchange
from gateway.venue.template import write_default_venue
from gateway.venue.venue import load_rulebook_documents, load_venue
from loadtest.bench.engines.core import START_NS

RULEBOOKS: Final = ("general-2026", "elr-2025", "derivatives-2025")
PARAMETERS: Final = (
    ("RET-1", "retail_cap_rub", "500000"),
    ("RET-1", "cap_basis", "net_of_sales"),
    ("RET-1", "cap_window", "rolling_year"),
    ("RET-1", "crypto_for_crypto_counted", "true"),
    ("RET-2", "on_tier_loss", "grace"),
    ("LIQ-2", "assets", "BTC,SOL"),
    ("DER-4", "qualified_rub", "1000000"),
    ("ANON-1", "enabled", "false"),
    ("RET-4", "authorisation_required", "true"),
    ("RISK-1", "warning_text", "drawn"),
    ("RET-1", "starts", "2026-01-02"),
)
TEXTS: Final = ("drawn", "drawn again")
"""Of the warning."""
ODD_NUMBERS: Final = (0, -1, 1, 7, MAX_E8, MAX_E8 - 1, 2**63, -(2**63))


class MixedCommands:
    """Draws commands for the default venue from a seed."""

    def __init__(self, seed: int) -> None:
        self._chance: Final = random.Random(seed)
        today = datetime.date(2025, 12, 31)
        with tempfile.TemporaryDirectory() as directory:
            write_default_venue(Path(directory) / "venue", today)
            self.genesis: Final = load_venue(Path(directory) / "venue").genesis()
        listed = [each for each in self.genesis if isinstance(each, ListInstrument)]
        accounts = [each for each in self.genesis if isinstance(each, OpenAccount)]
        # The first of each are the liquid instruments and the market makers: drawn more often, so that orders meet.
        self._futures: Final = [each for each in listed if each.kind == FUTURE]
        self._instruments: Final = listed + listed[:4] * 10 + self._futures * 4
        self._accounts: Final = accounts + accounts[:6] * 6
        self._orders: Final[list[tuple[int, NewOrder]]] = []

    def draw(self, seq: int) -> AnyCommand:
        """Draw the command that will have sequence number `seq`."""
        chance = self._chance
        roll = chance.randrange(1_000)
        if roll < 700 or not self._orders:
            return self._new_order(seq)
        order_id, order = chance.choice(self._orders[-400:])
        if roll < 850:
            return CancelOrder(order.participant, order.account, *self._named(order_id, order))
        if roll < 930:
            price = max(order.price_e8 + self._tick_of(order) * chance.randrange(-20, 21), 0)
            quantity = self._sometimes_odd(order.quantity_e8 * chance.randrange(4) // 2)
            return AmendOrder(order.participant, order.account, *self._named(order_id, order), price, quantity)
        if roll < 970:
            return self._clearing(seq, order)
        return self._configuration(order)

    def accepted(self, order_id: int, order: NewOrder) -> None:
        """Remember an order that was accepted, to amend or cancel it later."""
        self._orders.append((order_id, order))

    def _new_order(self, seq: int) -> NewOrder:
        chance = self._chance
        account, listed = chance.choice(self._accounts), chance.choice(self._instruments)
        market = chance.randrange(10) == 0
        away = listed.tick_e8 * round(chance.gauss(0, 12))
        price = 0 if market else self._sometimes_odd(listed.reference_price_e8 + away)
        return NewOrder(
            account.participant if chance.randrange(200) else "nobody",
            account.account,
            f"c{seq - chance.choice((0,) * 50 + (1,))}",
            listed.instrument if chance.randrange(200) else "NO/SUCH",
            chance.randrange(2),
            int(market),
            chance.choice((0, 0, 0, 0, 1, 2)),
            price,
            self._sometimes_odd(listed.lot_e8 * chance.choice((1, 2, 5, 10, 40, 300))),
            chance.randrange(12) == 0,
        )

    def _clearing(self, seq: int, order: NewOrder) -> AnyCommand:
        """Draw what moves money beside trading."""
        chance = self._chance
        future, to_account = chance.choice(self._futures), chance.choice(self._accounts).account
        asset = chance.choice(("BTC", "USDT", "A7A5", "RUB", "XMR"))
        price_e8 = future.reference_price_e8 * chance.randrange(60, 260) // 100
        choices: list[AnyCommand] = [
            SetIndexPrice(future.underlying, self._sometimes_odd(price_e8), "drawn"),
            MarkFuture(future.instrument, 0, "drawn"),
            MarkFuture(future.instrument, price_e8 // future.tick_e8 * future.tick_e8, "drawn"),
            CloseOut(order.account, future.instrument, "drawn"),
            Transfer(
                order.participant,
                order.account,
                f"t{seq}",
                to_account,
                asset,
                self._sometimes_odd(chance.randrange(1, 10**6)),
                chance.randrange(len(PURPOSES)),
                chance.choice(("", "contract")),
            ),
            Transfer(
                order.participant,
                order.account,
                f"r{seq}",
                to_account,
                "RUB",
                self._sometimes_odd(chance.randrange(1, 10**6)),
                DOMESTIC_PAYMENT,
            ),
            RequestDelivery(order.participant, order.account, order.instrument, order.quantity_e8),
            FreezeAsset(chance.choice(("USDT", "A7A5")), self._sometimes_odd(chance.randrange(10**6)), "", "", "drawn"),
            IssueAsset("KAPPA-DFA", order.account, self._sometimes_odd(chance.randrange(1, 10**6)), "", "drawn"),
        ]
        return chance.choice(choices)

    def _configuration(self, order: NewOrder) -> AnyCommand:
        """Draw what an operator or a supervisor might send."""
        chance = self._chance
        investor = chance.choice(self._accounts).investor
        listed = chance.choice(self._instruments)
        asset = chance.choice((listed.base, "RUB"))
        amount = self._sometimes_odd(chance.randrange(1, 10**12))
        phase = chance.choice((CONTINUOUS,) * 12 + (HALTED, PRE_OPEN))
        choices: list[AnyCommand] = [
            MassCancel(
                order.participant, order.account, chance.choice(("", order.instrument)), chance.choice((-1, 0, 1))
            ),
            SetBlocked(investor, chance.randrange(8) == 0, "drawn"),
            RegisterIntermediary(chance.choice(("north", "south", "east")), suspended=chance.randrange(5) == 0),
            RecordTest(investor, chance.choice(("knowledge", "risk")), chance.randrange(101), START_NS),
            RecordAcknowledgement(investor, digest=digest_of(chance.choice(TEXTS))),
            PublishWarning(chance.choice(TEXTS), "drawn", "supervisor"),
            RegisterContract(
                "contract",
                investor,
                chance.choice(self._accounts).investor,
                chance.choice(("BTC", "USDT", "RUB")),
                self._sometimes_odd(chance.randrange(1, 10**6)),
                "2025-12-01",
                "drawn",
            ),
            SetPhase(listed.instrument, phase, "drawn"),
            Deposit(order.account, asset, amount, "drawn"),
            Withdraw(order.account, asset, amount, "drawn"),
            Tick(),
            LoadRulebook(*load_rulebook_documents(chance.choice(RULEBOOKS)), "supervisor", "drawn"),
            SetParameter(*chance.choice(PARAMETERS), "drawn", "supervisor"),
            EffectiveFrom(
                START_NS + chance.randrange(400) * NS_PER_SECOND,
                SetParameter(*chance.choice(PARAMETERS), "drawn", "supervisor"),
            ),
            UpdateAsset(
                chance.choice(("SOL", "ETH")), chance.randrange(10**13), chance.randrange(2 * 10**12), 6, "drawn"
            ),
            AuthoriseClient(chance.choice(("north", "south")), investor, 2026, chance.randrange(4) > 0, "drawn"),
        ]
        return chance.choice(choices)

    def _named(self, order_id: int, order: NewOrder) -> tuple[int, str]:
        """Name an order by one of its two ids."""
        return (order_id, "") if self._chance.randrange(2) else (0, order.client_order_id)

    def _tick_of(self, order: NewOrder) -> int:
        return next((each.tick_e8 for each in self._instruments if each.instrument == order.instrument), 1)

    def _sometimes_odd(self, number: int) -> int:
        return self._chance.choice(ODD_NUMBERS) if self._chance.randrange(60) == 0 else number


def events_digest(seed: int, count: int) -> tuple[str, dict[str, int]]:
    """Apply `count` drawn commands to the default venue, checking the state on the way.

    Returns:
        SHA-256 over the encoded events of every command, hexadecimal, and how many events of each kind there were.
    """
    chance = random.Random(seed + 1)
    mixed = MixedCommands(seed)
    exchange = new_exchange()
    chain = sha256()
    kinds: dict[str, int] = {}
    time_ns = START_NS
    for seq in range(1, len(mixed.genesis) + count + 1):
        command = mixed.genesis[seq - 1] if seq <= len(mixed.genesis) else mixed.draw(seq)
        time_ns += NS_PER_DAY if chance.randrange(4_000) == 0 else chance.randrange(50_000_000)
        events = exchange.apply(Sequenced(seq, time_ns, command))
        chain.update(encode_events(events))
        if type(command) is NewOrder and any(type(event) is OrderAccepted for event in events):
            mixed.accepted(seq, command)
        for event in events:
            kinds[type(event).__name__] = kinds.get(type(event).__name__, 0) + 1
        if seq % 1_000 == 0:
            exchange.check()
    exchange.check()
    return chain.hexdigest(), kinds
