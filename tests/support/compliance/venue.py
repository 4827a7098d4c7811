"""A small venue behind the rules, with a cast of investors: what the tests of compliance trade on."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path

import compliance
from compliance import ComplianceHook, load_rulebook
from compliance.rules.risk_1 import digest_of
from engine.book.entities import Order
from engine.exchange import Exchange
from engine.state.listing import ISSUED_KINDS
from engine.vocabulary.codes import (
    BUY,
    CONTINUOUS,
    CRYPTO,
    DOMESTIC_STABLECOIN,
    FIAT,
    FIRM,
    FOREIGN_STABLECOIN,
    FUTURE,
    GTC,
    INDIVIDUAL,
    LIMIT,
    NOTE,
    PRIVACY_DEFAULT,
    PRIVACY_OPTIONAL,
    SECURITY,
    SPOT,
)
from engine.vocabulary.messages.commands import (
    AddAsset,
    AmendOrder,
    AnyCommand,
    CancelOrder,
    Deposit,
    ListInstrument,
    LoadRulebook,
    NewOrder,
    OpenAccount,
    PublishDisclosure,
    PublishWarning,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    Sequenced,
    SetPhase,
    SetTradingRules,
)
from engine.vocabulary.messages.events import (
    CommandRejected,
    Event,
    MovementHeld,
    OrderAccepted,
    OrderRejected,
    RequestRejected,
)
from tests.support.compliance.identities import identified
from tests.support.words import spell

ROUBLE = 10**8
MOSCOW = timezone(timedelta(hours=3))
BOOKS = Path(compliance.__file__).parent / "rulebooks"
OWN_BOOKS = Path(__file__).parent / "rulebooks"
PARTICIPANT = "desk"
START = "2026-06-01 12:00:00"

ASSETS = [
    AddAsset("RUB", FIAT, 2),
    AddAsset("BTC", CRYPTO, 8, 0, 150_000_000_000_000, 3_000_000_000_000, 17),
    AddAsset("ETH", CRYPTO, 8, 0, 30_000_000_000_000, 1_700_000_000_000, 11),
    # Exactly at one of the two criteria of LIQ-1 in money, which are "above"; above both; and a year too young.
    AddAsset("EDGECAP", CRYPTO, 8, 0, 5_000_000_000_000, 1_000_000_000_001, 5),
    AddAsset("EDGETURN", CRYPTO, 8, 0, 5_000_000_000_001, 1_000_000_000_000, 5),
    AddAsset("OVER", CRYPTO, 8, 0, 5_000_000_000_001, 1_000_000_000_001, 5),
    AddAsset("YOUNG", CRYPTO, 8, 0, 5_000_000_000_001, 1_000_000_000_001, 4),
    AddAsset("SOL", CRYPTO, 8, 0, 7_000_000_000_000, 400_000_000_000, 6),
    AddAsset("USDT", FOREIGN_STABLECOIN, 6, 0, 13_000_000_000_000, 7_000_000_000_000, 11),
    AddAsset("A7A5", DOMESTIC_STABLECOIN, 2, 0, 40_000_000_000, 10_000_000_000, 1),
    AddAsset("XMR", CRYPTO, 8, PRIVACY_DEFAULT, 400_000_000_000, 12_000_000_000, 12),
    AddAsset("ZEC", CRYPTO, 8, PRIVACY_OPTIONAL, 100_000_000_000, 15_000_000_000, 10),
    AddAsset("BTC-NOTE", SECURITY, 4),
    AddAsset("BTC-FUT", SECURITY, 4),
]
# Domestic digital financial assets, of which nobody has any before they are issued.
ISSUED = [
    AddAsset(
        "METAL", SECURITY, 2, 0, 0, 0, 0, "smelter", "a gram of palladium, redeemed at par", 10_000_00, "", "palladium"
    ),
    # It does not say what it follows.
    AddAsset("RIDDLE", SECURITY, 2, 0, 0, 0, 0, "smelter"),
    AddAsset("SOL-DFA", SECURITY, 2, 0, 0, 0, 0, "smelter", "a thousandth of the price of SOL", 0, "", "SOL"),
    AddAsset("BTC-DFA", SECURITY, 2, 0, 0, 0, 0, "smelter", "a thousandth of the price of BTC", 0, "", "BTC"),
    AddAsset("RUBX", DOMESTIC_STABLECOIN, 2, 0, 0, 0, 0, "mint", "a rouble on demand"),
    AddAsset("BANK-DFA", SECURITY, 4, 0, 0, 0, 0, "bank", "a thousandth of the price of bitcoin"),
]

# Tick times lot is one kopeck in most rouble instruments, so that tests can go one kopeck over a limit.
INSTRUMENTS = [
    *[
        ListInstrument(f"{asset}/RUB", SPOT, asset, "RUB", 100 * ROUBLE, 10**4, 10**4, 10**16, 10**15, 100_000)
        for asset in ("BTC", "ETH", "EDGECAP", "EDGETURN", "OVER", "YOUNG", "USDT", "XMR", "ZEC")
    ],
    # Here one tick times one lot is a rouble.
    ListInstrument("SOL/RUB", SPOT, "SOL", "RUB", 100 * ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000),
    ListInstrument("A7A5/RUB", SPOT, "A7A5", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000),
    ListInstrument("METAL/RUB", SPOT, "METAL", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000),
    ListInstrument("RIDDLE/RUB", SPOT, "RIDDLE", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000),
    ListInstrument("SOL-DFA/RUB", SPOT, "SOL-DFA", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000),
    ListInstrument("BTC-DFA/RUB", SPOT, "BTC-DFA", "RUB", ROUBLE, 10**6, 10**6, 10**16, 10**15, 100_000),
    ListInstrument("BTC/USDT", SPOT, "BTC", "USDT", ROUBLE, 10**6, 10**6, 10**12, 10**15, 100_000),
    # Its static band ends at 0.044 bitcoin: see `BANDS`.
    ListInstrument("ETH/BTC", SPOT, "ETH", "BTC", 10**4, 10**6, 10**6, 10**12, 10**15, 100_000, 4_000_000),
    ListInstrument(
        "BTC-NOTE", NOTE, "BTC-NOTE", "RUB", 100 * ROUBLE, 10**4, 10**4, 10**16, 10**15, 100_000, 0, 0, 0, "BTC"
    ),
    ListInstrument(
        "BTC-FUT",
        FUTURE,
        "BTC-FUT",
        "RUB",
        100 * ROUBLE,
        10**4,
        10**4,
        10**16,
        10**15,
        100_000,
        underlying="BTC",
        # The end of 2099.
        expiry_ns=4_102_444_800 * 10**9,
    ),
    ListInstrument(
        "BANK-DFA",
        NOTE,
        "BANK-DFA",
        "RUB",
        100 * ROUBLE,
        10**4,
        10**4,
        10**16,
        10**15,
        100_000,
        10_000 * ROUBLE,
        underlying="BTC",
    ),
]


def disclosure_of(asset: str) -> PublishDisclosure:
    """That an asset is covered whole."""
    return PublishDisclosure(asset, digest_of(asset), f"what covers {asset}", 1_000_000)


DISCLOSED = [disclosure_of(each.asset) for each in (*ASSETS, *ISSUED) if each.kind in ISSUED_KINDS]
"""Everything that is issued is covered whole, and says so."""

BANDS = [SetTradingRules("ETH/BTC", 100_000)]

INTERMEDIARIES = [
    RegisterIntermediary("alfa", capital_rub=3_000_000_000),
    RegisterIntermediary("beta", capital_rub=1_000_000_000),
    RegisterIntermediary("credit", capital_rub=1_000_000_000, bank=True),
]

INVESTORS = [
    RegisterInvestor("retail", INDIVIDUAL),
    RegisterInvestor("newcomer", INDIVIDUAL),
    RegisterInvestor("nameless", INDIVIDUAL),
    RegisterInvestor("qualified", INDIVIDUAL, assets_rub=24_000_000),
    RegisterInvestor("super", INDIVIDUAL, assets_rub=100_000_001),
    RegisterInvestor("earner", INDIVIDUAL, assets_rub=25_000_000, income_rub=50_000_001),
    RegisterInvestor("small_firm", FIRM, assets_rub=199_999_999),
    RegisterInvestor("firm", FIRM, assets_rub=200_000_000),
    RegisterInvestor("bank", FIRM, income_rub=2_000_000_000, financial=True, capital_rub=1_000_000_000, bank=True),
    RegisterInvestor("dealer", FIRM, assets_rub=10_000_000_000),
    RegisterInvestor("importer", FIRM, assets_rub=1_000_000_000),
    RegisterInvestor("abroad", FIRM, resident=False, assets_rub=1_000_000_000),
    RegisterInvestor("overseas", FIRM, resident=False, assets_rub=1_000_000_000),
]
UNPREPARED = ("newcomer",)
UNIDENTIFIED = ("nameless",)
IN_ROUBLES = ("bank",)
"""Whose accounts open with roubles alone: what else a bank holds counts for its limits."""

# Account: investor and intermediary. An account is named like its investor; further ones have a suffix.
ACCOUNTS = {
    "retail": ("retail", "alfa"),
    "retail@beta": ("retail", "beta"),
    "retail@direct": ("retail", ""),
    "newcomer": ("newcomer", "alfa"),
    "nameless": ("nameless", "alfa"),
    "qualified": ("qualified", "alfa"),
    "super": ("super", ""),
    "earner": ("earner", ""),
    "small_firm": ("small_firm", "alfa"),
    "firm": ("firm", ""),
    "firm@alfa": ("firm", "alfa"),
    "firm@credit": ("firm", "credit"),
    "qualified@credit": ("qualified", "credit"),
    "bank": ("bank", ""),
    "dealer": ("dealer", ""),
    "importer": ("importer", ""),
    "importer@2": ("importer", ""),
    "abroad": ("abroad", ""),
    "overseas": ("overseas", ""),
}


def moscow_ns(text: str) -> int:
    """Nanoseconds since the epoch, UTC, of a Moscow time written `2026-12-31 23:59:59`, with microseconds or not."""
    moment = datetime.fromisoformat(text).replace(tzinfo=MOSCOW)
    return ((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)) * 1_000


def e8(decimal: str) -> int:
    """A decimal string scaled by 10**8."""
    return int(Decimal(decimal) * 10**8)


def documents(name: str) -> dict[str, str]:
    """The documents of a built-in rulebook, or of one of the tests' own."""
    return dict(_documents(name))


