"""A second approval: commands that one participant alone can't have carried out, kept until another one lets them pass.

Back offices call it maker and checker, or four eyes. `engine/command_table.py` says of which kind each command is, and has what
carries it out.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from engine.state.proposal import Proposal
from engine.state.saying import setting_changed
from engine.state.state import DUE_PROPOSAL, State
from engine.vocabulary.codes import DECLINED, LAPSED, PERMISSION, WITHDRAWN
from engine.vocabulary.limits import MAX_PROPOSALS, PROPOSAL_NS
from engine.vocabulary.messages.commands import Approve, Decline, EffectiveFrom, SetApproval
from engine.vocabulary.messages.events import CommandProposed, ProposalEnded
from engine.vocabulary.names import command_name
from engine.vocabulary.problem import Problem, invalid
from engine.vocabulary.said import listed, said

RULEBOOKS: Final = "rulebooks"
TRADE_CORRECTIONS: Final = "trade_corrections"
APPROVAL_KINDS: Final = (RULEBOOKS, TRADE_CORRECTIONS)
"""What a venue may ask a second approval for."""
APPROVAL_ITSELF: Final = "approval"
"""What needs one while anything does: else one participant could do without."""


def needs_approval(state: State, kind: str) -> bool:
    """Whether commands of a kind need a second approval now."""
    return bool(state.second) if kind == APPROVAL_ITSELF else kind in state.second


def approval_problem(state: State, command: SetApproval) -> Problem | None:
    """Why `SetApproval` can't be carried out; None if it can."""
    for number, kind in enumerate(command.second):
        if kind not in APPROVAL_KINDS or kind in command.second[:number]:
            return invalid(said("approval.kinds", listed(APPROVAL_KINDS)))
    return None


def set_approval(state: State, command: SetApproval) -> Problem | None:
    """Carry out `SetApproval`. Emits RulesChanged."""
    problem = approval_problem(state, command)
    if problem is not None:
        return problem
    state.second = command.second
    how = said("approval.needed", listed(command.second)) if command.second else said("approval.not_needed")
    state.emit(setting_changed("approval", "", how, command.by, command.reason))
    return None


def propose(state: State, command: Any) -> Problem | None:
    """Keep a sound command until a second participant decides. Emits CommandProposed, or returns why not."""
    if len(state.proposals) >= MAX_PROPOSALS:
        return invalid(said("proposal.most", MAX_PROPOSALS))
    proposal = state.proposals[state.seq] = Proposal(command, state.time_ns + PROPOSAL_NS)
    state.schedule(proposal.until_ns, DUE_PROPOSAL, state.seq)
    effective_ns = command.effective_ns if type(command) is EffectiveFrom else 0
    state.emit(
        CommandProposed(
            state.seq, about(command), proposal.by, command.reason, proposal.until_ns, effective_ns=effective_ns
        )
    )
    return None


def about(command: Any) -> str:
    """What a command is about, in the protocol's words: its name and its first field; of one with a date that of its change."""
    if type(command) is EffectiveFrom:
        command = command.change
    if type(command) is SetApproval:
        return f"{command_name(SetApproval)} {', '.join(command.second)}".rstrip()
    return f"{command_name(type(command))} {msgspec.structs.astuple(command)[0]}"


def decision_problem(command: Approve | Decline, proposal: Proposal | None, senders: tuple[str, ...]) -> Problem | None:
    """Why a participant can't decide about a proposal that those in some roles may make; None if it can."""
    if proposal is None:
        return invalid(said("proposal.unknown", command.proposal))
    if type(command) is Approve and command.by == proposal.by:
        return Problem(PERMISSION, said("proposal.own", command.proposal, proposal.by))
    if command.by and command.role not in senders:
        return Problem(PERMISSION, said("proposal.role", command.proposal, listed(senders)))
    return None


def end_proposal(state: State, number: int, outcome: int, by: str = "", reason: str = "") -> Proposal:
    """Take a proposal off the list. Emits ProposalEnded."""
    proposal = state.proposals.pop(number)
    state.emit(ProposalEnded(number, outcome, proposal.by, by, reason))
    return proposal


def decline(state: State, command: Decline, senders: tuple[str, ...]) -> Problem | None:
    """Carry out `Decline` of a proposal that those in some roles may make. Emits ProposalEnded."""
    proposal = state.proposals.get(command.proposal)
    problem = decision_problem(command, proposal, senders)
    if problem is not None:
        return problem
    assert proposal is not None
    outcome = WITHDRAWN if not command.by or command.by == proposal.by else DECLINED
    end_proposal(state, command.proposal, outcome, command.by, command.reason)
    return None


def lapse(state: State, number: int) -> bool:
    """End a proposal that nobody has decided about; False if somebody has. Emits ProposalEnded."""
    if number not in state.proposals:
        return False
    end_proposal(state, number, LAPSED)
    return True
