"""Random commands of every kind at once, for a venue where all that the core knows is listed, under a hook or none.

Other generators look at one part of the core in depth, beside a second implementation. This one mixes all parts: futures in
roubles, in a stablecoin that can be frozen and in crypto that is traded itself, spot, notes, transfers, issuance, rulebooks
that change, kill switches, corrections, days and years that end, and numbers at the end of their range.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

import msgspec

from compliance import digest_of, load_rulebook, warning_texts
from engine.record.rows import encode_events
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_E8, MAX_SUPPLY, NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand, Sequenced
from engine.vocabulary.messages.events import Event
from gateway.venue.venue import load_rulebook_documents
from tests.support.engine.draws.absence_draws import drawn_absence
from tests.support.engine.draws.access_draws import drawn_access
from tests.support.engine.draws.everything_draws import ACCOUNTS, ASSETS, NOTES, SPOTS, START_NS, Draws
from tests.support.engine.draws.updates import drawn_rates, drawn_update

RULEBOOKS: Final = {name: load_rulebook_documents(name) for name in ("general-2026", "elr-2025", "derivatives-2025")}
PARAMETERS: Final = (
    ("RET-1", "retail_cap_rub", "500000"),
    ("RET-1", "retail_cap_rub", "100.00"),
    ("RET-1", "cap_basis", "net_of_sales"),
    ("RET-1", "cap_window", "rolling_year"),
    ("RET-1", "crypto_for_crypto_counted", "true"),
    ("RET-2", "on_tier_loss", "grace"),
    ("RET-2", "on_tier_loss", "halt"),
    ("LIQ-2", "assets", "BTC,XMR"),
    ("DER-4", "qualified_rub", "1000"),
    ("ANON-1", "enabled", "false"),
    ("RET-4", "authorisation_required", "true"),
    ("SAN-1", "nosuch", "true"),
    ("RISK-1", "warning_text", "another text"),
    ("RET-1", "starts", "2026-01-03"),
    ("DISC-1", "min_cover", "200.00"),
    ("DISC-1", "min_cover", "100.00"),
    ("SUIT-1", "enabled", "true"),
    ("SUIT-1", "enabled", "false"),
    ("ABUSE-1", "terms", "layering"),
    ("AML-1", "names_required", "off"),
    ("AML-2", "waits_from", "medium"),
    ("COOL-1", "enabled", "true"),
    ("COOL-1", "hours", "1"),
)
GENERAL: Final = load_rulebook(*RULEBOOKS["general-2026"])
TEXTS: Final = (*warning_texts(GENERAL), "another text")
"""Of the warning: the first one is in force under the rulebook that has one."""
ODD: Final = (0, -1, 1, 2, 7, 99, 10**9 + 1, 2**31, 2**32, 2**53 + 1, MAX_E8 - 1, MAX_E8, -(2**63))


def key_of(document: str) -> str:
    """An identity key of a document that is called so."""
    return f"00000001-{document.encode().hex():0>32}"


def disclosure_of(asset: str, cover_ppm: int) -> commands.PublishDisclosure:
    """What an issuer discloses of an asset."""
    return commands.PublishDisclosure(asset, digest_of("its terms"), "its terms", cover_ppm, by="supervisor")


class Everything(Draws):
    """One exchange, and random commands aimed at what it holds."""

    # ── the venue at the start ─────────────────────────────────────────────────────────────────────────────────────

    def setup(self) -> list[AnyCommand]:
        """Assets, instruments, accounts and money: of most people little."""
        chance = self.chance
        out: list[AnyCommand] = [*ASSETS, commands.SetVenueRules(test=True)]
        if self.rulebook:
            out.append(commands.LoadRulebook(*RULEBOOKS[self.rulebook], "supervisor", "start"))
            if self.rulebook == "general-2026":
                # Most that leaves waits, for an hour or a word.
                everybody = "retail,qualified,super_qualified,qualified_firm"
                for rule, key, value in (
                    ("COOL-1", "enabled", "true"),
                    ("COOL-1", "hours", "1"),
                    ("COOL-1", "classes", everybody),
                ):
                    out.append(commands.SetParameter(rule, key, value, "start", "supervisor"))
            out += [commands.RegisterIntermediary(name, True, 10**9) for name in ("north", "south")]
            out += [
                commands.PublishWarning(text, "start", "supervisor")
                for text in TEXTS[self.rulebook == "general-2026" :]
            ]
            out += [disclosure_of(asset, 2_000_000) for asset in ("A7A5", "DFA")]
            for investor in dict.fromkeys(each[2] for each in ACCOUNTS):
                out.append(self.investor(investor, True))
                out.append(commands.RecordTest(investor, "risk", 100, START_NS))
                out.append(commands.RecordTest(investor, "knowledge", 100, START_NS))
                out.append(commands.RecordAcknowledgement(investor, digest=digest_of(TEXTS[0])))
        for name in (*SPOTS, *NOTES):
            base, quote = name.split("/")
            fees = chance.choice(((0, 0), (0, 1_000), (-1_000, 2_501), (333, 333), (-100_000, 1_000_000)))
            kind = codes.NOTE if name in NOTES else codes.SPOT
            out += self.listing(name, kind, base, quote, *fees, underlying="BTC" if kind == codes.NOTE else "")
        for _ in range(3):
            out += self.future()
        for account in ACCOUNTS:
            out.append(commands.OpenAccount(*account))
            for asset in ASSETS:
                most = chance.choice((50_000, 400_000, 5_000_000)) if asset.asset != "ETH" else 500
                out.append(
                    commands.Deposit(account[0], asset.asset, MAX_SUPPLY // 9 if self.rich else most, origin="before")
                )
        out.append(commands.SetMarginRules(chance.choice((1, 60, 600)) * NS_PER_SECOND))
        out.append(commands.SetVenueRules(chance.randrange(5), "seed"))
        return out

    # ── the next command ───────────────────────────────────────────────────────────────────────────────────────────

    def send(self, command: AnyCommand) -> list[Event]:
        """Apply a command at the time that is now; what happened can be written down, and the state is sound."""
        sequenced = Sequenced(self.exchange.seq + 1, self.time_ns, command)
        self.history.append(sequenced)
        happened = self.exchange.apply(sequenced)
        encode_events(happened)
        return happened

    def step(self) -> AnyCommand:
        """Draw the next command, and let the time before it pass."""
        chance = self.chance
        roll = chance.random()
        self.time_ns = max(self.time_ns, self.exchange.advanced_ns)
        due_ns = self.exchange.next_due_ns() - self.time_ns
        if roll < 0.05:
            self.time_ns += max(due_ns + chance.randrange(-1, 2), 0)
        elif roll < 0.9:
            self.time_ns += chance.choice((0, 0, 1, 1_000_000, 300_000_000, 5 * NS_PER_SECOND))
        elif roll < 0.9985:
            self.time_ns += chance.choice((60, 600)) * NS_PER_SECOND
        else:
            self.time_ns += chance.choice((1, 2, 40, 400)) * NS_PER_DAY // chance.choice((1, 9))
        return self.odd(self.draw())

    def odd(self, command: AnyCommand) -> AnyCommand:
        """The same command, seldom with a field that makes no sense."""
        chance = self.chance
        if chance.random() > 0.04:
            return command
        name = chance.choice(command.__struct_fields__ or ("",))
        if not name:
            return command
        value = getattr(command, name)
        if isinstance(value, bool):
            return msgspec.structs.replace(command, **{name: not value})
        if isinstance(value, int):
            return msgspec.structs.replace(command, **{name: chance.choice(ODD)})
        if isinstance(value, str):
            text = chance.choice(("", "nosuch", "\x00", "x" * 100, "a", "F1", "RUB"))
            return msgspec.structs.replace(command, **{name: text})
        return command

    def draw(self) -> AnyCommand:
        chance = self.chance
        books = self.exchange.books.values()
        stuck = [each.instrument for each in books if each.phase != codes.CONTINUOUS]
        stuck = [each for each in stuck if each.future is None or not each.future.expired]
        if stuck and chance.random() < 0.35:
            return commands.SetPhase(chance.choice(stuck).instrument, codes.CONTINUOUS)
        if self.exchange.killed and chance.random() < 0.3:
            scope, _, key = chance.choice(list(self.exchange.killed)).partition(":")
            return commands.SetKillSwitch(codes.SCOPES.index(scope), key, False)
        if self.rulebook and chance.random() < 0.02:
            blocked = chance.choice(ACCOUNTS)[2]
            return commands.SetBlocked(blocked, False, "mended", "supervisor")
        if self.living() < 3 and chance.random() < 0.1:
            listing, rules, phase = self.future()
            self.waiting.extend((rules, phase))
            return listing
        if self.waiting:
            return self.waiting.pop(0)
        kinds: tuple[tuple[int, Callable[[], AnyCommand]], ...] = (
            (500, self.order),
            (70, self.amend),
            (50, lambda: commands.CancelOrder(*self.named())),
            (8, self.mass_cancel),
            (40, self.pair),
            (25, self.mass_quote),
            (40, self.transfer),
            (40, self.withdrawal),
            (60 if self.exchange.movements else 3, self.movement),
            (5, self.delivery),
            (40, self.index_price),
            (20, self.mark),
            (15, lambda: commands.CloseOut(self.account()[0], self.instrument(True), "drawn")),
            (4, lambda: commands.SetMarginRules(chance.choice((1, 60, 3_600)) * NS_PER_SECOND)),
            (40, self.correction),
            (60 if self.exchange.proposals else 4, self.approval),
            (20, self.issuance),
            (15, self.freeze),
            (15, self.arrest),
            (15, lambda: drawn_absence(chance, self.exchange, *self.account())),
            (15, lambda: drawn_access(chance, self.exchange)),
            (40, self.money),
            (10, lambda: commands.SetPhase(self.instrument(), chance.randrange(8))),
            (10, lambda: self.rules(self.instrument())),
            (4, lambda: drawn_update(chance, self.instrument())),
            (3, lambda: drawn_rates(chance, self.account()[1])),
            (4, self.schedule),
            (4, self.kill),
            (3, self.limits),
            (3, self.halt),
            (2, lambda: commands.SetVenueRules(chance.randrange(5), f"seed {chance.random()}")),
            (8, self.passing),
            (8, self.resend),
            (2, lambda: commands.OpenAccount(f"n{self.exchange.seq}", "a", "ann", chance.choice(("", "north")))),
            (1, lambda: commands.AddAsset(f"N{self.exchange.seq}", chance.randrange(5), chance.randrange(19))),
            (40 if self.rulebook else 0, self.rule),
            (30 if self.exchange.docket.cases else 12, self.case),
        )
        return chance.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]()

    def passing(self) -> AnyCommand:
        """Nothing but time, or some of it at once."""
        if self.chance.random() < 0.75:
            return commands.Tick()
        until_ns = self.time_ns + self.chance.choice((0, 1, 60, 3_600)) * NS_PER_SECOND
        return commands.AdvanceTime(until_ns, "drawn", "otto")

    def arrest(self) -> AnyCommand:
        """A paper that arrests something, or the end of one: few are in force at once, so that the others go on."""
        chance = self.chance
        papers = list(self.exchange.arrests)
        if papers and chance.random() < 0.2 + 0.15 * len(papers):
            return commands.LiftArrest(chance.choice(papers), "drawn", "sue")
        account, _, investor, _ = chance.choice(ACCOUNTS)
        of_all = chance.random() < 0.4
        asset = chance.choice(("", self.asset()))
        share = chance.choice((1, 300_000, 900_000, 1_000_000, 1_000_000))
        amount = chance.choice((0, 0, self.amount())) if asset else 0
        return commands.Arrest(
            f"1-{self.exchange.seq}/2025", "the court", "2025-12-30", investor if of_all else "", "" if of_all else account,
            asset, 0 if amount else share, amount, chance.random() < 0.5, "drawn", "sue",
        )  # fmt: skip

    def case(self) -> AnyCommand:
        """What looks like abuse, and what supervisors make of it."""
        chance, docket = self.chance, self.exchange.docket
        seqs = tuple(chance.randrange(1, max(self.exchange.seq, 2)) for _ in range(chance.randrange(1, 4)))
        investors = tuple(chance.sample([each[2] for each in ACCOUNTS], chance.randrange(3)))
        term, markets = chance.choice(("wash_trade", "layering", "no_term")), (self.instrument(),)
        alert = chance.choice([0, *docket.alerts])
        case, other = (chance.choice([1, *docket.cases]) for _ in range(2))
        outcome = chance.randrange(4)
        merged = other if outcome == codes.MERGED else 0
        return chance.choice(
            (
                commands.RaiseAlert("drawn", "v1", term, investors, (), markets, seqs, figures={"n": "1"}, by="eye"),
                commands.OpenCase(term, investors, markets, seqs, alert, "drawn", self.supervisor()),
                commands.AddEvidence(case, seqs, investors, markets, "drawn", self.supervisor()),
                commands.CloseCase(case, outcome, merged, "drawn", self.supervisor()),
                commands.DismissAlert(alert, "drawn", self.supervisor()),
            )
        )

    def withdrawal(self) -> commands.RequestWithdrawal:
        chance = self.chance
        account, participant = self.account()
        self.number += 1
        asset, known = self.asset(), self.exchange.accounts.get(account)
        amount = self.amount()
        if known is not None and chance.random() < 0.3:
            amount = known.available(self.exchange.assets[asset])
        destination = chance.choice(("a bank", "an address", "an address", ""))
        return commands.RequestWithdrawal(participant, account, f"w{self.number}", asset, amount, destination)

    def movement(self) -> AnyCommand:
        """What is said about something that waits to leave an account, or about nothing that does."""
        chance, waiting = self.chance, list(self.exchange.movements.values())
        number, account = self.exchange.seq, self.account()[0]
        if waiting:
            found = chance.choice(waiting)
            number, account = found.movement, found.account
        roll = chance.random()
        if roll < 0.35:
            known = self.exchange.accounts.get(account)
            return commands.CancelWithdrawal("a" if known is None else known.participant, account, number)
        if roll < 0.75:
            return commands.ReleaseMovement(number, "drawn", "supervisor")
        return commands.RefuseMovement(number, "drawn", "supervisor")

    # ── compliance ─────────────────────────────────────────────────────────────────────────────────────────────────

    def investor(self, name: str, qualified: bool) -> commands.RegisterInvestor:
        chance = self.chance
        kind = codes.FIRM if name in ("gus", "fox") else codes.INDIVIDUAL
        return commands.RegisterInvestor(
            name, kind, name != "cat", 10**9 if qualified else chance.choice((0, 10**5)), 10**9 if qualified else 0,
            financial=name == "fox", capital_rub=10**9, bank=name == "fox" and chance.random() < 0.5, by="supervisor",
            identity_keys=(key_of(name), key_of(f"{name}'s passport"))[: len(self.history) % 3],
            owner_keys=self.owners() if kind == codes.FIRM else None,
            risk_level=(None, "high", "", "low", "medium", "high")[len(self.history) % 6],
        )  # fmt: skip

    def contract(self, payer: str) -> commands.RegisterContract:
        chance = self.chance
        payee = chance.choice(("cat", chance.choice(ACCOUNTS)[2]))
        asset, amount = chance.choice(("RUB", "BTC", "USDT")), chance.choice((10**4, 10**9, self.amount()))
        return commands.RegisterContract("contract", payer, payee, asset, amount, "2025-12-01", "x", by="supervisor")

    def owners(self) -> tuple[tuple[str, ...], ...] | None:
        """A firm's beneficial owners: persons who trade themselves, of both firms, by either document; or somebody else; or as before.

        Drawn apart, so that all else is drawn as if there were none.
        """
        chance = random.Random(len(self.history))
        if chance.random() < 0.5:
            return None
        names = chance.sample(("ann", "ann's passport", "bob", "dan's passport", "eve", "zoe"), chance.randrange(3))
        return tuple((key_of(name),) for name in names)

    def change(self) -> Any:
        chance = self.chance
        investor = chance.choice(ACCOUNTS)[2]
        test, taken_ns = (
            chance.choice(("knowledge", "risk", "crypto", "future")),
            self.time_ns - chance.choice((0, 300, 364)) * NS_PER_DAY,
        )
        kinds: tuple[tuple[int, Callable[[], Any]], ...] = (
            (6, lambda: self.investor(investor, chance.random() < 0.8)),
            (
                4,
                lambda: commands.RegisterIntermediary(
                    chance.choice(("north", "south")),
                    True,
                    10**9,
                    chance.random() < 0.2,
                    own_investor=chance.choice((None, None, "", "gus", "fox")),
                ),
            ),
            (4, lambda: commands.RecordTest(investor, test, chance.choice((100, 90, 10)), taken_ns)),
            (4, lambda: commands.RecordAcknowledgement(investor, digest=digest_of(chance.choice((*TEXTS, "unknown"))))),
            (1, lambda: commands.PublishWarning(chance.choice((*TEXTS, f"text {chance.random()}")), "x", "supervisor")),
            (3, lambda: self.contract(investor)),
            (3, lambda: commands.SetBlocked(investor, chance.random() < 0.4, "drawn")),
            (
                4,
                lambda: commands.AuthoriseClient(
                    "north", investor, chance.choice((2025, 2026, 2027)), chance.random() < 0.8, "x"
                ),
            ),
            (
                4,
                lambda: commands.UpdateAsset(
                    chance.choice(("BTC", "ETH", "XMR")), chance.choice((0, 10**13)), 10**12, 6, "x"
                ),
            ),
            (
                3,
                lambda: commands.SetCustody(
                    chance.choice(ACCOUNTS)[0], chance.randrange(3), "drawn", self.supervisor()
                ),
            ),
            (
                3,
                lambda: msgspec.structs.replace(
                    disclosure_of(chance.choice(("DFA", "DFA", "A7A5", "BTC")), chance.choice((0, 10**6, 2 * 10**6))),
                    until=chance.choice(("", "2026-06-30")),
                    issuer=chance.choice(("", "", "b")),
                ),
            ),
            (10, lambda: commands.SetParameter(*chance.choice(PARAMETERS), "drawn", self.supervisor())),
            (3, lambda: commands.LoadRulebook(*chance.choice(list(RULEBOOKS.values())), self.supervisor(), "drawn")),
        )
        return chance.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]()

    def rule(self) -> AnyCommand:
        chance = self.chance
        change = self.change()
        if chance.random() < 0.3:
            after_ns = chance.choice((1, 60, 3_600, 90_000)) * NS_PER_SECOND
            return commands.EffectiveFrom(self.time_ns + after_ns, change, "drawn", self.supervisor())
        return change
