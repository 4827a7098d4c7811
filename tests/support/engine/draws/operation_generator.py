"""Random commands of operator and supervisor: phases, schedules, kill switches, limits, halts, corrections, money."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages import commands
from tests.reference.state import RefTrade
from tests.reference.waiting import RefMovement
from tests.support.engine.draws.drawing import SPOT
from tests.support.engine.draws.parts_generator import DrawsParts


class DrawsOperation(DrawsParts):
    """The part of the generator that is not about orders."""

    def market_halt(self) -> commands.SetMarketHalt:
        names = tuple(name for name in SPOT if self.draw(3))
        if self.series and self.once_in(5):
            names += (self.instrument(),)
        return commands.SetMarketHalt(self.pick(0, 10_000, 25_000), 3 * NS_PER_SECOND, names)

    def phase(self, name: str = "") -> commands.SetPhase:
        if self.focus and self.draw(4):
            return commands.SetPhase(name or self.instrument(), codes.CONTINUOUS, "test")
        name = name or ("DOGE/RUB" if self.once_in(30) else self.instrument())
        if not self.has("calls"):
            return commands.SetPhase(name, self.weighted((3, codes.CONTINUOUS), (1, codes.HALTED)), "test")
        phase = self.weighted(
            (8, codes.CONTINUOUS),
            (1, codes.CLOSED),
            (2, codes.PRE_OPEN),
            (2, codes.OPENING_AUCTION),
            (1, codes.VOLATILITY_AUCTION),
            (2, codes.CLOSING_AUCTION),
            (1, codes.HALTED),
            (1, codes.CANCEL_ONLY),
        )
        return commands.SetPhase(name, phase, "test")

    def schedule(self) -> commands.SetSchedule:
        if self.once_in(3):
            return commands.SetSchedule(self.instrument(), ())
        second = (self.time_ns // NS_PER_SECOND + 3 * 3_600) % 86_400
        phases = self.pick(
            (codes.PRE_OPEN, codes.OPENING_AUCTION, codes.CONTINUOUS),
            (codes.CLOSING_AUCTION, codes.CLOSED, codes.CONTINUOUS),
        )
        steps = [(second + (index + 1) * self.pick(1, 3, 7), phase) for index, phase in enumerate(phases)]
        steps = [step for step in steps if step[0] < 86_400]
        return commands.SetSchedule(self.instrument(), tuple(dict(steps).items()))

    def kill(self) -> commands.SetKillSwitch:
        scope, key = self.pick(
            (codes.SCOPE_PARTICIPANT, "red"),
            (codes.SCOPE_PARTICIPANT, "grey"),
            (codes.SCOPE_INVESTOR, "one"),
            (codes.SCOPE_INSTRUMENT, "ETH/RUB"),
            (codes.SCOPE_INSTRUMENT, "DOGE/RUB"),
            (codes.SCOPE_VENUE, ""),
        )
        return commands.SetKillSwitch(scope, key, True, "test", "sue")

    def lift(self) -> commands.SetKillSwitch:
        return commands.SetKillSwitch(*self.pick(*self.venue.kills), False, "over")

    def limits(self) -> commands.SetLimits:
        participant = self.pick("red", "blue", "grey")
        if self.once_in(2):
            return commands.SetLimits(participant, by="otto", replace=True)
        orders, value, ratio = self.pick(None, 0, 3, 10), self.pick(None, 0, 500_00), self.pick(None, 0, 1, 2)
        return commands.SetLimits(participant, orders, value, ratio, replace=self.once_in(5))

    def correction(self) -> commands.AnyCommand:
        trades = self.venue.trades
        trade = trades[-1 - self.draw(min(len(trades), 20))] if trades and not self.once_in(15) else None
        held = [each for each in trades[-20:] if self.is_held(each)]
        if held and not self.once_in(4):
            return commands.BustTrade(self.pick(*held).id, "held", self.supervisor())
        trade_id = trade.id if trade else self.draw(500)
        if self.draw(2):
            return commands.BustTrade(trade_id, "test", self.supervisor())
        name = trade.instrument if trade else "BTC/RUB"
        price_e8 = self.price(self.venue.instruments[name], self.draw(2))
        return commands.RepriceTrade(trade_id, price_e8, "test", self.supervisor())

    def supervisor(self) -> str:
        return self.pick("sue", "sam") if self.has("approval") else ""

    def set_approval(self) -> commands.SetApproval:
        both = ("rulebooks", "trade_corrections")
        second = self.pick((), (), (), (), both[1:], both, ("orders",), both[1:] * 2)
        return commands.SetApproval(second, "test", self.supervisor())

    def decide(self) -> commands.AnyCommand:
        """Yes or no to what waits; seldom by who proposed it, or in a role that can't, or to what does not wait."""
        waiting = list(self.venue.proposals)
        number = self.pick(*waiting) if waiting and not self.once_in(20) else self.draw(500)
        role = "operator" if self.once_in(10) else "supervisor"
        proposal = self.venue.proposals.get(number)
        own = proposal is not None and proposal.command.by == "sue"
        other = "sam" if own != self.once_in(6) else "sue"
        if self.once_in(2):
            return commands.Decline(number, "no", self.pick(other, other, "sue", "sam", "", ""), role)
        return commands.Approve(number, "yes", other, role)

    def arrest(self) -> commands.AnyCommand:
        """A paper that arrests something; or the end of one, soon: whoever has nothing available does little."""
        papers = list(self.venue.papers)
        if self.once_in(12):
            return commands.LiftArrest("nosuch", "x")
        if papers and self.draw(3):
            return commands.LiftArrest(self.pick(*papers), "over", "sue")
        account = self.sender()[1]
        investor = self.venue.accounts[account].investor if account in self.venue.accounts else "nobody"
        whose = self.pick((investor, ""), ("", account), ("", account), ("", account), (investor, account))
        asset = self.pick("", "RUB", "RUB", "BTC", "ETH", "DOGE")
        share = self.pick(0, 1, 250_000, 700_000, 1_000_000, 1_000_000, 1_000_001)
        amount = self.draw(3_000_00) if self.once_in(3) or not share else 0
        number = self.pick(*papers) if papers and self.once_in(15) else f"1-{len(self.sent)}/2026"
        return commands.Arrest(number, "court", "2026-01-02", *whose, asset, 0 if amount else share, amount)

    def absence(self) -> commands.AnyCommand:
        """A connection that is armed, gone or back; or a dead man's timer, now and then set again."""
        participant, account = self.pick("red", "blue", "grey", "thief" if self.once_in(8) else "red"), self.sender()[1]
        if self.once_in(2):
            timeout = self.pick(0, 1, 100_000_000, 1_000_000_000, 5_000_000_000, 3_600_000_000_000, 86_401_000_000_000)
            sender = self.sender()
            return commands.CancelAllAfter(sender[0], self.pick("", sender[1], account), timeout)
        armed = list(self.venue.armed)
        if not armed or self.once_in(3):
            accounts = self.pick((), (), (account,), ("a", "c"))
            grace = self.pick(0, 1, 500_000_000, 2_000_000_000, 600_000_000_000, -1 if self.once_in(5) else 0)
            number = len(self.sent) if self.draw(8) else self.draw(3)
            return commands.ArmDisconnect(participant, number, accounts, grace)
        key = self.pick(*armed) if self.draw(12) else (participant, 7)
        return commands.Disconnected(*key) if self.draw(3) else commands.DisarmDisconnect(*key)

    def movement(self) -> commands.AnyCommand:
        """A transfer or withdrawal, now and then one that was asked for before; or what is said about one that waits, or about none."""
        waiting = list(self.venue.movements.values())
        known = [each for account in self.venue.accounts.values() for each in account.by_client_id.values()]
        moved = [each for each in known if isinstance(each, RefMovement)]
        failed = [each for each in moved if each.status == codes.MOVEMENT_FAILED]
        ended = failed or [each for each in moved if each.status not in (codes.CARRIED_OUT, codes.MOVEMENT_WAITS)]
        if moved and self.once_in(2 if failed else 4):
            return self.pick(*(ended or moved)).request
        if waiting and self.once_in(2):
            return self.about_movement(self.pick(*waiting))
        participant, account = self.sender()
        name, asset = self.client_id(), self.pick("RUB", "RUB", "RUB", "BTC", "ETH", "SOL", "DOGE")
        there = self.venue.available(account, asset) if account in self.venue.accounts else 0
        amount = self.pick(self.draw(1_000_00), self.draw(max(there, 1)) + 1, there, 0)
        if self.draw(2):
            destination = "" if self.once_in(30) else "a bank"
            return commands.RequestWithdrawal(participant, account, name, asset, amount, destination)
        purpose = self.weighted((3, codes.OWN_ACCOUNT), (6, codes.CROSS_BORDER), (1, 9))
        return commands.Transfer(participant, account, name, self.sender()[1], asset, amount, purpose, "contract")

    def about_movement(self, movement: RefMovement) -> commands.AnyCommand:
        number, account = movement.id if self.draw(8) else self.draw(500), movement.request.account
        if self.has("kills") and self.once_in(5):
            # When its time comes it fails.
            return commands.SetKillSwitch(codes.SCOPE_INVESTOR, self.venue.accounts[account].investor, True, "test")
        if self.once_in(3):
            participant = self.venue.accounts[account].participant if self.draw(10) else "thief"
            return commands.CancelWithdrawal(participant, account, number)
        if self.once_in(4):
            return commands.RefuseMovement(number, "no", self.supervisor())
        return commands.ReleaseMovement(number, "yes", self.supervisor())

    def is_held(self, trade: RefTrade) -> bool:
        """Whether open orders of the seller hold what undoing a trade takes."""
        terms, seller = self.venue.instruments[trade.instrument], trade.sell.account
        owed = trade.price * trade.lots * terms.unit
        free, held = self.venue.free(seller, terms.quote), self.venue.held_by_orders(seller, terms.quote)
        return not trade.busted and not terms.future and free < owed <= free + held

    def money(self) -> commands.AnyCommand:
        account = self.sender()[1]
        if self.once_in(25):
            return self.pick(commands.Deposit, commands.Withdraw)("nobody", "RUB", 100, "lost")
        if self.has("futures") and self.draw(2):
            return self.all_money(account)
        if self.venue.trades and self.once_in(5):
            # What is left of the seller's money is held by its open orders: a correction then ends some of them.
            seller = self.venue.trades[-1].sell.account
            return commands.Withdraw(seller, "RUB", max(self.venue.available(seller, "RUB"), 1), "all")
        asset = self.pick("RUB", "RUB", "BTC", "ETH", "SOL", "DOGE")
        if self.draw(2):
            return commands.Deposit(account, asset, self.draw(1_000_00), "in")
        return commands.Withdraw(account, asset, self.draw(5_000_00), "out")
