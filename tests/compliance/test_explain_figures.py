"""What each rule looked at, and its arithmetic, in figures and words."""

from __future__ import annotations

import pytest

from compliance.explain import DECIDED, FAILED, PASSED, UNCONCERNED
from engine.vocabulary.codes import BUY, INDIVIDUAL, PURPOSES, SELL
from engine.vocabulary.messages.commands import AuthoriseClient, RecordTest, RegisterInvestor, Transfer
from tests.support.compliance.scenarios import RULEBOOKS
from tests.support.compliance.venue import PARTICIPANT
from tests.support.compliance.watched_venue import WatchedVenue, by_rule, check_sound

ON_ORDERS = {rule for rulebook in RULEBOOKS for rule in rulebook.order}
ON_TRANSFERS = {rule for rulebook in RULEBOOKS for rule in rulebook.transfer_order}

# rulebook | account | order | rule | what it made of it | arithmetic, or why it does not concern the order
FIGURES = """
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | SAN-1  | passes           | retail is not on the list of blocked owners
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | ANON-1 | passes           | none of the two is among the banned: default, optional
general-2026 | retail     | buy 0.01 ZEC/RUB at 8000000 | ANON-1 | decides          | optional of ZEC is among the banned: default, optional
general-2026 | retail     | sell 0.01 XMR/RUB at 800000 | ANON-1 | decides          | default of XMR is among the banned: default, optional
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | INT-1  | passes           | alfa is licensed and not suspended
general-2026 | firm       | buy 0.01 BTC/RUB at 8000000 | INT-1  | passes           | held directly: there is no intermediary to look at
general-2026 | retail     | sell 0.1 BTC/RUB at 8000000 | INT-1  | does not concern | it lowers exposure, which no rule on who may trade refuses (RET-5)
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | DER-1  | passes           | spot is admitted, and no derivative
general-2026 | retail     | buy 0.01 BTC-NOTE at 800000 | DER-1  | decides          | note is admitted; retail is not qualified
general-2026 | qualified  | buy 0.01 BTC-NOTE at 800000 | DER-1  | passes           | note is admitted; qualified is qualified
derivatives-2025 | firm   | buy 0.01 BTC/RUB at 8000000 | DER-1  | decides          | spot is not among the admitted: note, future
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | SET-2  | does not concern | neither bought nor paid with is a stablecoin
general-2026 | retail     | buy 0.01 A7A5/RUB at 1      | SET-2  | decides          | A7A5 is tradable; retail may not buy it
general-2026 | retail     | sell 0.01 A7A5/RUB at 1     | SET-2  | does not concern | it lowers exposure, which no rule on who may trade refuses (RET-5)
general-2026 | firm       | buy 0.01 A7A5/RUB at 1      | SET-2  | passes           | tradable, and no retail purchase of a rouble stablecoin
general-2026 | firm       | buy 1 METAL/RUB at 100      | DISC-1 | passes           | cover 100.00 >= 100.00 %
general-2026 | firm       | sell 1 A7A5/RUB at 100      | DISC-1 | does not concern | it is for purchases
general-2026 | firm       | buy 0.01 BTC/RUB at 8000000 | DISC-1 | does not concern | what it brings in needs no disclosure
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | RISK-1 | passes           | decca6a3bcb4 is among the 1 acknowledged
general-2026 | newcomer   | buy 0.01 BTC/RUB at 8000000 | RISK-1 | decides          | decca6a3bcb4 is not among the 0 acknowledged
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | ID-1   | passes           | a document is on record
general-2026 | small_firm | buy 0.01 BTC/RUB at 8000000 | ID-1   | passes           | a document and a beneficial owner is on record
general-2026 | nameless   | buy 0.01 BTC/RUB at 8000000 | ID-1   | decides          | a document is not on record
general-2026 | nameless   | sell 0.1 BTC/RUB at 8000000 | ID-1   | does not concern | it is for purchases
general-2026 | qualified  | buy 0.01 BTC/RUB at 8000000 | ID-1   | does not concern | no document is required of qualified
general-2026 | newcomer   | sell 0.1 BTC/RUB at 8000000 | RISK-1 | does not concern | it is for purchases
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | RET-3  | passes           | 70 >= 70 %; 2026-06-01 <= 2027-06-01
general-2026 | newcomer   | buy 0.01 BTC/RUB at 8000000 | RET-3  | fails            | no knowledge test on record
general-2026 | qualified  | buy 0.01 BTC/RUB at 8000000 | RET-3  | does not concern | it is for retail investors
general-2026 | qualified  | buy 0.01 BTC/RUB at 8000000 | QUAL-1 | passes           | 70 >= 70 %; 2026-06-01 <= 2027-06-01
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | QUAL-1 | does not concern | it is for qualified individuals
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | RET-2  | passes           | BTC is listed (LIQ-2)
general-2026 | retail     | buy 0.01 SOL/RUB at 8000000 | RET-2  | decides          | SOL is not listed (LIQ-2)
general-2026 | retail     | buy 0.01 USDT/RUB at 100    | RET-2  | passes           | a foreign stablecoin: retail may buy it; USDT is listed (LIQ-2)
general-2026 | retail     | buy 1 BTC/USDT at 80000     | RET-2  | decides          | paid with USDT: retail may not pay crypto for crypto; BTC is listed (LIQ-2)
general-2026 | retail     | sell 0.01 BTC/USDT at 80000 | RET-2  | decides          | paid with BTC: retail may not pay crypto for crypto; a foreign stablecoin: retail may buy it; USDT is listed (LIQ-2)
general-2026 | retail     | sell 0.01 BTC/USDT at 80000 | RET-1  | fails            | BTC/USDT has no static band: nothing says what this sale brings in at most
general-2026 | retail     | buy 5 METAL/RUB at 100      | DER-1  | does not concern | what it brings in is no crypto, and follows none
general-2026 | retail     | buy 5 METAL/RUB at 100      | RISK-1 | does not concern | what it brings in is no crypto, and follows none
general-2026 | retail     | buy 5 RIDDLE/RUB at 100     | RET-2  | fails            | what RIDDLE follows is not on record
general-2026 | retail     | buy 0.01 BTC-NOTE at 800000 | RET-2  | passes           | BTC-NOTE follows BTC; BTC is listed (LIQ-2)
general-2026 | retail     | sell 0.1 SOL/RUB at 8000000 | RET-2  | does not concern | it lowers exposure, which no rule on who may trade refuses (RET-5)
general-2026 | firm       | buy 0.01 SOL/RUB at 8000000 | RET-2  | does not concern | it is for retail investors
general-2026 | retail     | buy 0.01 BTC/RUB at 8000000 | RET-4  | passes           | nothing binds yet
general-2026 | retail@direct | buy 0.1 BTC/RUB at 800000 | RET-4 | decides          | held directly, which retail may not be
general-2026 | retail     | buy 3 BTC/RUB at 100000     | RET-1  | passes           | 300000.00 - 0.00 used - 0.00 reserved = 300000.00 remaining >= 300000.00
general-2026 | retail     | buy 3.0001 BTC/RUB at 100000 | RET-1 | decides          | 300000.00 - 0.00 used - 0.00 reserved = 300000.00 remaining < 300010.00
general-2026 | retail     | buy 3 SOL/RUB at 100000     | RET-1  | passes           | 300000.00 - 0.00 used - 0.00 reserved = 300000.00 remaining >= 300000.00
general-2026 | retail     | sell 3 BTC/RUB at 100000    | RET-1  | does not concern | it is for purchases
general-2026 | firm       | buy 3 BTC/RUB at 100000     | RET-1  | does not concern | it is for retail investors
general-2026 | retail     | buy 0.1 BTC-NOTE at 800000  | RET-1  | passes           | 300000.00 - 0.00 used - 0.00 reserved = 300000.00 remaining >= 80000.00
general-2026 | retail     | buy 10 BTC/RUB at 100000    | OPS-1  | passes           | 1000000.00 <= 1000000.00
general-2026 | retail     | buy 10.0001 BTC/RUB at 100000 | OPS-1 | fails           | 1000010.00 > 1000000.00
general-2026 | retail     | sell 10.001 BTC/RUB at 100000 | OPS-1 | decides         | 1000100.00 > 1000000.00
general-2026 | firm       | buy 1 BTC/USDT at 80000     | OPS-1  | does not concern | it is for orders priced in RUB
general-2026 | qualified  | buy 10 BTC-NOTE at 1000000  | DER-4  | passes           | 50000000.00 - 0.00 exposure = 50000000.00 remaining >= 10000000.00
general-2026 | firm       | buy 3000 BTC-NOTE at 1000000 | DER-4 | fails            | 2000000000.00 - 0.00 exposure = 2000000000.00 remaining < 3000000000.00
general-2026 | qualified  | buy 10 BTC/RUB at 1000000   | DER-4  | does not concern | it is for derivatives and securities priced in RUB
general-2026 | firm       | sell 10 BTC-NOTE at 1000000 | DER-4  | does not concern | it lowers exposure, which no rule on who may trade refuses (RET-5)
general-2026 | firm       | buy 10 BTC-NOTE at 1000000  | DER-2  | passes           | held directly: there is no intermediary to look at
general-2026 | firm@alfa  | buy 10 BTC-NOTE at 1000000  | DER-2  | passes           | 100.00 % of 10000000.00 = 10000000.00 <= 3000000000.00 capital; 2000000000.00 - 0.00 exposure = 2000000000.00 remaining >= 10000000.00
general-2026 | firm@credit | buy 1001 BTC-NOTE at 1000000 | DER-2 | fails           | 100.00 % of 1001000000.00 = 1001000000.00 > 1000000000.00 capital; 2000000000.00 - 0.00 exposure = 2000000000.00 remaining >= 1001000000.00
general-2026 | firm       | buy 10 BTC-NOTE at 1000000  | DER-3  | does not concern | it is for banks
general-2026 | bank       | buy 10 BTC-NOTE at 1000000  | DER-3  | passes           | 10000000.00 - 0.00 held and open = 10000000.00 remaining >= 10000000.00
general-2026 | bank       | buy 11 BTC-NOTE at 1000000  | DER-3  | decides          | 10000000.00 - 0.00 held and open = 10000000.00 remaining < 11000000.00
general-2026 | firm@credit | buy 11 BTC-NOTE at 1000000 | DER-3  | does not concern | it is for banks
general-2026 | bank       | buy 1.25 BTC/RUB at 8000000 | DER-3  | passes           | 10000000.00 - 0.00 held and open = 10000000.00 remaining >= 10000000.00
general-2026 | bank       | buy 1.26 BTC/RUB at 8000000 | DER-3  | decides          | 10000000.00 - 0.00 held and open = 10000000.00 remaining < 10080000.00
general-2026 | bank       | buy 1 A7A5/RUB at 8000000   | DER-3  | does not concern | the rulebook counts no such instrument
general-2026 | bank       | sell 1 BTC/RUB at 8000000   | DER-3  | does not concern | it lowers exposure, which no rule on who may trade refuses (RET-5)
elr-2025     | qualified  | buy 0.01 BTC/RUB at 8000000 | ELR-1  | decides          | 24000000.00 <= 100000000.00 or 0.00 <= 50000000.00: qualified
elr-2025     | earner     | buy 0.01 BTC/RUB at 8000000 | ELR-1  | passes           | 25000000.00 <= 100000000.00 or 50000001.00 > 50000000.00: super_qualified
elr-2025     | retail     | buy 0.01 BTC/RUB at 8000000 | ELR-1  | does not concern | of individuals without qualified status ELR-3 decides
elr-2025     | firm       | buy 0.01 BTC/RUB at 8000000 | ELR-1  | does not concern | it is for individuals: of firms ELR-2 decides
elr-2025     | firm       | buy 0.01 BTC/RUB at 8000000 | ELR-2  | passes           | qualified_firm, no financial firm: no limit
elr-2025     | small_firm | buy 0.01 BTC/RUB at 8000000 | ELR-2  | decides          | unqualified_firm is not qualified_firm
elr-2025     | bank       | buy 1.25 BTC/RUB at 8000000 | ELR-2  | passes           | 10000000.00 - 0.00 held and open = 10000000.00 remaining >= 10000000.00
elr-2025     | bank       | buy 1.26 BTC/RUB at 8000000 | ELR-2  | decides          | 10000000.00 - 0.00 held and open = 10000000.00 remaining < 10080000.00
elr-2025     | bank       | buy 1 BTC/USDT at 80000     | ELR-2  | decides          | the value of USDT in RUB is not known
elr-2025     | super      | buy 0.01 BTC/RUB at 8000000 | ELR-2  | does not concern | it is for firms
elr-2025     | super      | buy 0.01 BTC/RUB at 8000000 | ELR-3  | passes           | super_qualified is not among those without access: retail, qualified
elr-2025     | retail     | buy 0.01 BTC/RUB at 8000000 | ELR-3  | decides          | retail is among those without access: retail, qualified
"""


