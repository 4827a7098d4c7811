"""ID-1 in the registry: random registrations beside a plain list of what was said, and what a snapshot keeps of it."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from compliance import ComplianceHook
from compliance.registry.persons import MAX_FIRMS_OF_PERSON, MAX_KEYS_OF_PERSON, MAX_OWNERS, is_key
from engine.vocabulary.codes import BUY, COMPLIANCE, FIRM, INDIVIDUAL, PURPOSES
from engine.vocabulary.messages.commands import (
    AnyCommand,
    Deposit,
    OpenAccount,
    RegisterInvestor,
    SetBlocked,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    CommandRejected,
    InvestorRegistered,
    OrderCancelled,
    RegistryChanged,
    RequestRejected,
    Trade,
)
from tests.support.compliance.identities import key_of
from tests.support.compliance.venue import PARTICIPANT, Venue
from tests.support.engine.streams import blocks_of

PEOPLE = ("ann", "ben", "cat", "dan")
FIRMS = ("fir", "gas", "hay")
SEEDS = range(80)
FEW_SEEDS = range(8)
DOCUMENTS = [key_of(f"document {number}") for number in range(14)]


class Said:
    """What registrations have said, in the plainest form: lists of documents that belong together, and who owns what."""

    def __init__(self) -> None:
        self.together: list[set[str]] = []
        self.kinds: dict[str, int] = {}
        self.own: dict[str, set[str]] = {}
        self.owners: dict[str, list[set[str]]] = {}

    def person(self, keys: set[str]) -> frozenset[str]:
        """All documents of whoever has one of these."""
        found = set(keys)
        for _ in self.together:
            for group in self.together:
                if group & found:
                    found |= group
        return frozenset(found)

    def try_out(self, command: RegisterInvestor) -> Said | None:
        """What would be said then; None: that can't be."""
        after = Said()
        after.kinds = self.kinds | {command.investor: command.kind}
        after.own = {name: set(keys) for name, keys in self.own.items()}
        after.own.setdefault(command.investor, set()).update(command.identity_keys or ())
        after.together = [*self.together, after.own[command.investor], *map(set, command.owner_keys or ())]
        after.owners = dict(self.owners)
        if command.owner_keys is not None or command.replace:
            after.owners[command.investor] = [set(keys) for keys in command.owner_keys or ()]
        return after if after.is_possible() else None

    def is_possible(self) -> bool:
        """Whether no two investors are one person, and owners are persons, each once."""
        own = [self.person(keys) for keys in self.own.values() if keys]
        if len(set(own)) < len(own):
            return False
        firms = {self.person(self.own[name]) for name, kind in self.kinds.items() if kind == FIRM and self.own[name]}
        for name, owners in self.owners.items():
            persons = [self.person(keys) for keys in owners]
            if owners and (self.kinds[name] != FIRM or not all(owners)):
                return False
            if firms & set(persons):
                return False
        return True

    def owned_by(self, name: str) -> set[frozenset[str] | str]:
        """The beneficial owners of an investor, itself included."""
        found: set[frozenset[str] | str] = {name}
        if self.own[name]:
            found.add(self.person(self.own[name]))
        return found | {self.person(keys) for keys in self.owners.get(name, ())}

    def linked(self, name: str) -> list[str]:
        return sorted(other for other in self.kinds if other != name and self.owned_by(name) & self.owned_by(other))


def drawn(chance: random.Random) -> RegisterInvestor:
    name = chance.choice((*PEOPLE, *FIRMS))
    kind = FIRM if (name in FIRMS) != (chance.random() < 0.05) else INDIVIDUAL
    keys = None if chance.random() < 0.3 else tuple(chance.sample(DOCUMENTS, chance.choice((0, 1, 1, 1, 2))))
    owners = None
    if (kind == FIRM and chance.random() < 0.7) or chance.random() < 0.05:
        owners = tuple(tuple(chance.sample(DOCUMENTS, chance.choice((1, 1, 2)))) for _ in range(chance.randrange(4)))
    return RegisterInvestor(name, kind, identity_keys=keys, owner_keys=owners, replace=chance.random() < 0.3)


@pytest.mark.long
@pytest.mark.parametrize("seeds", blocks_of([SEEDS], FEW_SEEDS))
def test_whoever_is_one_person_is_one_investor(seeds: range) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        chance = random.Random(seed)
        venue, said = Venue(), Said()
        for _ in range(25):
            command = drawn(chance)
            after = said.try_out(command)
            (answer, *rest) = venue.apply(command)
            if isinstance(answer, CommandRejected):
                # What the plain list allows may name an owner twice: that is refused, too.
                assert after is None or "named twice" in answer.detail, (seed, str(command), answer.detail)
                assert not any(key in answer.detail for key in DOCUMENTS)
                seen[answer.detail.partition(":")[0] + answer.detail[-12:]] += 1
            else:
                assert after is not None, (seed, command)
                said = after
                seen["done"] += 1
                seen["told"] += any(isinstance(event, RegistryChanged) for event in rest)
            check(venue, said)
        again(venue)
    assert seen["done"] > 5 * len(seeds)
    assert len(seen) > 5, seen


