"""The slow, obvious venue that the engine is compared with, step by step, on state and on whole event lists.

Written from docs/MATCHING.md and docs/CLEARING.md for clarity: the open orders are one list, sorted afresh for every look; what an account
has is recounted from what was deposited, traded and is open. It shares nothing with the engine but the messages.

state    what there is
money    what is held back and what covers positions
plan     what an incoming order would do in continuous trading
match    the doing of it, and how orders end
after    stops and pegs that follow
calls    calls, phases, the clock
entry    the tests of a new order
lists    pairs and brackets
changes  amends, cancels, mass quotes
futures  marks, margin calls, close-outs, expiry
rules    what operator and supervisor do
waiting  what waits to leave an account
moves    transfers and withdrawals
approval what of it waits for a second approval
cases    alerts and cases of abuse
arrests  holdings that courts arrest
absence  the orders of those who are absent
advancing the time of a venue for tests
"""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import MOSCOW_OFFSET_NS, NS_PER_DAY
from engine.vocabulary.messages import commands, events
from tests.reference.absence import Absence
from tests.reference.advancing import Advancing
from tests.reference.updates import Updates


class ReferenceVenue(Updates, Advancing, Absence):
    """A whole venue: the same sequenced commands as the engine takes, the same events, with details left empty."""

    def apply(self, sequenced: commands.Sequenced) -> list[events.Event]:
        """Carry out the next command; what was due before it comes first."""
        self.out = []
        self.seq, self.close_outs = sequenced.seq, 0
        if self.day < 0:
            self.day = (sequenced.time_ns + MOSCOW_OFFSET_NS) // NS_PER_DAY
            self.ran_to = sequenced.time_ns
        self.run_due(sequenced.time_ns)
        self.now = self.ran_to = sequenced.time_ns
        self.carry_out_command(sequenced.command)
        self.complete()
        return self.out

    def carry_out_command(self, command: commands.AnyCommand) -> None:
        match command:
            case commands.NewOrder():
                self.enter(command)
            case commands.AmendOrder():
                self.amend(command)
            case commands.CancelOrder():
                self.cancel(command)
            case commands.MassCancel():
                self.mass_cancel(command)
            case commands.NewOrderPair():
                self.enter_list((command.limit, command.stop), command.account, command.participant)
            case commands.NewBracket():
                requests = (command.entry, command.take_profit, command.stop)
                self.enter_list(requests, command.account, command.participant)
            case commands.MassQuote():
                self.mass_quote(command)
            case commands.AddAsset():
                self.add_asset(command)
            case commands.ListInstrument():
                self.list_instrument(command)
            case commands.OpenAccount():
                self.open_account(command)
            case commands.Deposit() | commands.Withdraw():
                self.move_money(command)
            case commands.SetPhase():
                self.command_phase(command)
            case commands.SetTradingRules():
                self.set_rules(command)
            case commands.UpdateInstrument():
                self.update_instrument(command)
            case commands.SetSchedule():
                self.set_schedule(command)
            case commands.SetKillSwitch():
                self.set_kill_switch(command)
            case commands.SetLimits():
                self.set_limits(command)
            case commands.SetMarketHalt():
                self.set_market_halt(command)
            case commands.SetVenueRules():
                self.set_venue_rules(command)
            case _:
                self.carry_out_further(command)

    def carry_out_further(self, command: commands.AnyCommand) -> None:
        match command:
            case commands.BustTrade() | commands.RepriceTrade() | commands.SetApproval():
                self.do_or_propose(command)
            case commands.Approve() | commands.Decline():
                self.decide(command)
            case commands.Transfer() | commands.RequestWithdrawal():
                self.ask_to_move(command)
            case commands.CancelWithdrawal():
                self.cancel_withdrawal(command)
            case commands.ReleaseMovement():
                self.release_movement(command)
            case commands.RefuseMovement():
                self.refuse_movement(command)
            case commands.SetIndexPrice():
                self.set_index_price(command)
            case commands.MarkFuture():
                self.mark_by_command(command)
            case commands.SetMarginRules():
                self.set_margin_rules(command)
            case commands.CloseOut():
                self.close_out_by_command(command)
            case commands.Arrest():
                self.arrest(command)
            case commands.LiftArrest():
                self.lift(command)
            case commands.ArmDisconnect():
                self.arm(command)
            case commands.Disconnected():
                self.disconnect(command)
            case commands.DisarmDisconnect():
                self.disarm(command)
            case commands.CancelAllAfter():
                self.set_dead_man(command)
            case commands.AdvanceTime():
                self.advance_time(command)
            case commands.RegisterInvestor():
                self.name_owners(command)
            case (
                commands.OpenCase()
                | commands.AddEvidence()
                | commands.CloseCase()
                | commands.RaiseAlert()
                | commands.DismissAlert()
            ):
                self.supervise(command)
            case _:
                assert isinstance(command, commands.Tick)

    # ── what a comparison looks at ─────────────────────────────────────────────────────────────────────────────────

    def resting(self, instrument: str, side: int) -> list[tuple[int, int, int]]:
        """Order id, leaves and shown quantity of what is on the book, in order of priority."""
        return [(order.id, order.leaves, order.shown) for order in self.queue(instrument, side)]

    def open_ids(self, account: str) -> list[int]:
        return sorted(order.id for order in self.live if order.account == account)

    def crossed(self, instrument: str) -> bool:
        bids, asks = (self.queue(instrument, side) for side in (codes.BUY, codes.SELL))
        return bool(bids and asks) and bids[0].price >= asks[0].price