@pytest.mark.parametrize("line", FIGURES.strip().splitlines())
def test_figures(line: str) -> None:
    rulebook, account, what, rule, expected, words = (cell.strip() for cell in line.split("|"))
    venue = WatchedVenue(rulebook)
    side, quantity, instrument, _, price = what.split()
    venue.enter(account, BUY if side == "buy" else SELL, quantity, instrument, price)
    found = by_rule(venue.last())[rule]
    assert (found.outcome, found.spared if found.outcome == UNCONCERNED else found.arithmetic) == (expected, words)


def test_the_class_is_explained_by_the_evidence_on_record() -> None:
    venue = WatchedVenue()
    venue.do(RegisterInvestor("earner", INDIVIDUAL, assets_rub=11_999_999, earlier_income_rub=7, certified=True))
    for account, words in (
        ("qualified", "assets 24000000.00 >= 24000000.00 or income in the lesser of two years 0.00 < 12000000.00"),
        (
            "earner",
            (
                "assets 11999999.00 < 24000000.00 or income in the lesser of two years 7.00 < 12000000.00 or "
                "with certificate, assets 11999999.00 < 12000000.00 or with certificate, income 50000001.00 >= 6000000.00"
            ),
        ),
        ("small_firm", "net assets 199999999.00 < 200000000.00 or revenue 0.00 < 2000000000.00"),
    ):
        venue.buy(account, "0.001", "BTC/RUB", "100")
        assert venue.last().evidence == words


