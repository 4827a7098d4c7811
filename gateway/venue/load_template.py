"""A venue to load: the default one with many participants more, and with as many instruments as are wanted."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Container, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from gateway.venue.template import DEFAULT_PORT, default_template, write_venue
from gateway.venue.venue import VenueError

MAX_PARTICIPANTS: Final = 10_000
MAX_CLIENTS: Final = 100
MAX_INSTRUMENTS: Final = 1_000
DEFAULT_CLIENTS: Final = 2
# What is set up at the first start is one frame of the journal; a command and its event take about
# 90 bytes, in all an eighth of what a frame holds. The three bounds above multiply beyond that.
MAX_COMMANDS: Final = 1_500_000
_COMMANDS_OF_PARTICIPANT: Final = 9
_COMMANDS_OF_CLIENT: Final = 9

_ROUBLES: Final = 10_000_000_000
"""What the main account of a participant opens with."""
_WORTH: Final = Decimal(1_000_000_000)
"""In roubles, of each thing that can be traded, beside them."""
_CLIENT_DEPOSITS: Final = '{ RUB = "1500000", BTC = "0.05", ETH = "1" }'
_QUALIFIED_DEPOSITS: Final = '{ RUB = "30000000", BTC = "0.05", ETH = "1" }'
_KNOWLEDGE: Final = '[{ test = "knowledge", score = 90, taken = @days-ago:30@ }]'
_RISK: Final = '[{ test = "risk", score = 85, taken = @days-ago:30@ }]'
_RETAIL: Final = {"kind": '"individual"', "assets_rub": "900_000", "income_rub": "1_400_000"}
_QUALIFIED: Final = {"kind": '"individual"', "assets_rub": "38_000_000", "income_rub": "6_000_000"}
# Issued at this venue, so not deposited; the template's limit, and the issuer's capital, of which DER-3 lets it issue a hundredth,
# are for the demonstration's few.
_ISSUED: Final = "KAPPA-DFA"
_ISSUE_LIMIT: Final = ('issue_limit = "10000000"', 'issue_limit = "100000000000"')
_ISSUER_CAPITAL: Final = "capital_rub = 20_000_000_000\n"
_CAPITAL_OF_ISSUE: Final = 100
"""Roubles of capital for a rouble that is issued."""

_HELD: Final = re.compile(r"^(deposits|issued) = \{ (.+) \}\n", re.MULTILINE)

_HEAD: Final = """
# ── For load tests ───────────────────────────────────────────────────────────────────────────────────────────────────
# From here on the file was generated: {what}.
"""
_PARTICIPANTS_HEAD: Final = """\
#
# Each participant, as p0001, has its key in keys/p0001.pem, is a licensed intermediary of the same name, and trades for
#   p0001.main         itself: a qualified firm, held directly, with much of everything;
#   p0001.c1, c2, ...  clients: retail individuals with all they need, held through it.
# The first tenth of them also has accounts whose purchases a rule of general-2026 refuses:
{misfits}
"""
_UNLIMITED: Final = """\
#
# Nobody's rate is limited: below [limits] it is lifted, and of orders a venue sets no limits until its operator does (`set_limits`).
"""
_LIMITS: Final = (
    "[limits]\n",
    "[limits]\nlifted = true                   # a load asks for as much as it is told to\n",
)


class Misfit(NamedTuple):
    """An investor whose purchases a rule refuses."""

    rule: str
    """The rule of general-2026 that decides."""
    about: str
    lacks: str = ""
    """The key of an investor's entry that is left out."""
    is_qualified: bool = False
    is_blocked: bool = False
    authorised: str = ""
    """Through which intermediary; empty: through its participant."""
    held: str | None = None
    """Likewise of the account; None: through its participant, empty: directly."""


