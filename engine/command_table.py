"""The commands, a row each: who may send it, what it is about, which events answer it, what carries it out.

All that the gateway, the journal's readers and the core need to know of a command beside its fields stands here, once. What
requests and histories call it follows from its class (`engine.vocabulary.names`).
"""

from __future__ import annotations

from typing import Any, Final

from engine.clearing.arrests import arrest, lift
from engine.clearing.carrying import refuse_movement, release
from engine.clearing.closeout import close_out, set_margin_rules
from engine.clearing.corrections import correct, correction_problem
from engine.clearing.futures import mark_future, set_index_price
from engine.clearing.holdings import freeze, issue, redeem
from engine.clearing.setup import add_asset, deposit, list_instrument, open_account, update_instrument, withdraw
from engine.command_row import OPERATOR, PARTICIPANT, ROLES, SUPERVISOR, SURVEILLANCE, CommandRow, Handler
from engine.phases.absence import arm, disarm, disconnect
from engine.phases.access import register_key, register_participant, revoke_key
from engine.phases.advancing import advance_time
from engine.phases.approval import (
    APPROVAL_ITSELF,
    RULEBOOKS,
    TRADE_CORRECTIONS,
    approval_problem,
    decision_problem,
    decline,
    end_proposal,
    needs_approval,
    propose,
    set_approval,
)
from engine.phases.cases import add_evidence, close_case, dismiss_alert, open_case, raise_alert
from engine.phases.controls import (
    set_kill_switch,
    set_limits,
    set_market_halt,
    set_phase,
    set_rates,
    set_schedule,
    set_trading_rules,
    set_venue_rules,
)
from engine.phases.effective import date_problem, schedule_change
from engine.state.state import State
from engine.trading.consulting import consult, doubt
from engine.trading_rows import TRADING
from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import Command
from engine.vocabulary.problem import Problem

_OPERATORS: Final = (OPERATOR,)
_SUPERVISORS: Final = (SUPERVISOR,)
_BOTH: Final = (OPERATOR, SUPERVISOR)
_ISSUERS: Final = (OPERATOR, PARTICIPANT)
_PEOPLE: Final = (PARTICIPANT, OPERATOR, SUPERVISOR)
_DETECTORS: Final = (SUPERVISOR, SURVEILLANCE)
_ACKNOWLEDGERS: Final = (SUPERVISOR, PARTICIPANT)


def _nothing(state: State, command: commands.Tick) -> None:
    """Carry out `Tick`: what was due has been done before."""


CONFIGURATION: Final = (
    CommandRow(commands.Tick, _nothing),
    CommandRow(
        commands.AddAsset,
        add_asset,
        senders=_OPERATORS,
        about=("asset",),
        word="asset",
        sets_up="asset",
        names={"kind": codes.ASSET_KINDS, "privacy": codes.PRIVACY_KINDS},
    ),
    CommandRow(
        commands.ListInstrument,
        list_instrument,
        senders=_OPERATORS,
        about=("instrument",),
        word="instrument",
        sets_up="instrument",
        names={"kind": codes.INSTRUMENT_KINDS},
    ),
    CommandRow(
        commands.UpdateInstrument,
        update_instrument,
        senders=_OPERATORS,
        about=("instrument",),
        word="terms of instrument",
    ),
    CommandRow(
        commands.OpenAccount,
        open_account,
        senders=_OPERATORS,
        about=("account", "investor", "intermediary"),
        word="account",
        sets_up="account",
        names={"custody": codes.CUSTODIES},
    ),
    CommandRow(commands.Deposit, deposit, senders=_OPERATORS, about=("account",), sets_up="account"),
    CommandRow(commands.Withdraw, withdraw, senders=_OPERATORS, about=("account",)),
    CommandRow(
        commands.SetPhase,
        set_phase,
        senders=_BOTH,
        about=("instrument",),
        word="phase",
        sets_up="instrument",
        names={"phase": codes.PHASES},
    ),
    CommandRow(
        commands.SetTradingRules,
        set_trading_rules,
        senders=_OPERATORS,
        about=("instrument",),
        word="trading rules",
        sets_up="instrument",
        names={"allocation": codes.ALLOCATIONS},
    ),
    CommandRow(
        commands.SetSchedule,
        set_schedule,
        senders=_OPERATORS,
        about=("instrument",),
        word="schedule",
        sets_up="instrument",
    ),
    CommandRow(
        commands.SetKillSwitch,
        set_kill_switch,
        senders=_BOTH,
        about=("key",),
        word="kill switch",
        names={"scope": codes.SCOPES},
    ),
    CommandRow(commands.SetLimits, set_limits, senders=_BOTH, about=("participant",), word="limits"),
    CommandRow(
        commands.SetRates,
        set_rates,
        senders=_BOTH,
        about=("name",),
        word="rates of requests",
        names={"scope": codes.RATE_SCOPES},
    ),
    CommandRow(commands.SetMarketHalt, set_market_halt, senders=_BOTH, word="market halt"),
    CommandRow(
        commands.SetVenueRules,
        set_venue_rules,
        senders=_OPERATORS,
        word="venue rules",
        sets_up="venue rules",
        is_single=True,
        names={"self_trade": codes.SELF_TRADE_MODES},
    ),
    CommandRow(commands.AdvanceTime, advance_time, senders=_OPERATORS, word="advance of time"),
    CommandRow(
        commands.BustTrade,
        correct,
        senders=_SUPERVISORS,
        about=("trade_id",),
        word="bust of trade",
        approval=TRADE_CORRECTIONS,
        doubt=correction_problem,
    ),
    CommandRow(
        commands.RepriceTrade,
        correct,
        senders=_SUPERVISORS,
        about=("trade_id",),
        word="reprice of trade",
        approval=TRADE_CORRECTIONS,
        doubt=correction_problem,
    ),
)
"""What is set up, and what is set while the venue runs."""