@cache
def _documents(name: str) -> dict[str, str]:
    """The same, read once for all venues: some thousand tests have one."""
    path = OWN_BOOKS / f"{name}.toml"
    if not path.exists():
        path = BOOKS / f"{name}.toml"
    found = {name: path.read_text(encoding="utf-8")}
    for included in tomllib.loads(found[name]).get("include", ()):
        found |= _documents(included)
    return found


def changed(texts: dict[str, str], rule: str, key: str, value: str) -> dict[str, str]:
    """The documents with one key of one rule set to a TOML value; `enabled` may be added."""
    out = dict(texts)
    for name, text in texts.items():
        before, found, after = text.partition(f'id = "{rule}"\n')
        if not found:
            continue
        own, separator, rest = after.partition("[[rules]]")
        if key == "enabled":
            stated = [line for line in own.splitlines(keepends=True) if not line.startswith("enabled = ")]
            own = f"enabled = {value}\n{''.join(stated)}"
        else:
            lines = own.splitlines(keepends=True)
            places = [place for place, line in enumerate(lines) if line.startswith(f"{key} = ")]
            assert len(places) == 1, f"{rule} has no key {key}"
            lines[places[0]] = f"{key} = {value}\n"
            own = "".join(lines)
        out[name] = before + found + own + separator + rest
        return out
    raise AssertionError(f"no rule {rule}")