MISFITS: Final[dict[str, Misfit]] = {
    "untested": Misfit("RET-3", "took no knowledge test", lacks="tests"),
    "unwarned": Misfit("RISK-1", "did not acknowledge the warning", lacks="acknowledgements"),
    "blocked": Misfit("SAN-1", "is a blocked owner", is_blocked=True),
    "second": Misfit(
        "RET-4", "is authorised with another intermediary; this account is held directly", authorised="north", held=""
    ),
    "suspended": Misfit("INT-1", "is a client of a suspended intermediary", authorised="east", held="east"),
    "nameless": Misfit("ID-1", "has no document on record", lacks="documents"),
    "unrisked": Misfit("QUAL-1", "is qualified, and took no risk test", lacks="tests", is_qualified=True),
}
"""By the last part of the account's name, as in `p0001.untested`."""


class Traded(NamedTuple):
    """An instrument and what trades in it."""

    base: str
    reference_price: Decimal
    quote: str
    text: str
    """Its entry in the file, with the comment above it."""
    is_held: bool
    """Whether accounts open with what is traded: nobody holds a future, and privacy coins are not brought in."""


def write_load_venue(
    directory: Path,
    today: datetime.date,
    *,
    rulebook: str = "elr-2025",
    port: int = DEFAULT_PORT,
    participants: int = 0,
    instruments: int | None = None,
    clients: int = DEFAULT_CLIENTS,
    seed: int | None = None,
    lifted: bool = True,
) -> list[Path]:
    """Write the default venue with load participants and a number of instruments.

    Args:
        directory: where to write; nothing in it is overwritten.
        today: the day that the dates in the file count from.
        rulebook: the rulebook in force, by name.
        port: the port to listen on; 0 for any.
        participants: how many beside the demonstration's; see `participant_names`.
        instruments: how many in all: the default venue's first, then synthetic ones; None: those of the default venue.
        clients: retail accounts of each of these participants.
        seed: what all keys follow from, so that the same call on the same day writes the same bytes; None: random keys.
        lifted: whether nobody's rate is limited; else all are, as in the default venue.

    Returns:
        The files written: the venue file, the keys of the demonstration's participants, those of the load participants.

    Raises:
        VenueError: a venue stands there already, or so much can't be set up at once.
        OSError: the directory can't be written.
    """
    template = load_template(participants, instruments, clients, lifted)
    return write_venue(directory, template, today, rulebook=rulebook, port=port, seed=seed)


def participant_names(count: int) -> list[str]:
    """Name that many load participants: `p0001` and on, with five digits if there are more than 9999."""
    digits = max(4, len(str(count)))
    return [f"p{number:0{digits}}" for number in range(1, count + 1)]


