"""Cap splitting: purchases of one person, or of one purse, spread over names and intermediaries to stay below the yearly cap."""

from __future__ import annotations

from collections import deque
from typing import Final

from compliance.registry.calendar import moscow_year
from compliance.surveillance.base.detector import FILLS, MAX_KEPT, MOVES, ORDERS, Detector, DetectorRow, keep
from compliance.surveillance.base.facts import Fill, Move
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, part_ppm
from compliance.surveillance.base.parameters import COUNT, PPM, RUB, SECONDS, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View
from compliance.surveillance.detectors.wording import percent, roubles
from engine.vocabulary.codes import BUY, FIAT, FUTURE

MAX_LINKED: Final = 64
"""Accounts that one purse pays, one person has, or that buy in step."""
MAX_ENTERED: Final = 64
"""Retail purchases of one participant that are compared with each other."""


class Buyer:
    """An account among those of one purse."""

    def __init__(self, holder: Holder) -> None:
        self.holder: Final = holder
        self.paid_kopecks: int = 0
        self.bought_kopecks: int = 0
        """Since it was paid, or while in step."""
        self.rounds: int = 0
        self.seqs: Final[deque[int]] = deque(maxlen=8)


class Purse:
    """What belongs together: whom one has paid, who is one person, who buys in step."""

    def __init__(self, why: str) -> None:
        self.why: Final = why
        self.buyers: Final[dict[str, Buyer]] = {}

    def buyer(self, holder: Holder) -> Buyer:
        """An account of it."""
        found = self.buyers.get(holder.account)
        if found is None:
            found = Buyer(holder)
            keep(self.buyers, holder.account, found, MAX_LINKED)
        return found


class Entered:
    """A retail purchase that was entered."""

    def __init__(self, time_ns: int, order: Live, value: int) -> None:
        self.time_ns: Final = time_ns
        self.order: Final = order
        self.value: Final = value


