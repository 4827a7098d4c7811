"""What the compliance hook costs: by order on the table-only path and on the stateful ones, and as a share of the core."""

from __future__ import annotations

import functools
import statistics
import time
from typing import Final

import msgspec

from compliance import ComplianceHook, digest_of
from engine.book.entities import Order
from engine.exchange import Exchange
from engine.vocabulary.codes import BUY, CRYPTO, FIAT, FIRM, GTC, INDIVIDUAL, LIMIT, NOTE, SECURITY, SPOT
from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    Deposit,
    ListInstrument,
    LoadRulebook,
    NewOrder,
    OpenAccount,
    PublishDisclosure,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    Sequenced,
)
from engine.vocabulary.messages.events import CommandRejected, Event, OrderCancelled, Trade
from engine.vocabulary.rounding import PPM
from gateway.documents import invented_tax_number
from gateway.identity import Identities
from gateway.venue.papers import texts_of
from gateway.venue.venue import load_rulebook_documents
from loadtest.bench.engines.core import ACCOUNTS, START_NS, Prepared, prepare_core, run_core
from loadtest.bench.engines.measure import Machine, machine, timed, workload
from loadtest.bench.engines.stream import Stream

RULEBOOK: Final = "general-2026"
# Of the only individual: retail buys nothing without a document.
_DOCUMENTS: Final = {INDIVIDUAL: Identities.seeded(1).keys({"tax_number": invented_tax_number(1)}, firm=False)}
SPOT_NAME: Final = "BTC/RUB"
NOTE_NAME: Final = "BTC-NOTE"
PRICE_TICKS: Final = 100
"""A lot is worth a rouble then: no benchmark comes near a cap or limit."""

HOOK_BENCHMARKS: Final[dict[str, str]] = {
    "hook_table": "a qualified firm's spot buys, decided by the table, then cancelled",
    "hook_cap": "retail spot buys under the annual cap: checked, reserved, then filled",
    "hook_exposure": "note buys of an intermediary's clients under DER-2 and DER-4: checked, reserved, then filled",
    "hook_portfolio": "spot buys of a bank, of which DER-3 looks at all that it has: checked, reserved, then filled",
}
"""Name -> workload."""
HOOK_SHARE: Final = "hook_share"
SLICE_OPERATIONS: Final = 500
"""Of the two cores of `hook_share`, one runs so many operations before the other does: a few milliseconds."""


class HookLine(msgspec.Struct):
    """The cost of the hook for one kind of order: one check, and the one event that ends it."""

    benchmark: str
    engine: str
    build: str
    ns_per_order_min: int
    ns_per_order_median: int
    orders: int
    repeats: int
    workload: str
    rulebook: str
    left_out: str
    machine: Machine


class ShareLine(msgspec.Struct):
    """The hook's part of the whole core, on the stream of the other benchmarks."""

    benchmark: str
    engine: str
    build: str
    ns_per_operation: int
    """With the rules."""
    ns_per_operation_without_rules: int
    share_percent: int
    """Of the first figure; below 0 is noise."""
    operations: int
    repeats: int
    workload: str
    seed: int
    left_out: str
    machine: Machine


class Crew:
    """A venue under the rules, with a retail client, a firm, a bank, and two firms that hold their accounts through another."""

    def __init__(self) -> None:
        self.hook: Final = ComplianceHook()
        self.exchange: Final = Exchange(self.hook)
        name, documents = load_rulebook_documents(RULEBOOK)
        (text,) = texts_of(name, documents)
        commands: list[AnyCommand] = [
            LoadRulebook(name, documents),
            AddAsset("RUB", FIAT, 2),
            AddAsset("BTC", CRYPTO, 8),
            AddAsset(NOTE_NAME, SECURITY, 8),
            PublishDisclosure(NOTE_NAME, "0" * 64, "of a benchmark", PPM),
            RegisterIntermediary("bank", capital_rub=100_000_000_000, bank=True),
        ]
        for instrument, kind, base in ((SPOT_NAME, SPOT, "BTC"), (NOTE_NAME, NOTE, NOTE_NAME)):
            lot_e8 = ONE_E8 // 10_000
            commands.append(
                ListInstrument(
                    instrument,
                    kind,
                    base,
                    "RUB",
                    100 * ONE_E8,
                    lot_e8,
                    lot_e8,
                    10**6 * ONE_E8,
                    10**15,
                    50_000,
                    PRICE_TICKS * 100 * ONE_E8,
                )
            )
        for investor, kind, through in (
            ("retail", INDIVIDUAL, "bank"),
            ("firm", FIRM, ""),
            ("first", FIRM, "bank"),
            ("second", FIRM, "bank"),
            ("lender", FIRM, ""),
        ):
            assets_rub = 5_000_000_000 if kind == FIRM else 0
            is_bank = investor == "lender"
            capital_rub = 100_000_000_000 if is_bank else 0
            commands += [
                RegisterInvestor(
                    investor,
                    kind,
                    assets_rub=assets_rub,
                    bank=is_bank,
                    capital_rub=capital_rub,
                    identity_keys=_DOCUMENTS.get(kind),
                ),
                RecordAcknowledgement(investor, digest=digest_of(text)),
                RecordTest(investor, "knowledge", 100, START_NS),
                OpenAccount(investor, investor, investor, through),
            ]
        # What a bank has is looked at: some of each, at the reference price.
        commands += [Deposit("lender", asset, ONE_E8) for asset in ("BTC", NOTE_NAME)]
        for command in commands:
            events = self.exchange.apply(Sequenced(self.exchange.seq + 1, START_NS, command))
            assert not any(type(event) is CommandRejected for event in events), events

    def buys(self, count: int, accounts: tuple[str, ...], instrument: str) -> list[Order]:
        """Buy orders of one lot, by these accounts in turn."""
        orders: list[Order] = []
        for number in range(count):
            account = accounts[number % len(accounts)]
            request = NewOrder(account, account, str(number), instrument, BUY, LIMIT, GTC, 0, 0)
            order = Order(number + 1, self.exchange.accounts[account], request, self.exchange.books[instrument])
            order.price_ticks = order.reserve_ticks = PRICE_TICKS
            order.quantity_lots = order.leaves_lots = 1
            orders.append(order)
        return orders


