"""Cases and alerts of a running venue: opened, given evidence, closed, dismissed (ABUSE-1); and an issuer's disclosure (DISC-1)."""

from __future__ import annotations

from typing import Final

from gateway.client import Client
from gateway.control.actions import Action
from gateway.control.names import ControlError, look_up
from gateway.protocol.messages import Argument, RecordInfo
from gateway.words.chosen import chosen, tr

TERMS: Final = "ABUSE-1.terms"


async def open_case(
    client: Client,
    term: str,
    *,
    investors: tuple[str, ...] = (),
    instruments: tuple[str, ...] = (),
    seqs: tuple[int, ...] = (),
    alert: str = "",
) -> Action:
    """Open a case; with an alert, of it: then its term and what it names go with it."""
    arguments: dict[str, Argument] = {}
    if alert:
        found = await look_up(client, "alert", alert)
        term = term or str(found.arguments["term"])
        arguments["alert"] = int(alert)
    value = (await look_up(client, "parameter", TERMS)).value or ""
    terms = [each.strip() for each in value.split(",") if each.strip()]
    if term not in terms:
        raise ControlError(f"{term or 'no term'}: the rulebook in force calls abuse {', '.join(terms) or 'nothing'}")
    for investor in investors:
        await look_up(client, "investor", investor)
    for instrument in instruments:
        await look_up(client, "instrument", instrument)
    if not (alert or investors or instruments or seqs):
        raise ControlError("name an alert, an investor, an instrument or evidence: a case is about something")
    arguments |= {"term": term} | _named(investors, instruments, seqs)
    says = f"open a case of {term}{f', from alert {alert}' if alert else ''}{_about(investors, instruments, seqs)}"
    return _action("open_case", arguments, says)


async def add_evidence(
    client: Client,
    case: str,
    *,
    investors: tuple[str, ...] = (),
    instruments: tuple[str, ...] = (),
    seqs: tuple[int, ...] = (),
) -> Action:
    """Add to a case."""
    found = await look_up(client, "case", case)
    for investor in investors:
        await look_up(client, "investor", investor)
    for instrument in instruments:
        await look_up(client, "instrument", instrument)
    if not (investors or instruments or seqs):
        raise ControlError("say what to add: sequence numbers, --investor or --instrument")
    arguments = _named(investors, instruments, ())
    arguments["case"], arguments["seqs"] = int(case), list(seqs)
    says = f"add to {in_words('case', found)}{_about(investors, instruments, seqs)}"
    return _action("add_evidence", arguments, says, ("case", case), reason_is="note")


async def close_case(client: Client, case: str, outcome: str, *, into: str = "") -> Action:
    """Close a case, or let it become part of another."""
    found = await look_up(client, "case", case)
    if (outcome == "merged") != bool(into):
        raise ControlError("--into names the case that it becomes part of, with the outcome merged, and with no other")
    arguments: dict[str, Argument] = {"case": int(case), "outcome": outcome}
    if into:
        await look_up(client, "case", into)
        arguments["merged"] = int(into)
    says = f"close {in_words('case', found)}: {outcome}{f' into case {into}' if into else ''}"
    return _action("close_case", arguments, says, ("case", into) if into else None)


async def dismiss_alert(client: Client, alert: str) -> Action:
    """End an alert of which no case is made."""
    found = await look_up(client, "alert", alert)
    return _action("dismiss_alert", {"alert": int(alert)}, f"dismiss {in_words('alert', found)}")


async def publish_disclosure(
    client: Client, asset: str, digest: str, title: str, cover_ppm: int, *, until: str = ""
) -> Action:
    """Put an issuer's disclosure of an asset on record."""
    found = await look_up(client, "asset", asset)
    arguments: dict[str, Argument] = {"asset": asset, "digest": digest, "title": title, "cover_ppm": cover_ppm}
    if until:
        arguments["until"] = until
    lasts = f", which counts to {until}" if until else ""
    return Action(
        command="publish_disclosure",
        arguments=arguments,
        says=f"put the disclosure {title!r} of {asset} on record, cover {cover_ppm / 10_000:g} %{lasts}",
        kind="asset",
        name=asset,
        accounts=found.accounts,
    )


def in_words(kind: str, record: RecordInfo) -> str:
    """What an open case or an alert that waits is about, and who brought it."""
    told = record.arguments
    by = tr("by {name}", name=record.by) if record.by else ""
    parts = [f"{chosen().story(kind)} {record.name}", str(told.get("term")), *([by] if by else [])]
    if kind == "alert":
        parts.append(tr("detector {name}", name=told.get("detector")))
    for field in ("investors", "instruments"):
        names = told.get(field, [])
        if isinstance(names, list) and names:
            parts.append(" ".join(map(str, names)))
    if record.evidence:
        parts.append(tr("evidence {n}", n=len(record.evidence)))
    return ", ".join(parts)


def _named(investors: tuple[str, ...], instruments: tuple[str, ...], seqs: tuple[int, ...]) -> dict[str, Argument]:
    found: dict[str, Argument] = {}
    if investors:
        found["investors"] = list(investors)
    if instruments:
        found["instruments"] = list(instruments)
    if seqs:
        found["seqs"] = list(seqs)
    return found


def _about(investors: tuple[str, ...], instruments: tuple[str, ...], seqs: tuple[int, ...]) -> str:
    parts = [" ".join(investors), " ".join(instruments), tr("evidence {n}", n=" ".join(map(str, seqs))) if seqs else ""]
    told = ", ".join(filter(None, parts))
    return f": {told}" if told else ""


def _action(
    command: str,
    arguments: dict[str, Argument],
    says: str,
    about: tuple[str, str] | None = None,
    reason_is: str = "reason",
) -> Action:
    """An action on what has no accounts."""
    kind, name = about or ("venue", "venue")
    assert kind in ("venue", "case")
    return Action(
        command=command,
        arguments=arguments,
        says=says,
        kind="case" if kind == "case" else "venue",
        name=name,
        reason_is=reason_is,
    )