class CapSplitting(Detector):
    """Follows what retail buys, who paid for it, and who buys in step."""

    def __init__(self, settings: Settings, view: View) -> None:
        super().__init__(settings, view)
        self._together_ns: Final = settings.ns("together_s")
        self._persons: Final[dict[str, Purse]] = {}
        self._purses: Final[dict[str, Purse]] = {}
        self._payers: Final[dict[str, dict[str, bool]]] = {}
        """Who paid an account, by the account."""
        self._entered: Final[dict[str, deque[Entered]]] = {}
        self._steps: Final[dict[str, Purse]] = {}

    def moved(self, move: Move) -> None:
        """Money that a retail account gets from somebody else."""
        target, source = move.target, move.source
        if not target.party.is_retail or target.root == source.root or self.view.asset_kinds.get(move.asset) != FIAT:
            return
        purse = self._purses.get(source.root)
        if purse is None:
            purse = Purse(f"paid by {source.party.name}")
        keep(self._purses, source.root, purse)
        buyer = purse.buyer(target)
        buyer.paid_kopecks += move.kopecks
        buyer.seqs.append(self.view.seq)
        payers = self._payers.get(target.account)
        if payers is None:
            payers = {}
        keep(payers, source.root, True, MAX_LINKED)
        keep(self._payers, target.account, payers)

    def order(self, order: Live) -> None:
        """A retail purchase, entered within a moment of like ones through the same participant."""
        holder, market = order.holder, order.market
        if not holder.party.is_retail or order.side != BUY or market.kind == FUTURE or not order.price_ticks:
            return
        key = f"{holder.participant}|{market.name}"
        entered = self._entered.get(key)
        if entered is None:
            entered = deque(maxlen=MAX_ENTERED)
        now = self.view.time_ns
        while entered and entered[0].time_ns < now - self._together_ns:
            entered.popleft()
        value = market.value(order.price_ticks, order.quantity_lots)
        tolerance = self.settings["alike_ppm"]
        alike = [each for each in entered if part_ppm(abs(each.value - value), max(each.value, value)) <= tolerance]
        entered.append(Entered(now, order, value))
        keep(self._entered, key, entered)
        roots = {each.order.holder.root: each for each in alike}
        roots.pop(holder.root, None)
        if len(roots) < self.settings["accounts"] - 1:
            return
        step = self._steps.get(key)
        if step is None:
            step = Purse(f"in step through {holder.participant}")
        keep(self._steps, key, step)
        for each in [*roots.values(), entered[-1]]:
            buyer = step.buyer(each.order.holder)
            if each.order.seq not in buyer.seqs:
                buyer.rounds += 1
                buyer.seqs.append(each.order.seq)

    def fill(self, fill: Fill) -> None:
        """Add a purchase to all that it belongs to."""
        holder, market = fill.buyer, fill.market
        if not holder.party.is_retail or market.kind == FUTURE or self.view.asset_kinds.get(market.base) == FIAT:
            return
        year = moscow_year(self.view.time_ns)
        if holder.bought_year != year:
            holder.bought_year, holder.bought_kopecks = year, 0
        holder.bought_kopecks += fill.kopecks
        seq = self.view.seq
        root = holder.root
        person = self._persons.get(root)
        if person is None:
            person = Purse(f"linked with {root}")
        keep(self._persons, root, person)
        buyer = person.buyer(holder)
        buyer.bought_kopecks = holder.bought_kopecks
        buyer.seqs.append(seq)
        self._judge(f"person|{root}", person, self._linked(person), holder)
        for payer in self._payers.get(holder.account, {}):
            purse = self._purses.get(payer)
            if purse is not None:
                paid = purse.buyer(holder)
                paid.bought_kopecks += fill.kopecks
                paid.seqs.append(seq)
                self._judge(f"paid|{payer}", purse, self._paid(purse), holder)
        key = f"{holder.participant}|{market.name}"
        step = self._steps.get(key)
        if step is not None and holder.account in step.buyers:
            stepped = step.buyers[holder.account]
            stepped.bought_kopecks += fill.kopecks
            rounds = self.settings["rounds"]
            self._judge(f"step|{key}", step, [each for each in step.buyers.values() if each.rounds >= rounds], holder)

    def _linked(self, person: Purse) -> list[Buyer]:
        """The accounts of one person, if they are of two names or through two intermediaries."""
        buyers = list(person.buyers.values())
        ways = {f"{each.holder.party.name}|{each.holder.intermediary}": True for each in buyers}
        return buyers if len(ways) > 1 else []

    def _paid(self, purse: Purse) -> list[Buyer]:
        """Those who have spent most of what they were paid, and were paid most of what they spent."""
        least = self.settings["spent_ppm"]
        found = []
        for each in purse.buyers.values():
            smaller, larger = sorted((each.paid_kopecks, each.bought_kopecks))
            if part_ppm(smaller, larger) >= least:
                found.append(each)
        return found if len(found) >= self.settings["accounts"] else []

    def _judge(self, key: str, purse: Purse, buyers: list[Buyer], holder: Holder) -> None:
        cap = self.view.cap_kopecks or self.settings["cap_rub"] * 100
        total = sum(each.bought_kopecks for each in buyers)
        if (
            total <= cap
            or len(buyers) < 2
            or (not key.startswith("person") and len(buyers) < self.settings["accounts"])
        ):
            return
        names = [each.holder.party.name for each in buyers]
        seqs = [seq for each in buyers for seq in each.seqs]
        self.report(
            Finding(
                key,
                investors=names,
                accounts=[each.holder.account for each in buyers],
                instruments=[],
                seqs=seqs,
                first_seq=min(seqs),
                figures={
                    "bought_together": roubles(total),
                    "cap": roubles(cap),
                    "of_the_cap": percent(part_ppm(total, cap)),
                    "accounts": str(len(buyers)),
                    "intermediaries": str(len({each.holder.intermediary: True for each in buyers})),
                    "why_together": purse.why,
                },
                note=f"{len(buyers)} accounts, {purse.why}, bought for {roubles(total)} together",
            )
        )


ROW: Final[DetectorRow] = DetectorRow(
    "cap_splitting",
    title="Cap splitting over intermediaries and identities",
    terms="cap_splitting",
    definition="""Retail purchases that stay below the yearly cap of RET-1 each, and exceed it together: of names that a document links
(a person, and the firms that are the person's); of accounts that somebody else paid, and that spent it; or of accounts that buy in
step, alike within a moment, round after round.""",
    source="RET-1 and RET-4 of the rulebooks (Bank of Russia, 23.12.2025), whose cap is one person's; splitting of transactions: 115-FZ "
    "article 6, FATF guidance on virtual assets (2021), red flags on structuring",
    misses="Names that no document, no payment at the venue and no common moment joins; purchases at other venues.",
    memory=f"{MAX_KEPT:,} persons, payers and participants, {MAX_LINKED} accounts of each.",
    parameters=(
        Parameter("cap_rub", 300_000, "The cap, where no rulebook states one.", RUB),
        Parameter("accounts", 3, "Accounts that one has paid, or that buy in step, at least.", COUNT, least=2),
        Parameter("spent_ppm", 500_000, "What of their money they spent, and what they spent of it, at least.", PPM),
        Parameter("together_s", 5, "Purchases entered within it are of one moment.", SECONDS),
        Parameter("alike_ppm", 20_000, "How far their values may differ.", PPM),
        Parameter("rounds", 3, "How often an account was in step, at least."),
    ),
    hears=(MOVES, ORDERS, FILLS),
    make=CapSplitting,
)