WARNING = load_rulebook("general-2026", documents("general-2026")).rules["RISK-1"].parameters.word("warning_text")
"""The text that everybody but the unprepared has acknowledged."""
WARNING_DIGEST = digest_of(WARNING)


class Venue:
    """An exchange with the compliance hook, set up and with a clock."""

    hook_type: type[ComplianceHook] = ComplianceHook

    def __init__(self, rulebook: str = "general-2026", changes: tuple[tuple[str, str, str], ...] = ()) -> None:
        self.hook = self.hook_type()
        self.exchange = self.new_exchange()
        self.time_ns = moscow_ns(START)
        self.log: list[Event] = []
        self.waited: list[int] = []
        """What had to wait, in the order in which it was asked for."""
        setup: list[AnyCommand] = [*ASSETS, *ISSUED, *DISCLOSED, *INSTRUMENTS, *BANDS, *INTERMEDIARIES]
        setup += [each if each.investor in UNIDENTIFIED else identified(each) for each in INVESTORS]
        for account, (investor, intermediary) in ACCOUNTS.items():
            setup.append(OpenAccount(account, PARTICIPANT, investor, intermediary))
            opens_with = ASSETS[:1] if investor in IN_ROUBLES else ASSETS
            setup += [Deposit(account, asset.asset, 10**16) for asset in opens_with]
        for command in setup:
            self.do(command)
        # After the deposits: everybody holds everything, whatever may be brought in under the rulebook.
        if rulebook:
            self.load(rulebook, changes)
        setup = [SetPhase(each.instrument, CONTINUOUS) for each in INSTRUMENTS if each.kind != FUTURE]
        if WARNING_DIGEST not in self.hook.intake.registry.texts:
            setup.append(PublishWarning(WARNING))
        for investor in INVESTORS:
            if investor.investor not in UNPREPARED:
                setup.append(RecordAcknowledgement(investor.investor, digest=WARNING_DIGEST))
                setup += [RecordTest(investor.investor, test, 70, self.time_ns) for test in ("knowledge", "risk")]
        for command in setup:
            self.do(command)

    def new_exchange(self) -> Exchange:
        """The exchange that stands behind the venue's hook."""
        return Exchange(self.hook)

    def load(self, rulebook: str, changes: tuple[tuple[str, str, str], ...] = ()) -> list[Event]:
        """Put a rulebook in force, some of its keys changed."""
        texts = documents(rulebook)
        for rule, key, value in changes:
            texts = changed(texts, rule, key, value)
        return self.do(LoadRulebook(rulebook, texts))

    def at(self, moscow_time: str) -> None:
        """Move the clock."""
        self.time_ns = moscow_ns(moscow_time)

    def apply(self, command: AnyCommand) -> list[Event]:
        """Apply a command at the venue's time; its events with their words. `happened` has them as they are."""
        self.happened = self.exchange.apply(Sequenced(self.exchange.seq + 1, self.time_ns, command))
        self.log += self.happened
        for event in self.happened:
            if isinstance(event, MovementHeld) and event.movement not in self.waited:
                self.waited.append(event.movement)
        return spell(self.happened)

    def do(self, command: AnyCommand) -> list[Event]:
        """Apply a command that must be carried out."""
        events = self.apply(command)
        assert not any(isinstance(event, CommandRejected) for event in events), events
        return events

    def enter(
        self,
        account: str,
        side: int,
        quantity: str,
        instrument: str,
        price: str,
        *,
        order_type: int = LIMIT,
        tif: int = GTC,
    ) -> list[Event]:
        """Enter an order in decimals."""
        client_order_id = f"c{self.exchange.seq + 1}"
        price_e8 = e8(price) if order_type == LIMIT else 0
        command = NewOrder(
            PARTICIPANT, account, client_order_id, instrument, side, order_type, tif, price_e8, e8(quantity)
        )
        return self.apply(command)

    def order(self, account: str, side: int, instrument: str, price_ticks: int = 1, lots: int = 1) -> Order:
        """An order to ask the hook about, that nobody entered."""
        request = NewOrder("", account, "direct", instrument, side, LIMIT, GTC, 0, 0)
        order = Order(10**9, self.exchange.accounts[account], request, self.exchange.books[instrument])
        order.price_ticks = order.reserve_ticks = price_ticks
        order.quantity_lots = order.leaves_lots = lots
        return order

    def buy(self, account: str, quantity: str, instrument: str, price: str) -> Event:
        """Enter a buy; the answer."""
        return self.enter(account, BUY, quantity, instrument, price)[0]

    def sell(self, account: str, quantity: str, instrument: str, price: str) -> Event:
        """Enter a sell; the answer."""
        return self.enter(account, 1 - BUY, quantity, instrument, price)[0]

    def cancel(self, account: str, order_id: int) -> list[Event]:
        """Cancel an order."""
        return self.apply(CancelOrder(PARTICIPANT, account, order_id, ""))

    def amend(self, account: str, order_id: int, quantity: str, price: str) -> list[Event]:
        """Amend an order."""
        return self.apply(AmendOrder(PARTICIPANT, account, order_id, "", e8(price), e8(quantity)))


def rules_of(event: Event) -> tuple[str, ...]:
    """The rules that an answer names; empty if the order passed."""
    if isinstance(event, (OrderRejected, RequestRejected)):
        assert event.rules, event
        assert event.rule == event.rules[0]
        assert event.detail
        return event.rules
    assert isinstance(event, OrderAccepted), event
    return ()