def misfit_participants(count: int) -> list[str]:
    """Name those of so many load participants that have the accounts of `MISFITS` too: the first tenth, at least one."""
    return participant_names(count)[: -(-count // 10)]


def load_template(participants: int, instruments: int | None, clients: int, lifted: bool = True) -> str:
    """Return the template of a venue to load. See `write_load_venue`, also for the errors."""
    paragraphs = default_template().removesuffix("\n").split("\n\n")
    listed = [paragraph for paragraph in paragraphs if "[[instruments]]\n" in paragraph]
    count = len(listed) if instruments is None else instruments
    commands = participants * (_COMMANDS_OF_PARTICIPANT + count + clients * _COMMANDS_OF_CLIENT)
    if commands > MAX_COMMANDS:
        raise VenueError(
            f"{participants} participants with {clients} clients each, on {count} instruments, take about {commands} commands "
            f"to set up; a venue is set up with {MAX_COMMANDS} at the most: ask for fewer"
        )
    private = [paragraph for paragraph in paragraphs if "[[assets]]\n" in paragraph and "privacy = " in paragraph]
    kept_out = {tomllib.loads(paragraph)["assets"][0]["asset"] for paragraph in private}
    unwanted = set(listed[count:])
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph not in unwanted) + "\n"
    if unwanted:
        text = _without_unpriced(text, [_traded(paragraph, kept_out) for paragraph in listed[:count]])
    synthetic = [_synthetic(number) for number in range(1, count - len(listed) + 1)]
    if not participants and not synthetic:
        return text
    assert text.count(_ISSUE_LIMIT[0]) == 1
    text = text.replace(*_ISSUE_LIMIT)
    assert text.count(_ISSUER_CAPITAL) == 1
    capital_rub = 20_000_000_000 + participants * int(_WORTH) * _CAPITAL_OF_ISSUE
    text = text.replace(_ISSUER_CAPITAL, f"capital_rub = {capital_rub:_}\n")
    traded = [_traded(paragraph, kept_out) for paragraph in listed[:count]] + synthetic
    what = [f"{len(synthetic)} instruments"] if synthetic else []
    what += [f"{participants} participants"] if participants else []
    text += _HEAD.format(what=" and ".join(what))
    if participants:
        misfits = "\n".join(f"#   {f'p0001.{name}':18} {each.rule}: {each.about}" for name, each in MISFITS.items())
        text += _PARTICIPANTS_HEAD.format(misfits=misfits)
        if lifted:
            assert text.count(_LIMITS[0]) == 1
            text = text.replace(*_LIMITS) + _UNLIMITED
    return "".join((text, *(each.text for each in synthetic), *_participants(participants, clients, traded)))


def _without_unpriced(text: str, traded: list[Traded]) -> str:
    """Let nobody hold what no instrument left gives a price in roubles: for a bank it would be of unknown value (DER-3)."""
    priced = {"RUB"} | {each.base for each in traded if each.is_held and each.quote == "RUB"}

    def keep(match: re.Match[str]) -> str:
        pairs = [pair for pair in match[2].split(", ") if pair.split(" = ")[0] in priced]
        return f"{match[1]} = {{ {', '.join(pairs)} }}\n" if pairs else ""

    return _HELD.sub(keep, text)


def _traded(paragraph: str, kept_out: Container[str]) -> Traded:
    """Read an instrument of the template. What it trades is not held if it may not be brought in (ANON-1)."""
    # The dates of futures are placeholders, which are no TOML; nothing of a future is held.
    if 'kind = "future"' in paragraph:
        return Traded("", Decimal(), "", paragraph, False)
    (entry,) = tomllib.loads(paragraph)["instruments"]
    return Traded(
        entry["base"], Decimal(entry["reference_price"]), entry["quote"], paragraph, entry["base"] not in kept_out
    )


def _synthetic(number: int) -> Traded:
    """An asset and an instrument as SOL and SOL/RUB are, at a price of its own from 100 to 99 000 RUB."""
    base = f"C{number:03}"
    # 37 has no factor in common with 89: the prices of 89 instruments in a row differ in more than their magnitude.
    magnitude = 2 + number % 3
    price = Decimal(10 + number * 37 % 89).scaleb(magnitude - 1)
    # A tick of a ten-thousandth of the magnitude, and a lot that makes of it exactly one kopeck.
    tick = Decimal(1).scaleb(magnitude - 4)
    lot = Decimal(1).scaleb(2 - magnitude)
    asset = _table(
        "assets",
        asset=f'"{base}"',
        kind='"crypto"',
        scale="6",
        market_cap_rub="7_000_000_000_000",
        turnover_rub="400_000_000_000",
        history_years="6",
    )
    instrument = _table(
        "instruments",
        instrument=f'"{base}/RUB"',
        kind='"spot"',
        base=f'"{base}"',
        quote='"RUB"',
        tick=f'"{tick:f}"',
        lot=f'"{lot:f}"',
        min_quantity=f'"{lot:f}"',
        max_quantity=f'"{lot * 5_000_000:f}"',
        max_notional='"1000000000"',
        reference_price=f'"{price:f}"',
        collar_ppm="50_000",
        maker_fee_ppm="100",
        taker_fee_ppm="300",
        static_band_ppm="250_000",
        dynamic_band_ppm="80_000",
        phase='"continuous"',
    )
    return Traded(base, price, "RUB", asset + instrument, True)


def _participants(count: int, clients: int, traded: list[Traded]) -> Iterator[str]:
    """The entries of each load participant, with all that belongs to it."""
    held = _holdings(traded)
    issued = held.pop(_ISSUED, None)
    deposits = _amounts({"RUB": str(_ROUBLES)} | held)
    main = {"deposits": deposits} | ({"issued": _amounts({_ISSUED: issued})} if issued else {})
    unfit = set(misfit_participants(count))
    for name in participant_names(count):
        yield f"\n# {name}"
        yield _table("participants", participant=f'"{name}"', role='"participant"', public_key=f'"@key:{name}@"')
        yield _table("intermediaries", intermediary=f'"{name}"', licensed="true", capital_rub="3_000_000_000")
        firm = {"kind": '"firm"', "assets_rub": "5_000_000_000", "income_rub": "12_000_000_000"}
        firm |= {
            "documents": f'{{ tax_number = "@firm:{name}@" }}',
            "owners": f'[{{ tax_number = "@person:{name}.owner@" }}]',
        }
        yield _table("investors", investor=f'"{name}"', **firm, tests=_RISK, acknowledgements="[1]")
        yield _table("accounts", account=f'"{name}.main"', participant=f'"{name}"', investor=f'"{name}"', **main)
        for number in range(1, clients + 1):
            yield _client(name, f"{name}.c{number}", Misfit("", ""))
        if name in unfit:
            for what, misfit in MISFITS.items():
                yield _client(name, f"{name}.{what}", misfit)


def _client(participant: str, account: str, misfit: Misfit) -> str:
    """A client of a participant, and the account of the same name."""
    through = f'intermediary = "{misfit.authorised or participant}"'
    investor = _QUALIFIED if misfit.is_qualified else _RETAIL
    investor = investor | {
        "tests": _KNOWLEDGE,
        "acknowledgements": "[1]",
        "authorised": f"[{{ {through}, year = @year:0@ }}, {{ {through}, year = @year:1@ }}]",
        "documents": f'{{ tax_number = "@person:{account}@" }}',
    }
    investor.pop(misfit.lacks, None)
    if misfit.is_blocked:
        investor["blocked"] = "true"
    held = participant if misfit.held is None else misfit.held
    account_entry = {"participant": f'"{participant}"', "investor": f'"{account}"'}
    if held:
        account_entry["intermediary"] = f'"{held}"'
    account_entry["deposits"] = _QUALIFIED_DEPOSITS if misfit.is_qualified else _CLIENT_DEPOSITS
    return _table("investors", investor=f'"{account}"', **investor) + _table(
        "accounts", account=f'"{account}"', **account_entry
    )


def _holdings(traded: list[Traded]) -> dict[str, str]:
    """How much of each base asset is worth `_WORTH` at its reference price, by asset, rounded down to two digits."""
    holdings: dict[str, str] = {}
    for each in traded:
        # What is priced in another asset is priced in roubles, too, before it.
        if each.is_held and each.quote == "RUB":
            amount = _WORTH / each.reference_price
            digits = amount.adjusted() - 1
            holdings[each.base] = f"{int(amount.scaleb(-digits)) * 10**digits}"
    return holdings


def _amounts(amounts: dict[str, str]) -> str:
    """Amounts by asset as an inline table."""
    pairs = [f'{asset} = "{amount}"' for asset, amount in amounts.items()]
    return f"{{ {', '.join(pairs)} }}"


def _table(section: str, **entries: str) -> str:
    """One entry of a section, an empty line before it; the values are TOML."""
    return "\n".join((f"\n[[{section}]]", *(f"{key} = {value}" for key, value in entries.items()), ""))
