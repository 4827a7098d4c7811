"""Papers that arrest holdings (ARR-1): what is sent for one, and for its end; and how one is said in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.vocabulary.rounding import PPM
from gateway.client import Client
from gateway.control.actions import Action
from gateway.control.names import ControlError, look_up
from gateway.protocol.messages import Argument, RecordInfo, RecordKind
from gateway.words.chosen import tr


class Paper(NamedTuple):
    """What names a paper."""

    number: str
    authority: str
    dated: str


class Part(NamedTuple):
    """What of whose holdings: an investor or an account, of one asset or (empty) all, a share or an amount."""

    investor: str = ""
    account: str = ""
    asset: str = ""
    share_ppm: int = PPM
    amount: str = ""
    """Of the asset, as a decimal; empty: it is the share."""


async def arrest(client: Client, paper: Paper, part: Part, *, sales_allowed: bool) -> Action:
    """Arrest a part of what an investor or an account has, or all of it and what comes."""
    if bool(part.investor) == bool(part.account):
        raise ControlError("name whose holdings: --investor NAME or --account NAME, one of the two")
    if part.amount and not part.asset:
        raise ControlError("an amount is of one asset: name it with --asset")
    if not part.amount and not 0 < part.share_ppm <= PPM:
        raise ControlError("a share is more than 0 %, and at most 100 %")
    about: tuple[RecordKind, str] = ("account", part.account) if part.account else ("investor", part.investor)
    found = await look_up(client, *about)
    if part.asset:
        await look_up(client, "asset", part.asset)
    if paper.number in await client.records("arrest"):
        raise ControlError(f"paper {paper.number} is in force already: lift it first, or give the number of another")
    arguments: dict[str, Argument] = {"arrest": paper.number, "authority": paper.authority, "dated": paper.dated}
    arguments[about[0]] = about[1]
    if part.asset:
        arguments["asset"] = part.asset
    if part.amount:
        arguments["amount"] = part.amount
    else:
        arguments["share_ppm"] = part.share_ppm
    arguments["sales_allowed"] = sales_allowed
    says = tr(
        "arrest {what}, by paper {paper}; orders that would spend it are cancelled",
        what=_words(arguments),
        paper=paper.number,
    )
    return _action("arrest", arguments, says, about, found)


async def lift(client: Client, number: str) -> Action:
    """Lift a paper, and let go of what it alone has arrested."""
    paper = await look_up(client, "arrest", number)
    about: tuple[RecordKind, str] = ("investor", str(paper.arguments.get("investor", "")))
    if "account" in paper.arguments:
        about = ("account", str(paper.arguments["account"]))
    says = tr("lift paper {number}: {what}", number=number, what=paper_in_words(paper))
    return _action("lift_arrest", {"arrest": number}, says, about, await look_up(client, *about))


def paper_in_words(record: RecordInfo) -> str:
    """What a paper in force arrests, and by whose word."""
    return _words(record.arguments)


def _words(arguments: Mapping[str, Any]) -> str:
    account = arguments.get("account")
    whose = tr("account {name}", name=account) if account else tr("investor {name}", name=arguments["investor"])
    what = str(arguments.get("asset", tr("all assets")))
    share = arguments.get("share_ppm")
    if isinstance(share, int) and share == PPM:
        part = tr("all {what}, and what comes,", what=what)
    elif isinstance(share, int):
        part = tr("{percent} % of {what}", percent=f"{share * 100 / PPM:g}", what=what)
    else:
        part = f"{arguments['amount']} {what}"
    sales = tr("sales allowed") if arguments["sales_allowed"] else tr("sales not allowed")
    paper = f"{arguments['authority']}, {arguments['dated']}; {sales}"
    return tr("{part} of {whose} ({paper})", part=part, whose=whose, paper=paper)


def _action(
    command: str, arguments: dict[str, Argument], says: str, about: tuple[RecordKind, str], found: RecordInfo
) -> Action:
    return Action(
        command=command,
        arguments=arguments,
        says=says,
        kind=about[0],
        name=about[1],
        accounts=found.accounts,
        open_orders=found.open_orders,
    )
