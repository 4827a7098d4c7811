"""Papers that arrest holdings: what they claim, and what of it there is. Sales that a paper allows are not here."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_ARRESTS_PER_INVESTOR, MAX_NAME_CHARS, MAX_SUPPLY
from engine.vocabulary.messages import commands, events
from engine.vocabulary.names import is_printable
from tests.reference.cases import Cases
from tests.reference.state import PPM, round_up


class Arrests(Cases):
    """What courts and investigators have arrested."""

    def arrest(self, command: commands.Arrest) -> None:
        code = self.paper_problem(command)
        if code:
            self.refuse_command(code)
            return
        self.papers[command.arrest] = command
        self.emit(events.RulesChanged("arrest", command.arrest, "", command.reason, command.by))
        accounts = self.named_in(command)
        left = command.amount
        for account in accounts:
            for asset in [command.asset] if command.asset else list(self.assets):
                total = self.accounts[account].totals.get(asset, 0)
                if command.amount:
                    wanted = left if account == accounts[-1] else min(total, left)
                    left -= wanted
                else:
                    wanted = round_up(total * command.share_ppm)
                whole = command.share_ppm == PPM
                if wanted:
                    self.claims[(account, asset, command.arrest)] = wanted
                if wanted or whole:
                    self.take_up()
                    self.make_room(account, asset)
                if wanted:
                    self.tell_arrest(command, account, asset, command)
        self.work_off()

    def paper_problem(self, command: commands.Arrest) -> int:
        named = (command.arrest, command.authority, command.dated)
        seen = all(name.strip() and len(name) <= MAX_NAME_CHARS and is_printable(name) for name in named)
        if not seen or command.arrest in self.papers:
            return codes.INVALID
        if bool(command.account) == bool(command.investor):
            return codes.INVALID
        if command.account and command.account not in self.accounts:
            return codes.UNKNOWN_ACCOUNT
        if not self.named_in(command):
            return codes.INVALID
        if command.asset and command.asset not in self.assets:
            return codes.INVALID
        if not 0 <= command.share_ppm <= PPM or not 0 <= command.amount <= MAX_SUPPLY:
            return codes.INVALID
        if bool(command.share_ppm) == bool(command.amount):
            return codes.INVALID
        whose = self.accounts[self.named_in(command)[0]].investor
        others = sum(self.accounts[self.named_in(each)[0]].investor == whose for each in self.papers.values())
        too_many = others >= MAX_ARRESTS_PER_INVESTOR
        return codes.INVALID if (command.amount and not command.asset) or too_many else 0

    def named_in(self, paper: commands.Arrest) -> list[str]:
        """The accounts of a paper, as they were opened."""
        return [
            name
            for name, account in self.accounts.items()
            if (paper.account == name if paper.account else paper.investor == account.investor)
        ]

    def make_room(self, account: str, asset: str) -> None:
        """End what waits to leave, then the newest orders that hold back what is claimed."""
        for movement in self.newest_waiting(account, asset):
            if self.arrested.get((account, asset), 0) < self.claimed(account, asset):
                self.end_wait(movement, codes.MOVEMENT_FAILED)
        for order in self.newest_first(account):
            lacks = self.arrested.get((account, asset), 0) < self.claimed(account, asset)
            if lacks and order.live and self.asset_of(order) == asset and self.burdens(order, asset):
                self.end(order, codes.BY_RULE)

    def lift(self, command: commands.LiftArrest) -> None:
        paper = self.papers.get(command.arrest)
        if paper is None:
            self.refuse_command(codes.INVALID)
            return
        accounts, whole = self.named_in(paper), paper.share_ppm == PPM
        del self.papers[command.arrest]
        self.emit(events.RulesChanged("arrest", command.arrest, "", command.reason, command.by))
        for account in accounts:
            for asset in self.assets:
                claim = self.claims.pop((account, asset, command.arrest), 0)
                held = self.arrested.get((account, asset), 0)
                self.arrested[(account, asset)] = min(held, self.claimed(account, asset))
                had = whole and paper.asset in ("", asset) and self.accounts[account].totals.get(asset, 0) > 0
                if had or (claim and not whole):
                    self.take_up()
                    self.tell_arrest(paper, account, asset, command)

    def tell_arrest(
        self, paper: commands.Arrest, account: str, asset: str, command: commands.Arrest | commands.LiftArrest
    ) -> None:
        in_force = paper.arrest in self.papers
        claim = self.claims.get((account, asset, paper.arrest), 0)
        self.emit(
            events.HoldingArrested(
                account,
                self.report(account),
                asset,
                paper.arrest,
                paper.authority,
                paper.dated,
                (-1 if paper.share_ppm == PPM else claim) if in_force else 0,
                paper.sales_allowed,
                self.arrested.get((account, asset), 0),
                self.available(account, asset),
                self.reserved(account, asset),
                0,
                command.reason,
                command.by,
            )
        )
