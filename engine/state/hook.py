"""The pre-trade hook: where a rulebook sees every order before it can match.

The core knows this base class and nothing of what stands behind it. Every method is called inside `Exchange.apply`, by
the one writer, with the command's own time; none may read a clock, a file or a random number.
"""

from __future__ import annotations

from typing import Final, get_args

from mypy_extensions import mypyc_attr

from engine.book.assets import Asset
from engine.book.entities import Account, Instrument, Order
from engine.vocabulary.codes import COMPLIANCE
from engine.vocabulary.messages.commands import (
    AddAsset,
    Command,
    ListInstrument,
    RedeemAsset,
    RequestDelivery,
    RequestWithdrawal,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import AnyEvent, Event
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import Said

EVERY_EVENT: Final[tuple[type[Event], ...]] = get_args(AnyEvent)


class Failure:
    """One rule that an order fails: its id, and what would have been allowed."""

    def __init__(self, rule: str, what: Said) -> None:
        self.rule: Final = rule
        self.said: Final = what


class Verdict:
    """Why an order may not pass: every rule that failed, in the rulebook's order. The first decides."""

    def __init__(self, failures: list[Failure]) -> None:
        assert failures
        self.failures: Final = failures

    @property
    def first(self) -> Failure:
        """The failure that decides."""
        return self.failures[0]

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of all failed rules, the deciding one first."""
        return tuple([failure.rule for failure in self.failures])

    @property
    def problem(self) -> Problem:
        """The refusal that it is."""
        first = self.first
        return Problem(COMPLIANCE, first.said, first.rule, self.rules)


Leaving = RequestWithdrawal | Withdraw | RedeemAsset
"""What takes an asset out of the venue."""


class Wait:
    """For what a withdrawal, transfer or redemption has to wait: a time, a supervisor's word, or both."""

    def __init__(self, until_ns: int, clock_rule: str, word_rule: str) -> None:
        assert (until_ns != 0) == bool(clock_rule) and (clock_rule or word_rule)
        self.until_ns: Final = until_ns
        """Nanoseconds since the epoch, UTC; 0: for no time."""
        self.clock_rule: Final = clock_rule
        """The rule that says so; empty: none."""
        self.word_rule: Final = word_rule
        """The rule by which it waits for a supervisor's word; empty: for none."""


class Recheck:
    """Whose open orders are to be rechecked.

    Whoever is not named must have none that `PreTradeHook.recheck` would refuse: then it makes no difference that only some
    are looked at.
    """

    def __init__(self, accounts: list[str], everybody: bool = False) -> None:
        self.accounts: Final = accounts
        """By name."""
        self.everybody: Final = everybody


EVERYBODY: Final = Recheck([], True)


Links = dict[str, list[str]]
"""By investor: all others who share a beneficial owner."""


class Outcome:
    """What the hook made of a command: events to emit, or a refusal; and whose orders to recheck."""

    def __init__(
        self,
        events: list[Event],
        problem: Problem | None = None,
        recheck: Recheck | None = None,
        rule: str = "",
        links: Links | None = None,
    ) -> None:
        self.events: Final = events
        self.problem: Final = problem
        """None: done. Else why the command does nothing."""
        self.recheck: Final = recheck
        """None: nobody's, since nothing that rests can have become forbidden."""
        self.rule: Final = rule
        """The rule to name when the core itself cancels orders because of the command (a freeze)."""
        self.links: Final[Links] = {} if links is None else links
        """Of those for whom that has changed. Each names the other."""


@mypyc_attr(allow_interpreted_subclasses=True)
class PreTradeHook:
    """A hook that lets everything pass. Rulebooks subclass it."""

    def check(self, order: Order, price_ticks: int, leaves_lots: int, time_ns: int) -> Verdict | None:
        """Decide on `leaves_lots` open at `price_ticks` or better; None lets the order pass. Changes nothing.

        Called for each new order, each amend that raises quantity or value, and each triggered stop. For a market order
        `price_ticks` is the collar, for a pegged one its limit, the worst price it can get; an order by funds
        (`order.budget`) is worth its budget.
        """
        return None

    def reserve(self, order: Order, price_ticks: int, leaves_lots: int) -> None:
        """Take up what an order that passed `check` can cost, instead of what was taken up for it before.

        Called where the core has reserved the money. A new order may still be rejected by a later check: `observe` sees
        that. The venue's own order that closes a position is taken up without being asked about.
        """

    def recheck(self, order: Order, time_ns: int) -> Verdict | None:
        """Decide whether a resting order may stay, after an `Outcome` with `recheck`. Reserves nothing new."""
        return None

    def true_up(self, order: Order) -> None:
        """Take up exactly what an open order can still cost as it stands, `leaves_lots` at `reserve_ticks`.

        Called when an order's terms have changed, and when an amend that passed `check` was then refused.
        """

    def followed(self) -> tuple[type[Event], ...]:
        """The classes of the events that `observe` is told of: all, unless a hook names fewer, which takes less time.

        Asked once, when a venue is made.
        """
        # This class itself does nothing with any.
        return () if type(self) is PreTradeHook else EVERY_EVENT

    def observe(self, event: Event, time_ns: int) -> None:
        """Follow what happens: each event of a class in `followed` once, in order, as it is emitted."""

    def unsettled(self) -> Recheck | None:
        """Whose open orders are to be rechecked after all that a command has set off, as after an `Outcome`; None: nobody's.

        Asked before any other command: what it has traded can have made an order that rests another one.
        """
        return None

    def check_transfer(self, transfer: Transfer, time_ns: int) -> Verdict | None:
        """Decide on a transfer between two accounts that exist, of an asset that exists; None lets it pass."""
        return None

    def check_withdrawal(self, withdrawal: Leaving, time_ns: int) -> Verdict | None:
        """Decide on what takes an asset out of the venue, of an account and an asset that exist; None lets it pass."""
        return None

    def wait(self, command: Transfer | Leaving, time_ns: int) -> Wait | None:
        """Say for what has to wait that has passed all checks; None: for nothing. Changes nothing.

        Asked again of what has waited for its time only: then a word may be needed that was not before.
        """
        return None

    def check_delivery(self, request: RequestDelivery, time_ns: int) -> Verdict | None:
        """Name the rule that refuses delivery; None: the core refuses it by itself."""
        return None

    def add_asset(self, asset: Asset, command: AddAsset, time_ns: int) -> Problem | None:
        """Take note of an asset that the core is about to add, or say why it may not."""
        return None

    def list_instrument(self, instrument: Instrument, command: ListInstrument, time_ns: int) -> Problem | None:
        """Take note of an instrument that the core is about to list, or say why it may not."""
        return None

    def account_opened(self, account: Account) -> None:
        """Take note of an account that the core has opened, after `apply` was asked. Its balances may be read at any time."""

    def apply(self, command: Command, time_ns: int) -> Outcome:
        """Take note of a command of the operator, or carry out a compliance command.

        For `OpenAccount`, `Deposit`, `IssueAsset`, `RedeemAsset`, `Withdraw` and `FreezeAsset` the core has validated the command and
        will apply it unless this refuses; for those of `HookCommand` this is all there is.
        """
        return Outcome([])

    def doubt(self, command: Command, time_ns: int) -> Problem | None:
        """Say why `apply` would refuse a command of `HookCommand` now; None: it would not. Changes nothing.

        Asked of what waits for a second approval, so that a mistake is told to whoever made it.
        """
        return None

    def day_ended(self, time_ns: int) -> Outcome:
        """Let what depends on the Moscow date take effect: a test expires, a grace period ends, a year begins."""
        return Outcome([])

    def snapshot(self) -> bytes:
        """The hook's whole state: equal states are equal bytes."""
        return b""

    def restore(
        self,
        snapshot: bytes,
        assets: dict[str, Asset],
        instruments: dict[str, Instrument],
        accounts: dict[str, Account],
    ) -> None:
        """Become what `snapshot` returned, over these assets, instruments and accounts of the core, by name."""
        assert not snapshot, "the snapshot is of another hook"
