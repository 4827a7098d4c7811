"""The registry of a venue: intermediaries and investors, their tests and papers, contracts of foreign trade."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from gateway.client import Client
from gateway.control.actions import RECHECKED, VENUE, Action, make_action
from gateway.control.key_values import NOTHING, Given, Key, Keys, any_text, flag, whole
from gateway.control.names import ControlError, check_new, look_up
from gateway.protocol.messages import Argument, RecordInfo
from gateway.session.moments import MomentError, parse_moment
from gateway.venue import settable
from gateway.words.chosen import tr

_TEXTS: Final = ("licence", "own_investor")


def _reader(name: str) -> Callable[[str, str], Argument]:
    """What reads a field of a record."""
    if name.endswith("_rub"):
        return whole
    return any_text if name in _TEXTS else flag


INTERMEDIARY: Final[Keys] = {name: Key(_reader(name)) for name in settable.INTERMEDIARY}
INVESTOR: Final[Keys] = {name: Key(_reader(name)) for name in settable.INVESTOR}
DOCUMENTS: Final[Keys] = {kind: Key(any_text) for kind in ("tax_number", "passport", "foreign_document")}
PAPERS: Final = ("documents", "owners")
WARNING: Final = "RISK-1.warning_text"
"""The parameter that has the text of the risk warning in force."""


class Papers(msgspec.Struct, frozen=True):
    """Who an investor is, by numbers of documents: they are sent, and shown nowhere."""

    documents: Given = NOTHING
    owners: Sequence[Given] = ()
    """Of a firm, each by documents of its own."""

    def arguments(self) -> dict[str, Argument]:
        """As the command has them."""
        found: dict[str, Argument] = {}
        if self.documents.arguments:
            found["documents"] = {kind: str(number) for kind, number in self.documents.arguments.items()}
        if self.owners:
            found["owners"] = [{kind: str(value) for kind, value in each.arguments.items()} for each in self.owners]
        return found

    def said(self) -> list[str]:
        """Which, without their numbers."""
        kinds = ", ".join(self.documents.arguments)
        parts = [tr("documents on record ({kinds})", kinds=kinds)] if kinds else []
        return parts + ([tr("beneficial owners: {n}", n=len(self.owners))] if self.owners else [])


# ── intermediaries and investors ───────────────────────────────────────────────────────────────────────────────────


async def register_intermediary(client: Client, name: str, given: Given, *, at_ns: int | None = None) -> Action:
    """Register an intermediary whom the venue does not know, by `INTERMEDIARY`."""
    await check_new(client, "intermediary", name, "intermediary")
    says = f"register intermediary {name} with {given.said}" if given.said else f"register intermediary {name}"
    return await _intermediary(client, RecordInfo(name=name), given, says, at_ns)


async def change_intermediary(client: Client, name: str, given: Given, *, at_ns: int | None = None) -> Action:
    """Change the record of an intermediary; what is not named stays."""
    found = await look_up(client, "intermediary", name)
    says = f"set {given.said} of intermediary {name}; {RECHECKED}"
    return await _intermediary(client, found, given, says, at_ns)


async def _intermediary(client: Client, found: RecordInfo, given: Given, says: str, at_ns: int | None) -> Action:
    if given.arguments.get("own_investor"):
        await look_up(client, "investor", str(given.arguments["own_investor"]))
    arguments: dict[str, Argument] = {"intermediary": found.name, **given.arguments}
    return make_action("register_intermediary", arguments, says, ("intermediary", found.name), found, at_ns=at_ns)


async def register_investor(
    client: Client, name: str, kind: str, given: Given, papers: Papers, *, at_ns: int | None = None
) -> Action:
    """Register an investor whom the venue does not know, by `INVESTOR` and documents."""
    await check_new(client, "investor", name, "investor")
    parts = [*([given.said] if given.said else []), *papers.said()]
    says = f"register {name} as {kind} with {', '.join(parts)}" if parts else f"register {name} as {kind}"
    arguments: dict[str, Argument] = {"investor": name, "kind": kind, **given.arguments, **papers.arguments()}
    found = make_action(
        "register_investor", arguments, says, ("investor", name), RecordInfo(name=name), at_ns=at_ns
    )  # fmt: skip
    return msgspec.structs.replace(found, private=PAPERS)


async def change_investor(
    client: Client, name: str, given: Given, papers: Papers, *, at_ns: int | None = None
) -> Action:
    """Change the record of an investor; what is not named stays, and documents are added to those on record.

    Raises:
        ControlError: nothing is named, or the venue has no such investor.
    """
    parts = [*([given.said] if given.said else []), *papers.said()]
    if not parts:
        raise ControlError("give what is to change: KEY=VALUE, --document or --owner")
    found = await look_up(client, "investor", name)
    assert found.kind is not None
    says = f"set {', '.join(parts)} of investor {name}; {RECHECKED}"
    arguments: dict[str, Argument] = {"investor": name, "kind": found.kind, **given.arguments, **papers.arguments()}
    action = make_action("register_investor", arguments, says, ("investor", name), found, at_ns=at_ns)
    return msgspec.structs.replace(action, private=PAPERS)


# ── tests and papers ───────────────────────────────────────────────────────────────────────────────────────────────


async def record_test(
    client: Client, investor: str, test: str, score: int, taken: str, *, at_ns: int | None = None
) -> Action:
    """Put the result of a test on record; `taken`: when, as people write it, empty: now."""
    found = await look_up(client, "investor", investor)
    taken_ns = client.hello.time
    if taken:
        try:
            moment = parse_moment(taken, client.hello.time)
        except MomentError as error:
            raise ControlError(f"{taken!r} is no date: write 2026-06-01 or 2026-06-01T10:00 (Moscow)") from error
        if moment.seq or moment.time_ns > client.hello.time:
            raise ControlError(f"{taken} is no moment that has passed: a test was taken before it is recorded")
        taken_ns = moment.time_ns
    says = f"record that investor {investor} scored {score} % in the test {test}; {RECHECKED}"
    arguments: dict[str, Argument] = {"investor": investor, "test": test, "score": score, "taken_ns": taken_ns}
    return make_action("record_test", arguments, says, ("investor", investor), found, at_ns=at_ns, reason_is="")


async def record_acknowledgement(client: Client, investor: str, text: str, *, at_ns: int | None = None) -> Action:
    """Put on record that an investor has acknowledged a risk warning (RISK-1); `text`: which, empty: that in force."""
    found = await look_up(client, "investor", investor)
    if not text:
        text = (await client.records("parameter", WARNING)).get(WARNING, RecordInfo(name=WARNING)).value or ""
    if not text:
        raise ControlError("no risk warning is in force (RISK-1): name the file of the one that was acknowledged, --text FILE")  # fmt: skip
    digest = hashlib.sha256(text.encode()).hexdigest()
    says = f"record that investor {investor} has acknowledged the risk warning {digest[:16]}..."
    arguments: dict[str, Argument] = {"investor": investor, "digest": digest}
    return make_action(
        "record_acknowledgement", arguments, says, ("investor", investor), found, at_ns=at_ns, reason_is=""
    )


async def publish_warning(client: Client, text: str, *, at_ns: int | None = None) -> Action:
    """Make a text of the risk warning known, so that it can be acknowledged before it is in force (RISK-1)."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    says = f"make the risk warning {digest[:16]}... known, of {len(text)} characters: it can be acknowledged, and is not in force by that"  # fmt: skip
    found = await look_up(client, VENUE, VENUE)
    action = make_action("publish_warning", {"text": text}, says, (VENUE, VENUE), found, at_ns=at_ns)
    return msgspec.structs.replace(action, accounts=None, open_orders=None)


