"""A small venue under surveillance: the core without rules, who is registered said by hand, and what the detectors report."""

from __future__ import annotations

from compliance.surveillance.catalogue import settings_of
from compliance.surveillance.surveillance import Episode, Surveillance
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import AccountOpened, Event, InvestorRegistered, OrderAccepted
from engine.vocabulary.messages.events import OrderRejected as Rejected
from tests.support.engine.desks.desk import E8, Desk, list_spot

MARKET = "BTC/RUB"
MIDDLE = 1_000
"""Of the book that `quoted` makes, in roubles."""


class Surveilled(Desk):
    """A venue whose rows go through the detectors. One tick is a rouble, one lot a coin."""

    def __init__(self, *only: str, parameters: str = "") -> None:
        super().__init__()
        self.settings = settings_of(parameters)
        self.surveillance = Surveillance(self.settings, only)
        self.reports: list[Episode] = []
        self._names = 0
        list_spot(self, MARKET, reference=MIDDLE)

    def send(self, command: commands.AnyCommand, after_ns: int = 1_000_000) -> list[Event]:
        """Sequence a command, and let the detectors see its row."""
        spelled = super().send(command, after_ns)
        self._row(command, self.results[-1])
        return spelled

    def _row(self, command: commands.Command, events: list[Event]) -> None:
        self.reports += self.surveillance.take(self.exchange.seq, self.time_ns, command, events)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.send(commands.Tick(), int(seconds * NS_PER_SECOND))

    def person(
        self,
        name: str,
        *,
        participant: str = "",
        intermediary: str = "",
        retail: bool = False,
        resident: bool = True,
        keys: tuple[str, ...] = (),
        owners: tuple[str, ...] = (),
    ) -> str:
        """Register an investor with an account of that name and plenty of everything."""
        command = commands.RegisterInvestor(
            name, codes.INDIVIDUAL, resident, identity_keys=keys, owner_keys=tuple((key,) for key in owners)
        )
        # The core has no hook here that would register anybody.
        self._row(command, [InvestorRegistered(name, "retail" if retail else "qualified")])
        self.send(commands.OpenAccount(name, participant or name, name, intermediary))
        for asset in ("BTC", "RUB"):
            self.send(commands.Deposit(name, asset, 10**12))
        return name

    def block(self, name: str) -> None:
        """Put an investor on the list of blocked owners."""
        self._row(commands.SetBlocked(name, True, "list"), [])

    def refuse(self, account: str, side: int, lots: int, rule: str) -> None:
        """A rule refuses an order."""
        holder = self.exchange.accounts[account]
        command = commands.NewOrder(
            holder.participant, account, "r", MARKET, side, codes.LIMIT, codes.GTC, E8, lots * E8
        )
        event = Rejected(0, account, 0, "r", MARKET, codes.COMPLIANCE, rule=rule, side=side, quantity_e8=lots * E8)
        self._row(command, [event])

    def enter(self, account: str, side: int, price: int, lots: int, *, ioc: bool = False, market: str = MARKET) -> int:
        """Enter a limit order; its id."""
        self._names += 1
        tif = codes.IOC if ioc else codes.GTC
        participant = self.exchange.accounts[account].participant
        self.send(
            commands.NewOrder(
                participant, account, f"o{self._names}", market, side, codes.LIMIT, tif, price * E8, lots * E8
            )
        )
        accepted = [event for event in self.results[-1] if isinstance(event, OrderAccepted)]
        assert accepted, self.results[-1]
        return accepted[0].order_id

    def buy(self, account: str, price: int, lots: int, *, ioc: bool = False) -> int:
        """Enter a buy."""
        return self.enter(account, codes.BUY, price, lots, ioc=ioc)

    def sell(self, account: str, price: int, lots: int, *, ioc: bool = False) -> int:
        """Enter a sale."""
        return self.enter(account, codes.SELL, price, lots, ioc=ioc)

    def cancel(self, account: str, order: int) -> None:
        """Cancel an order."""
        self.send(commands.CancelOrder(self.exchange.accounts[account].participant, account, order, ""))

    def transfer(
        self,
        account: str,
        to_account: str,
        asset: str,
        amount: int,
        *,
        purpose: int = codes.DOMESTIC_PAYMENT,
        contract: str = "",
    ) -> None:
        """Move minor units of an asset."""
        self._names += 1
        participant = self.exchange.accounts[account].participant
        self.send(
            commands.Transfer(participant, account, f"t{self._names}", to_account, asset, amount, purpose, contract)
        )

    def quoted(self, lots: int = 100, spread: int = 10) -> None:
        """Two makers quote both sides around the middle, at three prices each."""
        for maker in ("maker-1", "maker-2"):
            if maker not in self.exchange.accounts:
                self.person(maker)
            for level in range(3):
                self.buy(maker, MIDDLE - spread * (level + 1), lots)
                self.sell(maker, MIDDLE + spread * (level + 1), lots)

    @property
    def found(self) -> list[str]:
        """The names of the detectors that reported, in order."""
        return [report.detector for report in self.reports]


def opened(account: str, investor: str) -> AccountOpened:
    """An account of an investor, held directly."""
    return AccountOpened(account, investor, investor, "")
