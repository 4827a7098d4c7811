"""The venue on which a scenario runs: a whole exchange, a clock, and the names that the tables use."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from compliance import ComplianceHook
from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    Deposit,
    ListInstrument,
    LoadRulebook,
    NewOrder,
    OpenAccount,
    RegisterIntermediary,
    RegisterInvestor,
    Sequenced,
    SetPhase,
)
from engine.vocabulary.messages.events import Event, OrderAccepted
from loadtest.scenarios.format import ScenarioError
from loadtest.scenarios.invariants import Invariants
from loadtest.scenarios.numbers import e8, ppm
from loadtest.scenarios.orders import Words

START_NS = 1_768_201_200_000_000_000
"""Monday 2026-01-12 10:00 in Moscow."""
QUOTE_SCALE = 2
DEFAULT_INSTRUMENT = "BTC/RUB reference 100"
# Enough for every table that isn't about money.
DEFAULT_AMOUNTS = {"RUB": 1_000_000_000, "BTC": 1_000_000}
CLOSE_OUT = "close-out"
"""The label of the venue's own orders, which have no client order id."""
BOUNDS = {
    "account": "max_open_per_account",
    "book": "max_open_per_book",
    "venue": "max_open",
    "small": "small_account",
    "shares": "max_shared",
}
"""What a table may lower, to reach it: by its word, the exchange's name for it."""
RULEBOOK = Path(__file__).with_name("rulebook.toml")


class Venue:
    """An exchange, its clock, and who and what has a name in the scenario."""

    def __init__(self) -> None:
        self.hook: PreTradeHook = PreTradeHook()
        self.exchange = Exchange(self.hook)
        self.invariants = Invariants(self.exchange)
        self.time_ns = START_NS
        self.instrument = ""
        """The one listed first: meant wherever a line names none."""
        self.orders: dict[str, NewOrder] = {}
        """By label, as it was sent last."""
        self.labels: dict[int, str] = {}
        """By order id."""
        self.before: list[Event] = []
        """What opening an account on the way to the line's command caused."""

    def send(self, command: AnyCommand) -> list[Event]:
        """Sequence a command now; every invariant is checked after it."""
        exchange = self.exchange
        events = exchange.apply(Sequenced(exchange.seq + 1, self.time_ns, command))
        for event in events:
            if isinstance(event, OrderAccepted):
                self.labels[event.order_id] = event.client_order_id or CLOSE_OUT
        self.invariants.follow(events)
        return events

    def set_bound(self, name: str, number: int) -> None:
        """Lower one of `BOUNDS` for this venue."""
        setattr(self.exchange, BOUNDS[name], number)
        self.exchange.plenty = 0

    def participant_of(self, account: str) -> str:
        """Who operates an account; one that is named for the first time is opened, with plenty of everything."""
        found = self.exchange.accounts.get(account)
        if found is None:
            self.before += self.open_account(account, account, account, "", {})
            found = self.exchange.accounts[account]
        return found.participant

    def know_participant(self, name: str) -> None:
        """Have a participant operate an account; `nobody` never does."""
        if name != "nobody" and all(account.participant != name for account in self.exchange.account_list):
            self.participant_of(name)

    def load_rulebook(self, cap: str) -> list[Event]:
        """Put the rules of blocked owners and of an annual cap in force; only as the first line."""
        if self.exchange.seq:
            raise ScenarioError("a rulebook comes before everything else")
        self.hook = ComplianceHook()
        self.exchange = Exchange(self.hook)
        self.invariants = Invariants(self.exchange)
        text = RULEBOOK.read_text(encoding="utf-8").replace("CAP", cap)
        return self.send(LoadRulebook("scenario", {"scenario": text}))

    def open_account(
        self, name: str, investor: str, participant: str, intermediary: str, amounts: dict[str, Decimal]
    ) -> list[Event]:
        """Open an account with amounts by asset, or with plenty of all that is listed."""
        if isinstance(self.hook, ComplianceHook):
            if investor not in self.exchange.owners:
                self.send(RegisterInvestor(investor, codes.INDIVIDUAL))
            if intermediary:
                self.send(RegisterIntermediary(intermediary))
        events = self.send(OpenAccount(name, participant, investor, intermediary))
        for asset in self.exchange.assets.values():
            plenty = 0 if amounts else DEFAULT_AMOUNTS.get(asset.asset, DEFAULT_AMOUNTS["BTC"])
            amount = int(amounts.get(asset.asset, Decimal(plenty)).scaleb(asset.scale))
            if amount:
                events += self.send(Deposit(name, asset.asset, amount))
        return events

    def list_instrument(self, words: Words) -> list[Event]:
        """List what `BTC/RUB tick 1 lot 1 ... phase continuous` says, and move it to its phase."""
        name = words.take("instrument")
        given = {"tick": "1", "lot": "1", "max": "1000000", "value": "1000000000", "collar": "5%", "reference": "0"}
        given |= {"maker": "0%", "taker": "0%", "phase": "continuous"}
        for word in words:
            if word not in given and word != "min":
                raise ScenarioError(f"an instrument has no {word}; known: {', '.join([*given, 'min'])}")
            given[word] = words.take(word)
        base, _, quote = name.partition("/")
        events: list[Event] = []
        for asset, kind, scale in ((base, codes.CRYPTO, 0), (quote, codes.FIAT, QUOTE_SCALE)):
            if asset not in self.exchange.assets:
                events += self.send(AddAsset(asset, kind, scale))
        listing = ListInstrument(
            name,
            codes.SPOT,
            base,
            quote,
            e8(given["tick"]),
            e8(given["lot"]),
            e8(given.get("min", given["lot"])),
            e8(given["max"]),
            int(Decimal(given["value"]).scaleb(QUOTE_SCALE)),
            ppm(given["collar"]),
            e8(given["reference"]),
            ppm(given["maker"]),
            ppm(given["taker"]),
        )
        events += self.send(listing)
        self.instrument = self.instrument or name
        if given["phase"] != "closed":
            events += self.send(SetPhase(name, codes.PHASES.index(given["phase"])))
        return events

    def ready(self) -> None:
        """List the default instrument if no line has listed one."""
        if not self.instrument:
            self.list_instrument(Words(DEFAULT_INSTRUMENT))