def cancelled(order: Order) -> Event:
    """The event that ends an order without a fill."""
    name = order.account.account
    return OrderCancelled(order.order_id, name, 0, "", order.instrument_name, BUY, PRICE_TICKS, 0, 1, 1, 0)


def filled(order: Order, seller: str) -> Event:
    """The event that fills an order whole."""
    maker = (order.order_id, order.account.account, 0, "", 1, 0, 0)
    taker = (0, seller, 0, "", 1, 0, 0)
    return Trade(order.order_id, order.instrument_name, PRICE_TICKS, 1, 1 - BUY, *maker, *taker)


def prepare_hook(name: str, count: int) -> tuple[ComplianceHook, list[tuple[Order, Event]]]:
    """A hook, and orders with the event that ends each."""
    crew = Crew()
    if name == "hook_table":
        orders = crew.buys(count, ("firm",), SPOT_NAME)
        return crew.hook, [(order, cancelled(order)) for order in orders]
    if name == "hook_cap":
        orders = crew.buys(count, ("retail",), SPOT_NAME)
        return crew.hook, [(order, filled(order, "firm")) for order in orders]
    if name == "hook_portfolio":
        orders = crew.buys(count, ("lender",), SPOT_NAME)
        return crew.hook, [(order, filled(order, "firm")) for order in orders]
    orders = crew.buys(count, ("first", "second"), NOTE_NAME)
    return crew.hook, [(order, filled(order, ("second", "first")[number % 2])) for number, order in enumerate(orders)]


def run_hook(hook: ComplianceHook, lives: list[tuple[Order, Event]]) -> int:
    """Check and reserve for every order, then let the hook see how it ends; returns how many passed."""
    passed = 0
    for order, end in lives:
        if hook.check(order, order.reserve_ticks, order.leaves_lots, START_NS) is None:
            hook.reserve(order, order.reserve_ticks, order.leaves_lots)
            passed += 1
        hook.observe(end, START_NS)
    return passed


def measure_hook(name: str, build: str, orders: int, repeats: int) -> HookLine:
    """Run one of `HOOK_BENCHMARKS`, with a new hook each time."""
    elapsed_ns: list[int] = []
    for _ in range(repeats):
        elapsed, passed = timed(functools.partial(run_hook, *prepare_hook(name, orders)))
        assert passed == orders, "an order of the benchmark was refused"
        elapsed_ns.append(elapsed)
    left_out = "the core, journal, network; the loop around the hook is interpreted in both builds"
    return HookLine(
        name,
        "sandbox-exchange",
        build,
        min(elapsed_ns) // orders,
        round(statistics.median(elapsed_ns)) // orders,
        orders,
        repeats,
        HOOK_BENCHMARKS[name],
        RULEBOOK,
        left_out,
        machine(),
    )


def run_side_by_side(cores: tuple[Prepared, Prepared], first: int) -> list[tuple[int, int]]:
    """Let two cores take their commands in slices, in turns, so that they meet the same machine; returns both times of each slice.

    Who goes first changes with each slice, so that neither always finds the caches as the other left them.
    """
    times_ns: list[tuple[int, int]] = []
    for start in range(0, len(cores[0].commands), SLICE_OPERATIONS):
        elapsed_ns = [0, 0]
        for which in (first, 1 - first):
            commands = cores[which].commands[start : start + SLICE_OPERATIONS]
            start_ns = time.perf_counter_ns()
            run_core(cores[which].exchange, commands)
            elapsed_ns[which] = time.perf_counter_ns() - start_ns
        times_ns.append((elapsed_ns[0], elapsed_ns[1]))
        first = 1 - first
    return times_ns


def measure_share(build: str, stream: Stream, repeats: int) -> ShareLine:
    """Run the core with a hook that passes all and with the rules, side by side.

    Of each slice the least of the repeats counts, so that a pause of the machine counts for neither.
    """
    runs: list[list[tuple[int, int]]] = []
    for repeat in range(repeats):
        cores = (prepare_core(stream, rules=False), prepare_core(stream, rules=True))
        _, times_ns = timed(functools.partial(run_side_by_side, cores, repeat % 2))
        runs.append(times_ns)
    unruled, ruled = (
        sum(min(each[which] for each in of_slice) for of_slice in zip(*runs, strict=True)) for which in (0, 1)
    )
    count = len(stream.operations)
    return ShareLine(
        HOOK_SHARE,
        "sandbox-exchange",
        build,
        ruled // count,
        unruled // count,
        round((ruled - unruled) * 100 / ruled),
        count,
        repeats,
        workload(stream, ACCOUNTS),
        stream.seed,
        "journal, network, decoding of requests; all orders take the table-only path",
        machine(),
    )
