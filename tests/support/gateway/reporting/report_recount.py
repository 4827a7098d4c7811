"""What reports say, recounted from the rows of a journal by plain arithmetic: nothing here knows how a report counts."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

from engine.record.rows import decode_command, decode_events
from engine.vocabulary.codes import BUY, FUTURE, NOTE, PURPOSES, REJECT_CODES
from engine.vocabulary.messages.commands import (
    IssueAsset,
    ListInstrument,
    OpenAccount,
    RegisterContract,
    RegisterIntermediary,
    RegisterInvestor,
    Transfer,
)
from gateway.journal.reader import JournalReader
from tests.support.compliance.recount import Recount

Key = tuple[str, ...]


class Plainly:
    """All that is recounted of one journal."""

    def __init__(self, journal: Path) -> None:
        self.scales: dict[str, int] = {}
        self.listed: dict[str, Any] = {}
        self.accounts: dict[str, Any] = {}
        self.classes: dict[str, str] = {}
        self.themselves: dict[str, str] = {}
        """The investor who is an intermediary, by that."""
        self.custody: dict[str, int] = {}
        self.capital: dict[str, int] = {}
        self.last: dict[str, int] = {}
        """Of each instrument: price of the last trade or mark, before it the reference price, in ticks."""
        self.issued: Counter[str] = Counter()
        self.balances: Counter[tuple[str, str]] = Counter()
        self.trades: dict[int, dict[str, Any]] = {}
        self.sides: list[tuple[str, str, str, str, str, int, int]] = []
        """Investor, class, intermediary, instrument, side, lots, ticks times lots."""
        self.orders: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str, str, bool]] = Counter()
        self.asked: dict[int, Transfer] = {}
        self.held: dict[int, list[str]] = {}
        """Transfers that wait, by their number: the rules by which they do."""
        self.released: dict[int, str] = {}
        self.ended: Counter[str] = Counter()
        """What had waited, transfer or not, by how it ended."""
        self.transfers: list[dict[str, Any]] = []
        self.contracts: dict[str, dict[str, Any]] = {}
        self.positions: dict[tuple[str, str], list[int]] = {}
        """By account and instrument, of notes and futures: units of the base asset, and what they were entered at."""
        self.caps = Recount({"BTC/USDT": 0})
        self.time_ns = 0
        for seq, time_ns, command, events in JournalReader(journal).rows():
            self.time_ns = time_ns
            self.row(seq, decode_command(command), list(decode_events(events)))
        self.wait()

    def row(self, seq: int, command: Any, events: list[Any]) -> None:
        if isinstance(command, Transfer):
            self.asked[seq] = command
        refused = any(type(event).__name__ == "CommandRejected" for event in events)
        if isinstance(command, RegisterContract) and not refused:
            known = self.contracts.setdefault(command.contract, {"paid": 0})
            known.update(amount=command.amount, payer=command.payer, payee=command.payee, asset=command.asset)
        if isinstance(command, RegisterInvestor) and not refused:
            self.capital[command.investor] = command.capital_rub or self.capital.get(command.investor, 0)
        if isinstance(command, RegisterIntermediary) and command.own_investor and not refused:
            self.themselves[command.intermediary] = command.own_investor
        if isinstance(command, OpenAccount) and not refused:
            self.custody[command.account] = command.custody
        for event in events:
            self.caps.add(event, self.time_ns)
            handler = getattr(self, type(event).__name__, None)
            if handler is not None:
                handler(event, command, seq)
        if isinstance(command, ListInstrument):
            self.last.setdefault(command.instrument, command.reference_price_e8 // command.tick_e8)

    # ── who and what ───────────────────────────────────────────────────────────────────────────────────────────────

    def AssetAdded(self, event: Any, *_: object) -> None:  # noqa: N802
        self.scales[event.asset] = event.scale

    def InstrumentListed(self, event: Any, *_: object) -> None:  # noqa: N802
        self.listed[event.instrument] = event

    def AccountOpened(self, event: Any, *_: object) -> None:  # noqa: N802
        self.accounts[event.account] = event

    def InvestorRegistered(self, event: Any, *_: object) -> None:  # noqa: N802
        self.classes[event.investor] = event.investor_class

    # ── money and trades ───────────────────────────────────────────────────────────────────────────────────────────

    def FundsMoved(self, event: Any, *_: object) -> None:  # noqa: N802
        self.balances[event.account, event.asset] += event.amount

    def AssetIssued(self, event: Any, command: object, *_: object) -> None:  # noqa: N802
        assert isinstance(command, IssueAsset)
        self.balances[event.account, event.asset] += event.amount
        self.issued[event.asset] += event.amount

    def VariationMargin(self, event: Any, *_: object) -> None:  # noqa: N802
        self.balances[event.account, self.listed[event.instrument].quote] += event.amount

    def FutureMarked(self, event: Any, *_: object) -> None:  # noqa: N802
        self.last[event.instrument] = event.price_ticks

    def Trade(self, event: Any, *_: object) -> None:  # noqa: N802
        taker = (event.taker_account, event.taker_fee)
        maker = (event.maker_account, event.maker_fee)
        buyer, seller = (taker, maker) if event.taker_side == BUY else (maker, taker)
        trade = {"buy": buyer[0], "sell": seller[0], "fees": [buyer[1], seller[1]], "price": event.price_ticks}
        trade |= {"lots": event.quantity_lots, "instrument": event.instrument}
        self.trades[event.trade_id] = trade
        self.book(trade, event.price_ticks, event.quantity_lots, trade["fees"])
        for side in ("buy", "sell"):
            self.side(trade, side, event.quantity_lots, event.price_ticks * event.quantity_lots)
        if self.listed[event.instrument].kind != FUTURE:
            self.last[event.instrument] = event.price_ticks
        if self.listed[event.instrument].kind in (NOTE, FUTURE):
            self.enter(trade["buy"], event, 1)
            self.enter(trade["sell"], event, -1)

    def TradeCorrected(self, event: Any, *_: object) -> None:  # noqa: N802
        trade = self.trades[event.trade_id]
        assert self.listed[event.instrument].kind == 0, "only spot trades are corrected here"
        fees = [event.buy_fee - trade["fees"][0], event.sell_fee - trade["fees"][1]]
        more = event.new_price_ticks - event.price_ticks
        undone = not event.new_price_ticks
        self.book(trade, more, trade["lots"], fees, base_lots=-trade["lots"] if undone else 0)
        trade["fees"] = [event.buy_fee, event.sell_fee]
        for side in ("buy", "sell"):
            self.side(trade, side, -trade["lots"] if undone else 0, more * trade["lots"])

    def book(
        self, trade: dict[str, Any], ticks: int, lots: int, fees: list[int], *, base_lots: int | None = None
    ) -> None:
        listed = self.listed[trade["instrument"]]
        base = (lots if base_lots is None else base_lots) * listed.lot_e8 * 10 ** self.scales[listed.base] // 10**8
        money = ticks * lots * listed.unit
        for account, sign, fee in ((trade["buy"], 1, fees[0]), (trade["sell"], -1, fees[1])):
            if listed.kind != FUTURE:
                self.balances[account, listed.base] += sign * base
                self.balances[account, listed.quote] -= sign * money
            self.balances[account, listed.quote] -= fee

    def side(self, trade: dict[str, Any], side: str, lots: int, ticks: int) -> None:
        account = self.accounts[trade[side]]
        investor = account.investor
        whose = (investor, self.classes[investor], account.intermediary)
        self.sides.append((*whose, trade["instrument"], side, lots, ticks))

    def enter(self, account: str, event: Any, sign: int) -> None:
        """Entry values at average cost: what is left after a part was closed is rounded up."""
        listed = self.listed[event.instrument]
        held = self.positions.setdefault((account, event.instrument), [0, 0])
        lots, per_lot = event.quantity_lots, event.price_ticks * listed.unit
        same = held[0] * sign
        if same < 0 and listed.kind == NOTE and sign > 0:
            raise AssertionError("a note is never held short")
        if sign < 0 and listed.kind == NOTE:
            # What was not bought here is no position.
            part = min(held[0], lots)
            if part > 0:
                held[1] -= held[1] * part // held[0]
                held[0] -= part
            return
        if same >= 0:
            held[1] += per_lot * lots
        elif lots < -same:
            held[1] -= held[1] * lots // -same
        else:
            held[1] = per_lot * (lots + same)
        held[0] += sign * lots

    # ── orders and transfers ───────────────────────────────────────────────────────────────────────────────────────

    def OrderAccepted(self, event: Any, *_: object) -> None:  # noqa: N802
        self.orders[self.accounts[event.account].intermediary] += 1

    def OrderRejected(self, event: Any, *_: object) -> None:  # noqa: N802
        intermediary = self.accounts[event.account].intermediary
        self.orders[intermediary] += 1
        self.refused[intermediary, event.rule, "" if event.rule else REJECT_CODES[event.code], True] += 1

    def RequestRejected(self, event: Any, command: object, seq: int) -> None:  # noqa: N802
        intermediary = self.accounts[event.account].intermediary
        self.refused[intermediary, event.rule, "" if event.rule else REJECT_CODES[event.code], False] += 1
        if isinstance(command, Transfer):
            self.note(command, seq, "refused", event.rule)

    def MovementHeld(self, event: Any, *_: object) -> None:  # noqa: N802
        if event.movement in self.asked:
            rules = self.held.setdefault(event.movement, [])
            rules += [rule for rule in event.rules if rule not in rules]

    def MovementEnded(self, event: Any, _: object, seq: int) -> None:  # noqa: N802
        self.ended[("carried_out", "cancelled", "refused", "failed")[event.outcome]] += 1
        if event.movement in self.asked:
            self.released[event.movement] = event.by
            if event.outcome:
                outcome = ("carried_out", "cancelled", "refused", "failed")[event.outcome]
                self.note(self.asked[event.movement], seq, outcome, event.rule, event.movement)

    def Transferred(self, event: Any, _: object, seq: int) -> None:  # noqa: N802
        command = self.asked[event.transfer_id]
        self.balances[event.from_account, event.asset] -= event.amount
        self.balances[event.to_account, event.asset] += event.amount
        contract = self.contracts.get(event.contract_reference)
        if contract is not None and event.purpose == 2:
            parties = (self.accounts[event.from_account].investor, self.accounts[event.to_account].investor)
            # Of another asset what it is worth in the contract's currency, to the stricter side.
            worth = Fraction(event.amount) * self.rate(event.asset) / self.rate(contract["asset"])
            if parties == (contract["payer"], contract["payee"]):
                contract["paid"] += ceil(worth)
            elif parties == (contract["payee"], contract["payer"]):
                contract["paid"] = max(contract["paid"] - floor(worth), 0)
        self.note(command, seq, "done", "", event.transfer_id)

    def wait(self) -> None:
        """Nothing follows: what is left of the transfers waits."""
        decided = {row["transfer"] for row in self.transfers}
        for movement in self.held:
            if movement not in decided:
                self.note(self.asked[movement], movement, "waiting", "", movement)

    def note(self, command: Transfer, seq: int, verdict: str, rule: str, transfer: int = 0) -> None:
        contract = self.contracts.get(command.contract_reference)
        left = "" if contract is None else self.text(contract["asset"], contract["amount"] - contract["paid"])
        sender, receiver = self.accounts[command.account], self.accounts[command.to_account]
        self.transfers.append(
            {
                "seq": seq,
                "transfer": transfer or seq,
                "waited": (" ".join(self.held.get(transfer, ())), self.released.get(transfer, "")),
                "from": (command.account, sender.investor, self.classes[sender.investor], sender.intermediary),
                "to": (command.to_account, receiver.investor, self.classes[receiver.investor], receiver.intermediary),
                "what": (command.asset, self.text(command.asset, command.amount), PURPOSES[command.purpose]),
                "contract": (command.contract_reference, left),
                "verdict": (verdict, rule),
            }
        )

    # ── sums ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def text(self, asset: str, amount: int) -> str:
        """An amount with all decimals of its asset."""
        scale = self.scales[asset]
        return f"{Decimal(amount) / 10**scale:.{scale}f}"

    def turnover(self, *, by_class: bool) -> dict[Key, list[Decimal]]:
        """By class or investor and class, and instrument: quantity and value bought and sold."""
        found: dict[Key, list[Decimal]] = {}
        for investor, of_class, _, instrument, side, lots, ticks in self.sides:
            key = (of_class, instrument) if by_class else (investor, of_class, instrument)
            self.add(found, key, instrument, side, (lots, ticks))
        return found

    def through(self) -> dict[Key, list[Decimal]]:
        """The same by intermediary and instrument."""
        found: dict[Key, list[Decimal]] = {}
        for _, _, intermediary, instrument, side, lots, ticks in self.sides:
            self.add(found, (intermediary, instrument), instrument, side, (lots, ticks))
        return found

    def add(self, found: dict[Key, list[Decimal]], key: Key, instrument: str, side: str, what: tuple[int, int]) -> None:
        sums = found.setdefault(key, [Decimal(0)] * 4)
        listed = self.listed[instrument]
        place = 0 if side == "buy" else 1
        sums[place] += Decimal(what[0] * listed.lot_e8) / 10**8
        sums[place + 2] += Decimal(what[1] * listed.unit) / 10 ** self.scales[listed.quote]

    def holdings(self, *, by: str) -> dict[Key, Decimal]:
        """What is held, by class, investor or intermediary, and asset."""
        found: dict[Key, Decimal] = {}
        for (account, asset), amount in self.balances.items():
            if not amount:
                continue
            opened = self.accounts[account]
            whose = {
                "class": self.classes[opened.investor],
                "investor": opened.investor,
                "intermediary": opened.intermediary,
            }[by]
            found[whose, asset] = found.get((whose, asset), Decimal(0)) + Decimal(amount) / 10 ** self.scales[asset]
        return found

    def apart(self) -> dict[Key, list[Decimal]]:
        """By intermediary, asset and way of holding: what its clients have and what is its own."""
        found: dict[Key, list[Decimal]] = {}
        investors = {investor: name for name, investor in self.themselves.items()}
        for (account, asset), amount in self.balances.items():
            opened = self.accounts[account]
            itself = investors.get(opened.investor)
            sums = [(itself, 1)] if itself is not None else []
            if opened.intermediary != (itself or "") or itself is None:
                sums += [(opened.intermediary, 0)] if opened.intermediary or itself is None else []
            for name, place in sums:
                custody = ("depositary", "own_address", "self_custody")[self.custody[account]]
                key = (name or "", asset, custody)
                found.setdefault(key, [Decimal(0), Decimal(0)])[place] += Decimal(amount) / 10 ** self.scales[asset]
        return {key: sums for key, sums in found.items() if any(sums)}

    def roubles(self, asset: str, units: int) -> int:
        """What an amount is worth at the last trade for roubles, or the reference price, in kopecks, rounded up."""
        return ceil(units * self.rate(asset))

    def rate(self, asset: str) -> Fraction:
        """Kopecks for a minor unit."""
        if asset == "RUB":
            return Fraction(1)
        market = next(
            each for each in self.listed.values() if each.base == asset and each.quote == "RUB" and each.kind != FUTURE
        )
        lot = market.lot_e8 * 10 ** self.scales[asset] // 10**8
        return Fraction(self.last[market.instrument] * market.unit, lot)
