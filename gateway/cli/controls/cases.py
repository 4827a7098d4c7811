"""`sbx control`: cases of abuse, alerts, and what issuers disclose."""

from __future__ import annotations

import hashlib
import re
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from engine.vocabulary.codes import CASE_OUTCOMES
from gateway.cli.controls.options import acts, carry, names_of
from gateway.control import cases as actions

_PERCENT: Final = re.compile(r"([0-9]{1,5})(?:\.([0-9]{1,4}))?", re.ASCII)
"""Four decimals of a percent are parts per million."""
_SEQS: Final = click.argument("seqs", metavar="[SEQ]...", nargs=-1, type=click.IntRange(min=1))
_INVESTORS: Final = click.option(
    "--investor", "investors", metavar="NAME", multiple=True, shell_complete=names_of("investor"), help="Of whom."
)
_INSTRUMENTS: Final = click.option(
    "--instrument", "instruments", metavar="NAME", multiple=True, shell_complete=names_of("instrument"), help="In what."
)


@click.command("open-case")
@click.argument("term", required=False, default="")
@_SEQS
@_INVESTORS
@_INSTRUMENTS
@click.option(
    "--alert", metavar="NUMBER", default="", shell_complete=names_of("alert"), help="The alert it is made of."
)
@acts
def open_case(
    term: str,
    seqs: tuple[int, ...],
    investors: tuple[str, ...],
    instruments: tuple[str, ...],
    alert: str,
    **asked: Any,
) -> None:
    """Open a case of TERM, a word of ABUSE-1, with the rows SEQ of the journal as evidence.

    With --alert it takes over what the alert names, and its term if none is given; the alert is over then. The number of the case is
    that of the command. `sbx cases` shows all of them with their evidence.

    \b
    Examples:
      sbx control open-case wash_trade 4711 4712 --investor daria --instrument BTC/RUB --reason "both sides are hers"
      sbx control open-case --alert 4800 --reason "the figures are far above the limit"
    """
    opening = partial(
        actions.open_case, term=term, investors=investors, instruments=instruments, seqs=seqs, alert=alert
    )
    carry(opening, asked)


@click.command("add-evidence")
@click.argument("case", shell_complete=names_of("case"))
@_SEQS
@_INVESTORS
@_INSTRUMENTS
@acts
def add_evidence(
    case: str, seqs: tuple[int, ...], investors: tuple[str, ...], instruments: tuple[str, ...], **asked: Any
) -> None:
    """Add the rows SEQ of the journal to the evidence of CASE, or whom and what it is about. --reason is the note on them.

    \b
    Example:
      sbx control add-evidence 4801 4713 4720 --investor boris --reason "the other leg"
    """
    adding = partial(actions.add_evidence, case=case, investors=investors, instruments=instruments, seqs=seqs)
    carry(adding, asked)


@click.command("close-case")
@click.argument("case", shell_complete=names_of("case"))
@click.argument("outcome", type=click.Choice(CASE_OUTCOMES))
@click.option(
    "--into", metavar="CASE", default="", shell_complete=names_of("case"), help="With merged: the other case."
)
@acts
def close_case(case: str, outcome: str, into: str, **asked: Any) -> None:
    """Close CASE with an OUTCOME: abuse_found, no_abuse, referred (to an authority), or merged into another case.

    \b
    Examples:
      sbx control close-case 4801 referred --reason "letter 12/3 to the regulator"
      sbx control close-case 4801 merged --into 4790 --reason "the same two"
    """
    carry(partial(actions.close_case, case=case, outcome=outcome, into=into), asked)


@click.command("dismiss-alert")
@click.argument("alert", shell_complete=names_of("alert"))
@acts
def dismiss_alert(alert: str, **asked: Any) -> None:
    """Dismiss ALERT: no case is made of it.

    \b
    Examples:
      sbx control show alert
      sbx control dismiss-alert 4800 --reason "a market maker, by its agreement"
    """
    carry(partial(actions.dismiss_alert, alert=alert), asked)


def _cover_ppm(_ctx: click.Context, _param: click.Parameter, percent: str) -> int:
    """A cover in percent, as parts per million: exact."""
    found = _PERCENT.fullmatch(percent)
    if not found:
        raise click.BadParameter(f"{percent!r} is no percentage, such as 100 or 102.5")
    return int(found[1] + (found[2] or "").ljust(4, "0"))


@click.command()
@click.argument("asset", shell_complete=names_of("asset"))
@click.argument("document", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--title", required=True, help="What the document is called.")
@click.option(
    "--cover", "cover_ppm", metavar="PERCENT", required=True, callback=_cover_ppm, help="The cover it states."
)
@click.option("--until", metavar="DATE", default="", help="The last Moscow date on which it counts, YYYY-MM-DD.")
@acts
def disclose(asset: str, document: Path, title: str, cover_ppm: int, until: str, **asked: Any) -> None:
    """Put a disclosure of ASSET on record: the SHA-256 of DOCUMENT, its title, and the cover that it states (DISC-1).

    It replaces the one before. The document itself stays where it is.

    \b
    Example:
      sbx control disclose BTC-NOTE prospectus.pdf --title "Prospectus 2" --cover 102.5 --reason "the issuer's letter"
    """
    digest = hashlib.sha256(document.read_bytes()).hexdigest()
    publishing = partial(
        actions.publish_disclosure, asset=asset, digest=digest, title=title, cover_ppm=cover_ppm, until=until
    )
    carry(publishing, asked)