CLEARING: Final = (
    CommandRow(commands.SetIndexPrice, set_index_price, senders=_OPERATORS, about=("index",), sets_up="index"),
    CommandRow(commands.MarkFuture, mark_future, senders=_BOTH, about=("instrument",)),
    CommandRow(
        commands.SetMarginRules,
        set_margin_rules,
        senders=_OPERATORS,
        word="margin rules",
        sets_up="margin rules",
        is_single=True,
    ),
    CommandRow(commands.CloseOut, close_out, senders=_SUPERVISORS, about=("account", "instrument"), word="close-out"),
    CommandRow(commands.IssueAsset, issue, senders=_ISSUERS, about=("account",), sets_up="account"),
    CommandRow(commands.RedeemAsset, redeem, senders=_ISSUERS, about=("account",)),
    CommandRow(
        commands.Arrest, arrest, senders=_SUPERVISORS, about=("arrest", "investor", "account", "asset"), word="arrest"
    ),
    CommandRow(commands.LiftArrest, lift, senders=_SUPERVISORS, about=("arrest",), word="lifting of arrest"),
    CommandRow(
        commands.ReleaseMovement, release, senders=_SUPERVISORS, about=("movement",), word="release of movement"
    ),
    CommandRow(
        commands.RefuseMovement, refuse_movement, senders=_SUPERVISORS, about=("movement",), word="refusal of movement"
    ),
    CommandRow(commands.FreezeAsset, freeze, senders=_PEOPLE, about=("asset", "account"), word="freeze"),
)
"""What is done to futures and holdings."""

COMPLIANCE: Final = (
    CommandRow(
        commands.LoadRulebook,
        consult,
        senders=_SUPERVISORS,
        about=("name",),
        word="rulebook",
        sets_up="rulebook",
        is_single=True,
        approval=RULEBOOKS,
        doubt=doubt,
    ),
    CommandRow(
        commands.RegisterInvestor,
        consult,
        senders=_SUPERVISORS,
        about=("investor",),
        word="investor",
        sets_up="investor",
        names={"kind": codes.INVESTOR_KINDS},
    ),
    CommandRow(
        commands.RegisterIntermediary,
        consult,
        senders=_SUPERVISORS,
        about=("intermediary",),
        word="intermediary",
        sets_up="intermediary",
    ),
    CommandRow(
        commands.RecordTest, consult, senders=_SUPERVISORS, about=("investor",), word="test", sets_up="investor"
    ),
    CommandRow(
        commands.RecordAcknowledgement,
        consult,
        senders=_ACKNOWLEDGERS,
        about=("investor",),
        word="acknowledgement",
        sets_up="investor",
    ),
    CommandRow(commands.SetBlocked, consult, senders=_SUPERVISORS, about=("investor",), word="block list"),
    CommandRow(
        commands.AuthoriseClient,
        consult,
        senders=_SUPERVISORS,
        about=("investor", "intermediary"),
        word="authorisation",
        sets_up="investor",
    ),
    CommandRow(commands.UpdateAsset, consult, senders=_SUPERVISORS, about=("asset",), word="asset figures"),
    CommandRow(
        commands.SetParameter,
        consult,
        senders=_SUPERVISORS,
        about=("rule",),
        word="parameter",
        approval=RULEBOOKS,
        doubt=doubt,
    ),
    CommandRow(
        commands.RegisterContract,
        consult,
        senders=_SUPERVISORS,
        about=("contract", "payer", "payee"),
        word="contract",
        sets_up="contract",
    ),
    CommandRow(
        commands.PublishWarning, consult, senders=_SUPERVISORS, about=("text",), word="warning", sets_up="warning"
    ),
    CommandRow(
        commands.SetCustody,
        consult,
        senders=_BOTH,
        about=("account",),
        word="way of holding",
        names={"custody": codes.CUSTODIES},
    ),
    CommandRow(
        commands.PublishDisclosure,
        consult,
        senders=_PEOPLE,
        about=("asset", "title"),
        word="disclosure",
        sets_up="asset",
    ),
    CommandRow(commands.EffectiveFrom, schedule_change, senders=_SUPERVISORS, doubt=date_problem),
)
"""What the hook carries out, at once or from a date on."""