async def authorise_client(
    client: Client, intermediary: str, investor: str, year: int, *, withdrawn: bool = False, at_ns: int | None = None
) -> Action:
    """Authorise an investor to buy through an intermediary in a Moscow year, or withdraw that (RET-4)."""
    await look_up(client, "intermediary", intermediary)
    found = await look_up(client, "investor", investor)
    says = (
        f"withdraw from investor {investor} that purchases of {year} go through {intermediary}; {RECHECKED}"
        if withdrawn
        else f"let investor {investor} buy through {intermediary} in {year}; {RECHECKED}"
    )
    arguments: dict[str, Argument] = {"intermediary": intermediary, "investor": investor, "year": year}
    arguments |= {"authorised": False} if withdrawn else {}
    return make_action("authorise_client", arguments, says, ("investor", investor), found, at_ns=at_ns)


async def register_contract(
    client: Client, number: str, parties: tuple[str, str], sum_of: tuple[str, str], subject: tuple[str, str],
    *, at_ns: int | None = None,
) -> Action:  # fmt: skip
    """Register a contract of foreign trade, or amend it (SET-1).

    Args:
        client: of the venue.
        number: the contract's.
        parties: the investor who pays, and who is paid.
        sum_of: the amount, a decimal, and its currency.
        subject: what it is about, and its date, YYYY-MM-DD.
        at_ns: when it takes effect; None: at once.

    Raises:
        ControlError: the venue has no such investors or currency.
    """
    (payer, payee), (amount, asset), (about, concluded) = parties, sum_of, subject
    found = await look_up(client, "investor", payer)
    await look_up(client, "investor", payee)
    await look_up(client, "asset", asset)
    says = f"put contract {number} of {concluded} on record: {payer} pays {payee} {amount} {asset} for {about}"
    arguments: dict[str, Argument] = {
        "contract": number, "payer": payer, "payee": payee, "asset": asset, "amount": amount,
        "concluded": concluded, "subject": about,
    }  # fmt: skip
    action = make_action("register_contract", arguments, says, ("investor", payer), found, at_ns=at_ns)
    return msgspec.structs.replace(action, accounts=None, open_orders=None)