def test_every_rule_that_can_refuse_an_order_stands_in_the_table() -> None:
    lines = [line.split("|") for line in FIGURES.strip().splitlines()]
    refusing = {cells[3].strip() for cells in lines if cells[4].strip() in (DECIDED, FAILED)}
    passing = {cells[3].strip() for cells in lines if cells[4].strip() == PASSED}
    # Off in every regime: tests/compliance/rules/test_suit_1.py.
    on_orders = ON_ORDERS - {"SUIT-1"}
    assert passing == on_orders
    # Nobody of the cast is blocked or has a barred intermediary, and all that is issued is disclosed: see the scenarios.
    assert refusing == on_orders - {"SAN-1", "INT-1", "QUAL-1", "DISC-1"}


def test_ret_4_compares_intermediaries() -> None:
    venue = WatchedVenue()
    venue.sell("dealer", "0.001", "BTC/RUB", "8000000")
    venue.buy("retail", "0.001", "BTC/RUB", "8000000")
    venue.buy("retail", "0.001", "BTC/RUB", "100")
    venue.buy("retail@beta", "0.001", "BTC/RUB", "100")
    found = by_rule(venue.last())["RET-4"]
    assert (found.outcome, found.arithmetic) == (DECIDED, "beta <> alfa; beta <> alfa")
    assert found.inputs == [
        ("held through", "beta"),
        ("purchases of 2026 are through", "alfa"),
        ("a buy order is open through", "alfa"),
    ]