def check(venue: Venue, said: Said) -> None:
    """Who is linked with whom, in the hook and in the core, and who is blocked with whom."""
    registry = venue.hook.intake.registry
    for name in said.kinds:
        linked = said.linked(name)
        assert registry.investors[name].shares_owner_with == linked
        owner = venue.exchange.owners.get(name)
        assert ([] if owner is None else sorted(owner.linked)) == linked
    for name in said.kinds:
        registry.investors[name].blocked = True
        for other in said.kinds:
            owned = said.owned_by(other)
            person = said.person(said.own[name]) if said.own[name] else name
            assert (registry.investors[other].listed is not None) == (other == name or person in owned)
        registry.investors[name].blocked = False


def again(venue: Venue) -> None:
    """A hook that was restored knows the same persons."""
    packed = venue.hook.snapshot()
    twin = ComplianceHook()
    exchange = venue.exchange
    twin.restore(packed, exchange.assets, exchange.instruments, exchange.accounts)
    assert twin.snapshot() == packed
    for name, investor in venue.hook.intake.registry.investors.items():
        other = twin.intake.registry.investors[name]
        assert other.shares_owner_with == investor.shares_owner_with
        assert (other.person is None) == (investor.person is None)
        assert {tuple(person.keys) for person in other.owners} == {tuple(person.keys) for person in investor.owners}


def refusal(venue: Venue, command: RegisterInvestor) -> str:
    (answer,) = venue.apply(command)
    assert isinstance(answer, CommandRejected)
    assert answer.code == COMPLIANCE
    return answer.detail


def test_a_document_that_is_no_key_is_refused_and_not_repeated() -> None:
    venue = Venue()
    for text in (
        "7707083893",
        "",
        key_of("x").upper(),
        key_of("x")[:-1],
        key_of("x") + "0",
        key_of("x").replace("-", "0"),
    ):
        assert not is_key(text)
        own = RegisterInvestor("nameless", INDIVIDUAL, identity_keys=(text,))
        assert refusal(venue, own) == "documents: what stands there is no identity key"
        owned = RegisterInvestor("firm", FIRM, owner_keys=((text,),))
        assert refusal(venue, owned) == "owners: each is known by its identity keys"
    assert (
        refusal(venue, RegisterInvestor("firm", FIRM, owner_keys=((),))) == "owners: each is known by its identity keys"
    )


def test_what_is_kept_of_persons_has_bounds() -> None:
    venue = Venue()
    keys = tuple(key_of(f"many {number}") for number in range(MAX_KEYS_OF_PERSON))
    venue.do(RegisterInvestor("nameless", INDIVIDUAL, identity_keys=keys))
    more = RegisterInvestor("nameless", INDIVIDUAL, identity_keys=(key_of("one more"),))
    assert refusal(venue, more) == f"no more than {MAX_KEYS_OF_PERSON} documents of one person are kept"
    many = tuple((key_of(f"owner {number}"),) for number in range(MAX_OWNERS + 1))
    assert (
        refusal(venue, RegisterInvestor("firm", FIRM, owner_keys=many)) == f"owners: a firm names {MAX_OWNERS} at most"
    )
    for number in range(MAX_FIRMS_OF_PERSON):
        venue.do(RegisterInvestor(f"shell {number}", FIRM, owner_keys=((key_of("ann"),),)))
    one_more = RegisterInvestor("firm", FIRM, owner_keys=((key_of("ann"),),))
    too_many = f"a person is beneficial owner of {MAX_FIRMS_OF_PERSON} firms at most"
    assert refusal(venue, one_more) == too_many
    # Nor by another document, and the news that it is the same person's.
    venue.do(RegisterInvestor("firm", FIRM, owner_keys=((key_of("ann's passport"),),)))
    both = (key_of("ann"), key_of("ann's passport"))
    assert refusal(venue, RegisterInvestor("ann", INDIVIDUAL, identity_keys=both)) == too_many
    # A firm may be registered again with the same owner.
    venue.do(RegisterInvestor("shell 0", FIRM, owner_keys=((key_of("ann"),),), replace=True))


def test_two_owners_turn_out_to_be_one_person() -> None:
    venue = Venue()
    venue.do(RegisterInvestor("firm", FIRM, owner_keys=((key_of("tax"),), (key_of("passport"),))))
    assert len(venue.hook.intake.registry.investors["firm"].owners) == 2
    both = RegisterInvestor("nameless", INDIVIDUAL, identity_keys=(key_of("tax"), key_of("passport")))
    assert venue.do(both) == [
        InvestorRegistered("nameless", "retail"),
        RegistryChanged("identity", "nameless", "documents on record: 2"),
    ]
    assert len(venue.hook.intake.registry.investors["firm"].owners) == 1
    venue.do(SetBlocked("nameless", True))
    assert venue.buy("firm", "1", "BTC/RUB", "100").rule == "SAN-1"


