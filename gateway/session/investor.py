"""What happened to one investor: class, record, holdings, orders, refusals and transfers, and the annual cap day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from compliance.registry.calendar import iso_date
from engine.record.rows import decode_events
from engine.vocabulary.codes import (
    BY_RULE,
    CANCEL_REASONS,
    KILLED,
    MOVEMENT_KINDS,
    MOVEMENT_STATUSES,
    PURPOSES,
    REJECT_CODES,
    SIDES,
)
from engine.vocabulary.days import midnight_ns, moscow_day
from engine.vocabulary.messages.events import (
    AccountOpened,
    AlertRaised,
    AssetIssued,
    CaseOpened,
    Event,
    EvidenceAdded,
    FundsMoved,
    HoldingArrested,
    HoldingFrozen,
    InvestorRegistered,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    RegistryChanged,
    RequestRejected,
    Trade,
    TradeCorrected,
    Transferred,
)
from gateway.index.keys import INVESTOR
from gateway.index.searching import matching
from gateway.reporting.steps.reference import Reference, correction
from gateway.reporting.tables.times import utc
from gateway.session.known import learned
from gateway.session.recorded import Recorded
from gateway.session.telling import ended
from gateway.session.views import View, Views
from gateway.words.chosen import chosen, tr
from gateway.words.words import words_of

UNDONE: Final = "fills undone"
ORDERS: Final = ("entered", "refused", "fills", UNDONE, "cancelled", "cancelled by a rule")


class NoSuchInvestor(LookupError):
    """The session has no investor of that name."""


class Happened(NamedTuple):
    """One thing that happened to the investor."""

    seq: int
    time_ns: int
    what: str
    detail: str


class InvestorStory:
    """All that a session says of an investor.

    Args:
        session: opened.
        name: of the investor.
    """

    def __init__(self, session: Recorded, name: str) -> None:
        self.name: Final = name
        self.happened: Final[list[Happened]] = []
        """In order, but for orders that were let in, and fills."""
        self.orders: Final[Counter[str]] = Counter()
        """How many of each of `ORDERS`."""
        self.refused_by: Final[Counter[str]] = Counter()
        """Orders, requests and transfers, by rule or code."""
        self.days: Final[list[View]] = []
        """The cap at the end of each Moscow day on which something happened."""
        self.last_seq = 0
        """Of the last command about the investor."""
        self._accounts: Final[dict[str, None]] = {}
        self._session: Final = session
        self._reference = Reference()
        self._class = ""

    def read(self) -> Iterator[int]:
        """Read what there is; yields the command that was read.

        Raises:
            NoSuchInvestor: there is nothing.
            JournalError: the journal is damaged.
        """
        index = self._session.index
        self._reference = learned(index)
        for row in index.rows(matching(index, [(INVESTOR, self.name)], 1, index.last_seq)):
            self.last_seq = row[0]
            for event in decode_events(row[3]):
                self._take(row[0], row[1], event)
            yield row[0]
        if not self.last_seq:
            raise NoSuchInvestor(f"the session has no investor {self.name}")

    def follow_cap(self, most: int) -> Iterator[int]:
        """Replay to the end of the last days on which something happened, and note the cap there; yields the command replayed.

        Args:
            most: so many days, the last ones.
        """
        days = dict.fromkeys(moscow_day(each.time_ns) for each in self.happened)
        for day in list(days)[-most:]:
            seq = self._session.index.seq_at(midnight_ns(day + 1) - 1)
            walk = self._session.walk(seq)
            for _ in walk.go_on():
                yield walk.exchange.seq
            walk.close()
            found = Views(walk.exchange).investor(self.name) if self.name in walk.exchange.owners else None
            if found is not None:
                self.days.append({"day": iso_date(day), "seq": seq, "class": found["class"], "cap": found["cap"]})

    def _take(self, seq: int, time_ns: int, event: Event) -> None:
        if isinstance(event, AccountOpened) and event.investor == self.name:
            self._accounts[event.account] = None
            through = f" through {event.intermediary}" if event.intermediary else ""
            self._add(seq, time_ns, "account", f"{event.account}{through}, participant {event.participant}")
        elif isinstance(event, InvestorRegistered) and event.investor == self.name:
            if event.investor_class != self._class:
                self._class = event.investor_class
                self._add(seq, time_ns, "class", event.investor_class or "none yet")
        elif isinstance(event, RegistryChanged) and event.key == self.name:
            self._add(seq, time_ns, event.what, words_of(event, chosen()))
        elif isinstance(event, Trade):
            self.orders["fills"] += (event.maker_account in self._accounts) + (event.taker_account in self._accounts)
        elif isinstance(event, TradeCorrected):
            sides = (event.buy_account in self._accounts) + (event.sell_account in self._accounts)
            if sides:
                self.orders[UNDONE] += 0 if event.new_price_ticks else sides
                self._add(seq, time_ns, "trade", f"{correction(event, self._reference)}: {event.reason}")
        elif isinstance(event, Transferred):
            if event.from_account in self._accounts or event.to_account in self._accounts:
                what = f"{self._amount(event.asset, event.amount)} from {event.from_account} to {event.to_account}, {PURPOSES[event.purpose]}"
                contract = f", contract {event.contract_reference}" if event.contract_reference else ""
                self._add(seq, time_ns, "transfer", what + contract)
        elif isinstance(event, CaseOpened | EvidenceAdded):
            if self.name in event.investors:
                self._add(seq, time_ns, "case", f"{event.case}, by {event.by or 'nobody'}")
        elif isinstance(event, AlertRaised):
            if self.name in event.investors:
                self._add(seq, time_ns, "alert", f"{event.alert}: {event.term}, by {event.detector}")
        elif getattr(event, "account", None) in self._accounts:
            self._take_own(seq, time_ns, event)

    def _take_own(self, seq: int, time_ns: int, event: Event) -> None:
        """An event of one of the investor's accounts."""
        if isinstance(event, OrderAccepted):
            self.orders["entered"] += 1
        elif isinstance(event, OrderRejected):
            self.orders["refused"] += 1
            side = f"{SIDES[event.side]} " if event.side in (0, 1) else ""
            self._refused(seq, time_ns, event, f"order {event.client_order_id}, {side}{event.instrument}")
        elif isinstance(event, RequestRejected):
            self._refused(seq, time_ns, event, f"request {event.client_order_id or event.order_id or ''}".rstrip())
        elif isinstance(event, OrderCancelled):
            by_rule = event.reason in (BY_RULE, KILLED)
            self.orders["cancelled by a rule" if by_rule else "cancelled"] += 1
            if by_rule:
                rule = event.rule or CANCEL_REASONS[event.reason]
                what = f"order {event.order_id} by {rule}: {words_of(event, chosen())}".rstrip(": ")
                self._add(seq, time_ns, "cancelled", what)
        elif isinstance(event, FundsMoved):
            self._add(
                seq,
                time_ns,
                "funds",
                tr(
                    "{amount} to {account}: {reason}",
                    amount=self._amount(event.asset, event.amount),
                    account=event.account,
                    reason=event.reason,
                ),
            )
        elif isinstance(event, AssetIssued):
            amount = self._amount(event.asset, event.amount)
            self._add(seq, time_ns, "issued", tr("{amount} to {account}", amount=amount, account=event.account))
        elif isinstance(event, MovementHeld):
            what = f"{MOVEMENT_KINDS[event.kind]} {event.movement} of {self._amount(event.asset, event.amount)}"
            self._add(seq, time_ns, "waits", f"{what} from {event.account} by {', '.join(event.rules)}")
        elif isinstance(event, MovementEnded):
            self._add(seq, time_ns, MOVEMENT_STATUSES[event.outcome].replace("_", " "), ended(event, self._reference))
        elif isinstance(event, HoldingFrozen):
            self._add(
                seq, time_ns, "frozen", f"{self._amount(event.asset, event.frozen)} of {event.account} is frozen now"
            )
        elif isinstance(event, HoldingArrested):
            self._add(seq, time_ns, "arrested", self._arrested(event))

    def _refused(self, seq: int, time_ns: int, event: OrderRejected | RequestRejected, what: str) -> None:
        rule = event.rule or REJECT_CODES[event.code]
        self.refused_by[rule] += 1
        why = words_of(event, chosen())
        self._add(
            seq,
            time_ns,
            "refused",
            f"{what} by {rule}: {why}"
            if event.rule
            else tr("{what}, code {code}: {why}", what=what, code=rule, why=why),
        )

    def _add(self, seq: int, time_ns: int, what: str, detail: str) -> None:
        self.happened.append(Happened(seq, time_ns, what, detail))

    def _arrested(self, event: HoldingArrested) -> str:
        return tr(
            "{amount} of {account} is arrested now: paper {paper} of {authority}, dated {dated}, {claims}",
            amount=self._amount(event.asset, event.arrested),
            account=event.account,
            paper=event.arrest,
            authority=event.authority,
            dated=event.dated,
            claims=tr("claims {what}", what=self._claimed(event)) if event.claimed else tr("is lifted"),
        )

    def _claimed(self, event: HoldingArrested) -> str:
        return tr("all {asset}", asset=event.asset) if event.claimed < 0 else self._amount(event.asset, event.claimed)

    def _amount(self, asset: str, amount: int) -> str:
        return f"{self._reference.formats.amount(asset, amount)} {asset}"

    def summary(self) -> View:
        """All of it, for machines."""
        return {
            "investor": self.name,
            "accounts": list(self._accounts),
            "orders": {name: self.orders[name] for name in ORDERS},
            "refused_by": dict(self.refused_by),
            "happened": [
                {"seq": each.seq, "time_utc": utc(each.time_ns), "what": each.what, "detail": each.detail}
                for each in self.happened
            ],
            "days": self.days,
        }