def test_ret_4_names_the_authorisation_of_the_year() -> None:
    venue = WatchedVenue("general-2026", (("RET-4", "authorisation_required", "true"),))
    venue.buy("retail", "0.001", "BTC/RUB", "100")
    found = by_rule(venue.last())["RET-4"]
    assert found.inputs == [("held through", "alfa"), ("authorised for 2026", "none")]
    assert (found.outcome, found.arithmetic) == (DECIDED, "alfa <> no intermediary, authorised for 2026")
    venue.do(AuthoriseClient("alfa", "retail", 2026))
    venue.buy("retail", "0.001", "BTC/RUB", "100")
    found = by_rule(venue.last())["RET-4"]
    assert found.inputs == [("held through", "alfa"), ("authorised for 2026", "alfa")]
    assert (found.outcome, found.arithmetic) == (PASSED, "alfa = alfa, authorised for 2026")


def test_a_test_of_0_percent_is_told_from_none() -> None:
    venue = WatchedVenue()
    venue.buy("newcomer", "0.001", "BTC/RUB", "100")
    assert by_rule(venue.last())["RET-3"].inputs == [("knowledge test", "none")]
    venue.do(RecordTest("newcomer", "knowledge", 0, venue.time_ns))
    venue.buy("newcomer", "0.001", "BTC/RUB", "100")
    assert by_rule(venue.last())["RET-3"].inputs[0] == ("knowledge test", "0 %")


