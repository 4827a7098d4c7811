"""A second approval: what waits for another participant, and how that ends."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_PROPOSALS, PROPOSAL_NS
from engine.vocabulary.messages import commands, events
from tests.reference.moves import Moves
from tests.reference.state import RefProposal

Proposable = commands.BustTrade | commands.RepriceTrade | commands.SetApproval

WAITS_AS = {
    commands.BustTrade: "trade_corrections",
    commands.RepriceTrade: "trade_corrections",
}
KINDS = ("rulebooks", "trade_corrections")
DECIDES = "supervisor"


class Approval(Moves):
    """Commands that one participant alone can't have carried out."""

    def do_or_propose(self, command: Proposable) -> None:
        waits = WAITS_AS[type(command)] in self.second if type(command) in WAITS_AS else bool(self.second)
        if not waits:
            self.do(command)
            return
        code = self.mistake(command)
        if not code and len(self.proposals) == MAX_PROPOSALS:
            code = codes.INVALID
        if code:
            self.refuse_command(code)
            return
        until = self.now + PROPOSAL_NS
        self.proposals[self.seq] = RefProposal(command, until)
        self.emit(events.CommandProposed(self.seq, self.named(command), command.by, command.reason, until))

    def named(self, command: Proposable) -> str:
        match command:
            case commands.BustTrade():
                return f"bust_trade {command.trade_id}"
            case commands.RepriceTrade():
                return f"reprice_trade {command.trade_id}"
        return " ".join(("set_approval", ", ".join(command.second))).strip()

    def mistake(self, command: Proposable) -> int:
        """The code of what is wrong with a command whatever the balances are; 0: nothing."""
        if isinstance(command, commands.SetApproval):
            return 0 if self.are_kinds(command.second) else codes.INVALID
        return self.correction_problem(command)

    def are_kinds(self, second: tuple[str, ...]) -> bool:
        return set(second) <= set(KINDS) and len(set(second)) == len(second)

    def do(self, command: Proposable) -> None:
        if not isinstance(command, commands.SetApproval):
            self.correct(command)
        elif self.are_kinds(command.second):
            self.second = command.second
            self.emit(events.RulesChanged("approval", "", "", command.reason, command.by))
        else:
            self.refuse_command(codes.INVALID)

    def decide(self, command: commands.Approve | commands.Decline) -> None:
        proposal = self.proposals.get(command.proposal)
        if proposal is None:
            self.refuse_command(codes.INVALID)
            return
        approves, own = isinstance(command, commands.Approve), command.by == proposal.command.by
        if (approves and own) or (command.by and command.role != DECIDES):
            self.refuse_command(codes.PERMISSION)
        elif approves:
            self.end_proposal(command.proposal, codes.APPROVED, command.by, command.reason)
            self.do(proposal.command)
        else:
            outcome = codes.WITHDRAWN if own or not command.by else codes.DECLINED
            self.end_proposal(command.proposal, outcome, command.by, command.reason)