def test_an_owner_who_is_not_registered_blocks_nobody_until_it_is() -> None:
    venue = Venue()
    venue.do(RegisterInvestor("firm", FIRM, assets_rub=200_000_000, owner_keys=((key_of("someone"),),)))
    assert not hasattr(venue.buy("firm", "1", "BTC/RUB", "100"), "rule")
    events = venue.do(RegisterInvestor("listed", INDIVIDUAL, identity_keys=(key_of("someone"),), blocked=True))
    assert [event.rule for event in events if hasattr(event, "rule")] == ["SAN-1"]


def test_an_owner_whom_another_firms_registration_finds_on_the_list_blocks_at_once() -> None:
    venue = Venue()
    venue.do(RegisterInvestor("retail", INDIVIDUAL, identity_keys=(key_of("tax"),), blocked=True))
    venue.do(RegisterInvestor("firm", FIRM, owner_keys=((key_of("passport"),),)))
    rests = venue.buy("firm", "0.001", "BTC/RUB", "100")
    assert not hasattr(rests, "rule")
    # The bank says that the two documents are one person's: the firm's owner is the blocked one.
    events = venue.do(RegisterInvestor("bank", FIRM, owner_keys=((key_of("tax"), key_of("passport")),)))
    assert [(event.account, event.rule) for event in events if isinstance(event, OrderCancelled)] == [("firm", "SAN-1")]
    assert venue.buy("firm", "0.001", "BTC/RUB", "100").rule == "SAN-1"


@pytest.mark.parametrize("seeds", blocks_of([SEEDS], FEW_SEEDS))
def test_everybody_is_decided_about_by_what_is_on_record_now(seeds: range) -> None:
    """The profile of each account is the one that its records make, and no open order is one that a rule refuses, at every step."""
    merged = 0
    for seed in seeds:
        chance = random.Random(seed)
        venue = Venue()
        for firm in FIRMS:
            venue.do(RegisterInvestor(firm, FIRM, assets_rub=10**9))
            venue.do(OpenAccount(firm, PARTICIPANT, firm))
            venue.do(Deposit(firm, "RUB", 10**9))
        registry = venue.hook.intake.registry
        for _ in range(60):
            blocked = [name for name, client in registry.clients.items() if client.investor.listed is not None]
            person, firm = chance.choice(PEOPLE), chance.choice(FIRMS)
            tax, passport = key_of(person), key_of(f"passport of {person}")
            owner = chance.choice(((passport,), (passport,), (tax,), (tax, passport)))
            command: AnyCommand = chance.choice(
                (
                    RegisterInvestor(person, INDIVIDUAL, identity_keys=(tax,)),
                    SetBlocked(person, chance.random() < 0.5),
                    RegisterInvestor(firm, FIRM, owner_keys=(owner,)),
                    drawn(chance),
                )
            )
            venue.apply(command)
            venue.buy(chance.choice(FIRMS), "0.001", "BTC/RUB", "100")
            table = venue.hook.intake.table
            assert table is not None
            for client in registry.clients.values():
                assert client.decisions is table.decisions(client), (seed, client.account, command)
            for account in venue.exchange.account_list:
                for order in account.open_orders.values():
                    assert venue.hook.recheck(order, venue.time_ns) is None, (seed, account.account, command)
            found = [name for name, client in registry.clients.items() if client.investor.listed is not None]
            merged += isinstance(command, RegisterInvestor) and bool({*found} - {*blocked, command.investor})
    assert merged > len(seeds) // 8, "hardly ever does a registration block somebody else"


def test_a_firm_of_a_blocked_owner_moves_nothing_either() -> None:
    venue = Venue()
    venue.do(RegisterInvestor("importer", FIRM, assets_rub=10**9, owner_keys=((key_of("retail"),),)))
    transfer = Transfer(PARTICIPANT, "abroad", "t1", "importer", "USDT", 5, PURPOSES.index("cross_border"), "7")
    venue.do(Withdraw("importer", "RUB", 5))
    venue.do(SetBlocked("retail", True))
    owner = "retail, a beneficial owner of investor importer, is on the list of blocked owners"
    assert venue.apply(Withdraw("importer", "RUB", 5)) == [CommandRejected(COMPLIANCE, f"SAN-1: {owner}")]
    (refused,) = venue.apply(transfer)
    assert isinstance(refused, RequestRejected)
    assert (refused.rule, refused.detail) == ("SAN-1", f"{owner}: may not move assets")


def test_nobody_trades_with_itself_through_a_firm() -> None:
    venue = Venue()
    venue.do(RegisterInvestor("dealer", FIRM, assets_rub=10**10, owner_keys=((key_of("retail"),),)))
    venue.sell("dealer", "0.01", "BTC/RUB", "1000")
    events = venue.enter("retail", BUY, "0.01", "BTC/RUB", "1000")
    assert not [event for event in events if isinstance(event, Trade)]
    # Another owner, and they are strangers.
    venue.do(RegisterInvestor("dealer", FIRM, assets_rub=10**10, owner_keys=((key_of("qualified"),),)))
    events = venue.enter("retail", BUY, "0.01", "BTC/RUB", "1000")
    assert [event for event in events if isinstance(event, Trade)]