def _approve(state: State, command: commands.Approve) -> Problem | None:
    """Carry out `Approve`: emits ProposalEnded with both names, then what the command does that waited, or why it is refused by now."""
    problem = decision_problem(command, state.proposals.get(command.proposal), _senders(state, command.proposal))
    if problem is not None:
        return problem
    approved = end_proposal(state, command.proposal, codes.APPROVED, command.by, command.reason).command
    return COMMANDS[type(approved)].carry_out(state, approved)


def _decline(state: State, command: commands.Decline) -> Problem | None:
    """Carry out `Decline`. Emits ProposalEnded."""
    return decline(state, command, _senders(state, command.proposal))


def _senders(state: State, number: int) -> tuple[str, ...]:
    """The roles that may make a proposal; none, if there is no such proposal."""
    proposal = state.proposals.get(number)
    return () if proposal is None else COMMANDS[type(proposal.command)].senders


APPROVAL: Final = (
    CommandRow(
        commands.SetApproval,
        set_approval,
        senders=_SUPERVISORS,
        word="second approval",
        sets_up="approval",
        is_single=True,
        approval=APPROVAL_ITSELF,
        doubt=approval_problem,
    ),
    CommandRow(commands.Approve, _approve, senders=_BOTH),
    CommandRow(commands.Decline, _decline, senders=_BOTH),
)
"""What needs a second approval, and what the second one says."""

CASES: Final = (
    CommandRow(commands.OpenCase, open_case, senders=_SUPERVISORS, about=("term",), word="case opened"),
    CommandRow(commands.AddEvidence, add_evidence, senders=_SUPERVISORS, about=("case",), word="evidence"),
    CommandRow(
        commands.CloseCase,
        close_case,
        senders=_SUPERVISORS,
        about=("case",),
        word="case closed",
        names={"outcome": codes.CASE_OUTCOMES},
    ),
    CommandRow(commands.RaiseAlert, raise_alert, senders=_DETECTORS, about=("term", "detector"), word="alert raised"),
    CommandRow(commands.DismissAlert, dismiss_alert, senders=_SUPERVISORS, about=("alert",), word="alert dismissed"),
)
"""What looks like abuse, and what supervisors make of it."""

ACCESS: Final = (
    CommandRow(
        commands.RegisterParticipant,
        register_participant,
        senders=_BOTH,
        about=("participant",),
        word="participant",
    ),
    CommandRow(commands.RegisterKey, register_key, senders=ROLES, about=("participant", "key"), word="key"),
    CommandRow(commands.RevokeKey, revoke_key, senders=ROLES, about=("participant", "key"), word="revocation of key"),
)
"""Who may log in, and with which keys."""

ABSENCE: Final = (
    CommandRow(commands.ArmDisconnect, arm),
    CommandRow(commands.Disconnected, disconnect),
    CommandRow(commands.DisarmDisconnect, disarm),
)
"""What becomes of connections whose end cancels orders."""

COMMANDS: Final[dict[type[Command], CommandRow]] = {
    row.kind: row for row in (*TRADING, *CONFIGURATION, *CLEARING, *COMPLIANCE, *APPROVAL, *CASES, *ACCESS, *ABSENCE)
}


def _do_or_propose(state: State, command: Any) -> Problem | None:
    """Carry out a command that may need a second approval; or, if it does, find out whether it is sound, and keep it until then."""
    row = COMMANDS[type(command)]
    kind = COMMANDS[type(command.change)].approval if type(command) is commands.EffectiveFrom else row.approval
    if not kind or not needs_approval(state, kind):
        return row.carry_out(state, command)
    assert row.doubt is not None
    return row.doubt(state, command) or propose(state, command)


HANDLERS: Final[dict[type[Command], Handler]] = {
    kind: row.carry_out if row.doubt is None else _do_or_propose for kind, row in COMMANDS.items()
}
"""What carries out each command as it comes."""