def test_a_class_set_by_the_supervisor_is_explained_by_the_reason() -> None:
    venue = WatchedVenue("elr-2025")
    venue.do(RegisterInvestor("qualified", INDIVIDUAL, class_override="super_qualified", reason="court order 7"))
    venue.buy("qualified", "0.01", "BTC/RUB", "8000000")
    assert venue.last().class_reason == "court order 7"
    assert by_rule(venue.last())["ELR-1"].arithmetic == "super_qualified, set by the supervisor: court order 7"


def test_criteria_are_compared_one_by_one() -> None:
    venue = WatchedVenue("general-2026", (("RET-2", "highly_liquid_by", '"list_or_criteria"'),))
    venue.buy("retail", "0.01", "EDGETURN/RUB", "100")
    found = by_rule(venue.last())["RET-2"]
    assert found.outcome == DECIDED
    assert found.arithmetic == (
        "EDGETURN is not listed (LIQ-2); 5000000000001.00 > 5000000000000.00; 1000000000000.00 <= 1000000000000.00; "
        "5 >= 5 years (LIQ-1)"
    )


# rulebook | from | to | what | purpose | rule | what it made of it | arithmetic, or why it does not concern the transfer
TRANSFER_FIGURES = """
general-2026 | firm     | importer   | 5 USDT | cross_border     | SAN-1  | passes           | firm is not on the list of blocked owners, nor is a beneficial owner of it; importer is not on the list of blocked owners, nor is a beneficial owner of it
general-2026 | firm     | importer   | 5 XMR  | cross_border     | ANON-1 | decides          | default is among the banned: default, optional
general-2026 | firm     | importer   | 5 USDT | cross_border     | ANON-1 | passes           | none is not among the banned: default, optional
general-2026 | importer | importer@2 | 5 XMR  | own_account      | ANON-1 | does not concern | a transfer between accounts of one investor
general-2026 | firm     | importer   | 5 USDT | domestic_payment | PAY-1  | decides          | a domestic payment in USDT, digital currency; firm is a resident; importer is a resident
general-2026 | abroad   | overseas   | 5 USDT | domestic_payment | PAY-1  | does not concern | it is for residents
general-2026 | firm     | importer   | 5 A7A5 | domestic_payment | PAY-1  | does not concern | it is for digital currency
general-2026 | firm     | importer   | 5 USDT | domestic_payment | CUR-1  | fails            | a domestic payment in USDT, a currency value
general-2026 | firm     | importer   | 5 RUB  | domestic_payment | CUR-1  | does not concern | it is for currency values: cryptocurrencies and stablecoins
general-2026 | firm     | importer   | 5 USDT | cross_border     | CUR-1  | does not concern | it is for domestic payments
general-2026 | firm     | importer   | 5 USDT | cross_border     | SET-1  | decides          | no contract is named, one is needed; firm is a resident; importer is a resident, one non-resident is needed
general-2026 | firm     | importer   | 5 RUB  | domestic_payment | AML-1  | passes           | worth 0.05 RUB < 1000000.00, below the threshold: not to be reported; both parties must be on record, and are
general-2026 | firm     | nameless   | 5 RUB  | domestic_payment | AML-1  | decides          | worth 0.05 RUB < 1000000.00, below the threshold: not to be reported; both parties must be on record, and are not
general-2026 | firm     | importer   | 5 RUB  | domestic_payment | AML-2  | passes           | risk level not assessed, below high: waits for no word
general-2026 | firm     | importer   | 5 RUB  | domestic_payment | COOL-1 | does not concern | the rule is switched off
general-2026 | firm     | importer   | 5 USDT | domestic_payment | SET-1  | does not concern | it is for cross-border settlement
general-2026 | firm     | importer   | 5 USDT | cross_border     | CUST-1 | does not concern | it is for transfers between an intermediary's own accounts and its clients'
elr-2025     | firm     | abroad     | 5 USDT | cross_border     | ELR-4  | passes           | firm is a resident; abroad is a non-resident
elr-2025     | firm     | importer   | 5 USDT | cross_border     | ELR-4  | decides          | firm is a resident; importer is a resident
"""


