"""`sbx control`: intermediaries and investors put on record and changed, their tests and papers, contracts of foreign trade."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from compliance.registration import TESTS
from engine.vocabulary.codes import INVESTOR_KINDS
from gateway.cli.controls.markets import positive
from gateway.cli.controls.options import (
    acts,
    acts_without_reason,
    carry_dated,
    dated,
    key_values,
    names_of,
    read_key_values,
)
from gateway.control import registry as actions
from gateway.control.key_values import Given

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TEXT_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


def _documents(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> Given:
    return read_key_values(given, actions.DOCUMENTS, hides=True)


def _owners(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> list[Given]:
    return [read_key_values(each.split(","), actions.DOCUMENTS, hides=True) for each in given]


def _day(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    if not _DAY.fullmatch(text):
        raise click.BadParameter(f"{text!r} is no date, such as 2026-05-01")
    return text


def _text_of(file: Path) -> str:
    """What stands in a file, without the line's end behind it."""
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} can't be read as a text in UTF-8: {error}") from error


def _says_who(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the documents that say who an investor is."""
    for option in (
        click.option(
            "--owner", "owners", metavar="KIND=NUMBER,...", multiple=True, callback=_owners,
            help="A beneficial owner of a firm, by documents; may be given again. All of them are given, or none.",
        ),
        click.option(
            "--document", "documents", metavar="KIND=NUMBER", multiple=True, callback=_documents,
            help="tax_number, passport or foreign_document (country and number); may be given again. No number is recorded or shown.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


@click.command("register-intermediary")
@click.argument("intermediary")
@key_values(actions.INTERMEDIARY, may_lack=True)
@dated
@acts
def register_intermediary(intermediary: str, given: Given, since: str | None, **asked: Any) -> None:
    """Register INTERMEDIARY, whom the venue does not know yet. `sbx control intermediary` changes one that it knows.

    KEY is licensed (true if it is not given, or false), capital_rub (own funds, whole roubles), licence (its number), bank (true of a credit
    institution) or own_investor (the investor who the intermediary itself is: all others held through it are its clients).

    \b
    Examples:
      sbx control register-intermediary south capital_rub=120000000 licence=177-09 --reason "admitted on 12 May"
      sbx control register-intermediary south --from 2027-01-01 --reason "admitted from next year on"
    """
    carry_dated(partial(actions.register_intermediary, name=intermediary, given=given), asked, since)


@click.command("intermediary")
@click.argument("intermediary", shell_complete=names_of("intermediary"))
@key_values(actions.INTERMEDIARY)
@dated
@acts
def change_intermediary(intermediary: str, given: Given, since: str | None, **asked: Any) -> None:
    """Change what is on record of INTERMEDIARY: its licence, its capital, who it is. What is not named stays.

    KEY is licensed, capital_rub, licence, bank or own_investor, as of `sbx control register-intermediary`. `sbx control suspend` and
    `reinstate` say whether its clients may buy.

    \b
    Examples:
      sbx control intermediary north licensed=false --reason "its licence was withdrawn"
      sbx control intermediary north capital_rub=90000000 --from 2027-01-01 --reason "its report of the year"
    """
    carry_dated(partial(actions.change_intermediary, name=intermediary, given=given), asked, since)


@click.command("register-investor")
@click.argument("investor")
@click.argument("kind", type=click.Choice(INVESTOR_KINDS))
@key_values(actions.INVESTOR, may_lack=True)
@_says_who
@dated
@acts
def register_investor(
    investor: str, kind: str, given: Given, documents: Given, owners: list[Given], since: str | None, **asked: Any
) -> None:
    """Register INVESTOR, whom the venue does not know yet, an individual or a firm. `sbx control investor` changes one that it knows.

    KEY is evidence, of which the rulebook makes the class. Whole roubles: assets_rub (of an individual securities and deposits, of a firm
    net assets), income_rub (of last year; of a firm its revenue), earlier_income_rub (of the year before), capital_rub (of a firm). true or
    false: resident (true if it is not given), financial (a bank or another financial firm), bank (a credit institution), certified
    (education or a certificate speaks for an individual), foreign_trade (registered as a foreign-trade party).

    \b
    Examples:
      sbx control register-investor zoe individual income_rub=9000000 --document tax_number=009000000102 --reason "application 12"
      sbx control register-investor new-llc firm assets_rub=50000000 --document tax_number=0090000010
          --owner tax_number=009000000102 --reason "application 13"
    """
    papers = actions.Papers(documents, owners)
    carry_dated(partial(actions.register_investor, name=investor, kind=kind, given=given, papers=papers), asked, since)


@click.command("investor")
@click.argument("investor", shell_complete=names_of("investor"))
@key_values(actions.INVESTOR, may_lack=True)
@_says_who
@dated
@acts
def change_investor(
    investor: str, given: Given, documents: Given, owners: list[Given], since: str | None, **asked: Any
) -> None:  # fmt: skip
    """Change what is on record of INVESTOR: evidence, documents, owners. What is not named stays; a document is added.

    KEY is resident, assets_rub, income_rub, earlier_income_rub, financial, capital_rub, bank, certified or foreign_trade, as of
    `sbx control register-investor`. `sbx control class`, `risk` and `block` set what the evidence does not decide.

    \b
    Examples:
      sbx control investor daria income_rub=12000000 earlier_income_rub=11000000 --reason "tax returns of two years"
      sbx control investor daria --document passport=4500123456 --reason "a new passport"
    """
    papers = actions.Papers(documents, owners)
    carry_dated(partial(actions.change_investor, name=investor, given=given, papers=papers), asked, since)


@click.command("record-test")
@click.argument("investor", shell_complete=names_of("investor"))
@click.argument("test", type=click.Choice(TESTS))
@click.argument("score", type=click.IntRange(0, 100))
@click.option("--taken", metavar="MOMENT", default="", help="When: 2026-06-01 or 2026-06-01T10:00 (Moscow).  [default: now]")  # fmt: skip
@dated
@acts_without_reason
def record_test(investor: str, test: str, score: int, taken: str, since: str | None, **asked: Any) -> None:
    """Record that INVESTOR has taken a TEST with a SCORE in percent. No reason is recorded of it.

    TEST is knowledge (RET-3), risk (QUAL-1) or a product (SUIT-1): crypto, foreign_stablecoin, domestic_stablecoin, security, future. The
    rulebook says which score passes.

    \b
    Examples:
      sbx control record-test daria knowledge 85
      sbx control record-test daria future 70 --taken 2026-06-01 --yes
    """
    carry_dated(partial(actions.record_test, investor=investor, test=test, score=score, taken=taken), asked, since)


@click.command("record-acknowledgement")
@click.argument("investor", shell_complete=names_of("investor"))
@click.option("--text", "file", metavar="FILE", type=_TEXT_FILE, help="The file of the risk warning that was acknowledged.  [default: the one in force]")  # fmt: skip
@dated
@acts_without_reason
def record_acknowledgement(investor: str, file: Path | None, since: str | None, **asked: Any) -> None:
    """Record that INVESTOR has acknowledged the risk warning (RISK-1), on paper for instance. No reason is recorded of it.

    It counts for that text alone. Investors who log in acknowledge it themselves.

    \b
    Examples:
      sbx control record-acknowledgement daria
      sbx control record-acknowledgement daria --text warning.txt --yes
    """
    text = "" if file is None else _text_of(file)
    carry_dated(partial(actions.record_acknowledgement, investor=investor, text=text), asked, since)


@click.command("publish-warning")
@click.argument("file", type=_TEXT_FILE)
@dated
@acts
def publish_warning(file: Path, since: str | None, **asked: Any) -> None:
    """Make the text in FILE known as a risk warning, so that it can be acknowledged before it is in force (RISK-1).

    `sbx control set RISK-1.warning_text=...` puts it in force; who has acknowledged it by then goes on buying.

    \b
    Example:
      sbx control publish-warning warning.txt --reason "the warning of next year"
    """
    carry_dated(partial(actions.publish_warning, text=_text_of(file)), asked, since)


@click.command("authorise-client")
@click.argument("intermediary", shell_complete=names_of("intermediary"))
@click.argument("investor", shell_complete=names_of("investor"))
@click.argument("year", type=click.IntRange(2000, 2262))
@click.option("--withdraw", "withdrawn", is_flag=True, help="Withdraw it instead.")
@dated
@acts
def authorise_client(
    intermediary: str, investor: str, year: int, withdrawn: bool, since: str | None, **asked: Any
) -> None:  # fmt: skip
    """Let INVESTOR buy through INTERMEDIARY in YEAR, this one or the next, in Moscow (RET-4).

    \b
    Examples:
      sbx control authorise-client north daria 2026 --reason "her letter of 3 June"
      sbx control authorise-client north daria 2026 --withdraw --reason "her letter of 9 June"
    """
    plan = partial(actions.authorise_client, intermediary=intermediary, investor=investor, year=year)
    carry_dated(partial(plan, withdrawn=withdrawn), asked, since)


@click.command("register-contract")
@click.argument("number")
@click.option("--payer", required=True, shell_complete=names_of("investor"), help="The investor who pays.")
@click.option("--payee", required=True, shell_complete=names_of("investor"), help="The investor who is paid.")
@click.option("--amount", metavar="DECIMAL", required=True, callback=positive, help="How much in all.")
@click.option("--asset", required=True, shell_complete=names_of("asset"), help="In what: the currency.")
@click.option("--concluded", metavar="YYYY-MM-DD", required=True, callback=_day, help="The contract's date.")
@click.option("--subject", metavar="TEXT", required=True, help="What it is about.")
@dated
@acts
def register_contract(
    number: str, payer: str, payee: str, amount: str, asset: str, concluded: str, subject: str, since: str | None,
    **asked: Any,
) -> None:  # fmt: skip
    """Register the contract NUMBER of foreign trade, which transfers between its parties use up (SET-1), or amend it.

    One party is a resident and one is not. Of a number that is known the parties and the currency stay, and the amount is not below what was
    paid.

    \b
    Example:
      sbx control register-contract 14/2026 --payer import-llc --payee export-gmbh --amount 5000000 --asset RUB
          --concluded 2026-05-01 --subject "machine tools" --reason "the bank's letter"
    """
    plan = partial(
        actions.register_contract, number=number, parties=(payer, payee), sum_of=(amount, asset), subject=(subject, concluded)
    )  # fmt: skip
    carry_dated(plan, asked, since)
