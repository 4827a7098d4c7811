"""Commands of compliance: rulebooks, parameters, the registry. Forwarded to the hook, which alone knows what they mean.

Values as in `engine.vocabulary.messages.commands`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Command


class LoadRulebook(Command, tag=40, frozen=True):
    """Put a rulebook in force. It travels whole: the TOML of the book and of those it includes, by name."""

    name: str
    documents: dict[str, str]
    by: str = ""
    reason: str = ""


class RegisterInvestor(Command, tag=41, frozen=True):
    """Register an investor, or change the record. Evidence in whole roubles; the rulebook makes the class of it.

    None: left out. It stays as it is; in a new record, or with `replace`, it is 0, false or empty, and `resident` true.
    """

    investor: str
    kind: int
    resident: bool | None = None
    assets_rub: int | None = None
    """Individuals: securities and deposits. Firms: net assets."""
    income_rub: int | None = None
    """Individuals: last year's income. Firms: last year's revenue."""
    financial: bool | None = None
    """A bank or another financial firm."""
    capital_rub: int | None = None
    blocked: bool | None = None
    """Taken off the list by `SetBlocked` alone."""
    class_override: str | None = None
    """A class set by the supervisor instead of the derived one; the reason is then required. Empty: the derived one."""
    reason: str = ""
    bank: bool | None = None
    """A credit institution (DER-3)."""
    by: str = ""
    replace: bool = False
    earlier_income_rub: int | None = None
    """Individuals: income of the year before last (QUAL-0)."""
    certified: bool | None = None
    """Whether education or a certificate speaks for an individual (QUAL-0)."""
    foreign_trade: bool | None = None
    """Registered as a foreign-trade party: retail needs it to settle contracts (SET-1)."""
    identity_keys: tuple[str, ...] | None = None
    """Of documents (ID-1), made at the edge: no command holds their numbers. Added to those on record, also by `replace`:
    whose a document is, is never forgotten."""
    owner_keys: tuple[tuple[str, ...], ...] | None = None
    """A firm's beneficial owners, each by identity keys: all of them."""
    risk_level: str | None = None
    """Low, medium or high (AML-2); empty: not assessed."""


class RegisterIntermediary(Command, tag=42, frozen=True):
    """Register an intermediary, or change the record; `suspended` stops its clients from buying (INT-1).

    None: left out. It stays as it is; in a new record, or with `replace`, it is 0, false or empty, and `licensed` true.
    """

    intermediary: str
    licensed: bool | None = None
    capital_rub: int | None = None
    suspended: bool | None = None
    reason: str = ""
    licence: str | None = None
    """Its number, for people."""
    bank: bool | None = None
    """A credit institution (DER-3)."""
    by: str = ""
    replace: bool = False
    own_investor: str | None = None
    """The investor who is the intermediary itself: all others held through it are its clients (CUST-1)."""


class RecordTest(Command, tag=43, frozen=True):
    """Record the result of an investor's test: `knowledge` (RET-3), `risk` (QUAL-1), or the name of a product (SUIT-1)."""

    investor: str
    test: str
    score: int
    """Percent, 0 to 100."""
    taken_ns: int
    """When it was taken, nanoseconds since the epoch, UTC."""
    by: str = ""


class RecordAcknowledgement(Command, tag=44, frozen=True):
    """Record that an investor acknowledged a text of the risk warning (RISK-1): that one, and no other."""

    investor: str
    version: int = 0
    """Of journals up to core version 5, which had no digest. It says nothing of a text."""
    by: str = ""
    digest: str = ""
    """SHA-256 of the text, in hexadecimal, as the venue tells it."""


class SetBlocked(Command, tag=45, frozen=True):
    """Put an investor on the list of blocked owners, or take it off (SAN-1)."""

    investor: str
    blocked: bool
    reason: str = ""
    by: str = ""


class AuthoriseClient(Command, tag=46, frozen=True):
    """Authorise an investor to buy through an intermediary in a Moscow calendar year, or withdraw that (RET-4)."""

    intermediary: str
    investor: str
    year: int
    authorised: bool = True
    reason: str = ""
    by: str = ""


class UpdateAsset(Command, tag=47, frozen=True):
    """Replace the figures of an asset from which its liquidity tier follows (LIQ-1)."""

    asset: str
    market_cap_rub: int
    turnover_rub: int
    history_years: int
    reason: str = ""
    by: str = ""


class SetParameter(Command, tag=48, frozen=True):
    """Change one parameter of a rule in force, or its `enabled`; until the next rulebook is loaded."""

    rule: str
    key: str
    value: str
    """As in a rulebook, without quotes: `500000.00`, `70`, `true`, `aggregate`; a list is separated by commas."""
    reason: str = ""
    by: str = ""


class RegisterContract(Command, tag=60, frozen=True):
    """Register a contract of foreign trade, which transfers use up (SET-1), or amend one: the parties and the currency stay."""

    contract: str
    """Its number."""
    payer: str
    """An investor, as is `payee`: one of them a resident and one not."""
    payee: str
    asset: str
    """The currency: RUB, or another asset."""
    amount: int
    """In minor units of the currency."""
    concluded: str
    """Its date, YYYY-MM-DD."""
    subject: str
    reason: str = ""
    by: str = ""


class PublishWarning(Command, tag=61, frozen=True):
    """Make a text of the risk warning known, so that it can be acknowledged before it is in force (RISK-1)."""

    text: str
    reason: str = ""
    by: str = ""


class SetCustody(Command, tag=66, frozen=True):
    """Have an account held in another way (CUST-1)."""

    account: str
    custody: int
    reason: str = ""
    by: str = ""


class PublishDisclosure(Command, tag=67, frozen=True):
    """Put an issuer's disclosure of an asset on record, in place of the one before (DISC-1)."""

    asset: str
    digest: str
    """SHA-256 of the document, in hexadecimal."""
    title: str
    cover_ppm: int
    """What covers what is outstanding, in millionths of it: 1000000 covers it whole."""
    until: str = ""
    """The last Moscow date on which it counts, YYYY-MM-DD; empty: until the next one."""
    issuer: str = ""
    """The issuer who asks; empty: the venue does."""
    reason: str = ""
    by: str = ""


HookCommand = (
    LoadRulebook
    | RegisterInvestor
    | RegisterIntermediary
    | RecordTest
    | RecordAcknowledgement
    | SetBlocked
    | AuthoriseClient
    | UpdateAsset
    | SetParameter
    | RegisterContract
    | PublishWarning
    | PublishDisclosure
    | SetCustody
)


class EffectiveFrom(Command, tag=49, frozen=True):
    """Carry out a compliance command at a time in the future: a rulebook, a parameter or a record with an effective date."""

    effective_ns: int
    """Nanoseconds since the epoch, UTC."""
    change: HookCommand
    reason: str = ""
    by: str = ""