# The same of what the receiver would come to hold.
DOOR_FIGURES = """
general-2026 | firm     | retail     | 5 BTC-NOTE | domestic_payment | DER-1  | decides | BTC-NOTE is on a crypto price; retail is not qualified
general-2026 | firm     | qualified  | 5 BTC-NOTE | domestic_payment | DER-1  | passes  | BTC-NOTE is on a crypto price; qualified is qualified
general-2026 | firm     | retail     | 5 BTC-NOTE | domestic_payment | RET-2  | passes  | BTC-NOTE follows BTC; BTC is listed (LIQ-2)
general-2026 | firm     | retail     | 5 BTC-NOTE | domestic_payment | RET-1  | fails   | there is no price of BTC-NOTE to count
general-2026 | firm     | retail     | 5 SOL      | domestic_payment | RET-2  | fails   | SOL is not listed (LIQ-2)
general-2026 | firm     | retail     | 5 A7A5     | domestic_payment | SET-2  | fails   | retail may not come to hold A7A5, a rouble stablecoin
general-2026 | firm     | newcomer   | 5 BTC-NOTE | domestic_payment | RISK-1 | fails   | decca6a3bcb4 is not among the 0 acknowledged
general-2026 | firm     | newcomer   | 5 BTC-NOTE | domestic_payment | RET-3  | fails   | no knowledge test on record
general-2026 | firm     | qualified  | 5 BTC-NOTE | domestic_payment | QUAL-1 | passes  | 70 >= 70 %; 2026-06-01 <= 2027-06-01
general-2026 | firm     | firm@alfa  | 5 BTC-NOTE | own_account      | CUR-1  | does not concern | it is for currency values: cryptocurrencies and stablecoins
general-2026 | importer | firm@alfa  | 5 BTC-NOTE | domestic_payment | INT-1  | passes  | alfa is licensed and not suspended
elr-2025     | firm     | qualified  | 5 BTC-NOTE | domestic_payment | ELR-3  | fails   | qualified is among those without access: retail, qualified
elr-2025     | firm     | small_firm | 5 BTC-NOTE | domestic_payment | ELR-2  | decides | unqualified_firm is not qualified_firm
"""


@pytest.mark.parametrize("line", (TRANSFER_FIGURES.strip() + DOOR_FIGURES.rstrip()).splitlines())
def test_figures_of_transfers(line: str) -> None:
    rulebook, sender, receiver, what, purpose, rule, expected, words = (cell.strip() for cell in line.split("|"))
    venue = WatchedVenue(rulebook)
    amount, asset = what.split()
    venue.apply(Transfer(PARTICIPANT, sender, "t", receiver, asset, int(amount), PURPOSES.index(purpose)))
    (explanation,) = venue.notebook.transfers
    check_sound(explanation)
    found = by_rule(explanation)[rule]
    assert (found.outcome, found.spared if found.outcome == UNCONCERNED else found.arithmetic) == (expected, words)


def test_every_rule_on_transfers_stands_in_the_table() -> None:
    assert {line.split("|")[5].strip() for line in TRANSFER_FIGURES.strip().splitlines()} == ON_TRANSFERS


def test_every_variant_of_the_cap_says_what_it_counts() -> None:
    venue = WatchedVenue("general-2026", (("RET-1", "cap_scope", '"per_intermediary"'), ("RET-4", "enabled", "false")))
    venue.buy("retail", "0.01", "BTC/RUB", "8000000")
    venue.buy("retail@beta", "0.01", "BTC/RUB", "8000000")
    found = by_rule(venue.last())["RET-1"]
    assert found.arithmetic == "300000.00 - 0.00 used - 0.00 reserved = 300000.00 remaining >= 80000.00"
    assert ("intermediary", "beta") in found.inputs
    crypto = (("RET-1", "crypto_for_crypto_counted", "true"), ("RET-2", "crypto_for_crypto", "true"))
    venue = WatchedVenue("general-2026", crypto)
    venue.buy("retail", "0.01", "BTC/USDT", "80000")
    found = by_rule(venue.last())["RET-1"]
    assert (found.outcome, found.arithmetic) == (DECIDED, "there is no rouble value of USDT")
    venue.sell("dealer", "1", "USDT/RUB", "100")
    venue.buy("firm", "1", "USDT/RUB", "100")
    venue.buy("retail", "0.01", "BTC/USDT", "80000")
    found = by_rule(venue.last())["RET-1"]
    assert found.arithmetic == "300000.00 - 0.00 used - 0.00 reserved = 300000.00 remaining >= 80000.00"


def test_a_lost_tier_is_explained_with_its_grace() -> None:
    venue = WatchedVenue("general-2026", (("RET-2", "on_tier_loss", '"grace"'), ("RET-2", "grace_days", "1")))
    venue.load("general-2026", (("LIQ-2", "assets", '["ETH"]'), ("RET-2", "on_tier_loss", '"grace"')))
    venue.buy("retail", "0.01", "BTC/RUB", "8000000")
    found = by_rule(venue.last())["RET-2"]
    said = "BTC is not listed (LIQ-2); lost on 2026-06-01, grace: 2026-06-01 <= 2026-07-01"
    assert (found.outcome, found.arithmetic) == (PASSED, said)
    for now, expected, sign in (("2026-07-01 23:59:59", PASSED, "<="), ("2026-07-02 00:00:00", DECIDED, ">")):
        venue.at(now)
        venue.buy("retail", "0.01", "BTC/RUB", "8000000")
        found = by_rule(venue.last())["RET-2"]
        assert found.outcome == expected
        assert found.arithmetic.endswith(f"grace: {now[:10]} {sign} 2026-07-01")
    venue.load("general-2026", (("LIQ-2", "assets", '["ETH"]'), ("RET-2", "on_tier_loss", '"halt"')))
    venue.sell("retail", "0.01", "BTC/RUB", "8000000")
    found = by_rule(venue.last())["RET-2"]
    said = "BTC is not listed (LIQ-2); BTC was highly liquid until 2026-06-01: halted for retail"
    assert (found.outcome, found.arithmetic) == (DECIDED, said)
