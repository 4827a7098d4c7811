"""A registration changes what it names, and a whole record only when asked."""

from __future__ import annotations

import pytest

from engine.vocabulary.codes import FIRM, INDIVIDUAL
from engine.vocabulary.messages.commands import RegisterIntermediary, RegisterInvestor, SetBlocked
from engine.vocabulary.messages.events import CommandRejected, RegistryChanged
from tests.support.compliance.venue import Venue


def figures(venue: Venue, name: str) -> tuple[object, ...]:
    found = venue.hook._intake.registry.investors[name]
    return (found.resident, found.assets_rub, found.income_rub, found.financial, found.capital_rub, found.bank)


def test_what_an_intermediarys_registration_leaves_out_stays() -> None:
    venue = Venue()
    assert venue.do(RegisterIntermediary("alfa", suspended=True))[0] == RegistryChanged(
        "intermediary", "alfa", "licensed, suspended"
    )
    assert venue.do(RegisterIntermediary("alfa", licence="077-2"))[0] == RegistryChanged(
        "intermediary", "alfa", "licensed, suspended"
    )
    alfa = venue.hook._intake.registry.intermediaries["alfa"]
    assert (alfa.capital_rub, alfa.licence, alfa.suspended) == (3_000_000_000, "077-2", True)
    venue.do(RegisterIntermediary("alfa", capital_rub=0))
    assert (alfa.capital_rub, alfa.licence, alfa.suspended) == (0, "077-2", True)
    venue.do(RegisterIntermediary("alfa", capital_rub=5, replace=True))
    assert (alfa.capital_rub, alfa.licence, alfa.suspended, alfa.licensed) == (5, "", False, True)


def test_what_an_investors_registration_leaves_out_stays() -> None:
    venue = Venue()
    before = figures(venue, "bank")
    venue.do(RegisterInvestor("bank", FIRM))
    assert figures(venue, "bank") == before
    venue.do(RegisterInvestor("bank", FIRM, income_rub=7))
    assert figures(venue, "bank") == (*before[:2], 7, *before[3:])
    venue.do(RegisterInvestor("bank", FIRM, income_rub=7, replace=True))
    assert figures(venue, "bank") == (True, 0, 7, False, 0, False)


def test_evidence_of_papers_stays_until_it_is_stated_or_all_is_replaced() -> None:
    venue = Venue()
    retail = venue.hook.intake.registry.investors["retail"]
    venue.do(RegisterInvestor("retail", INDIVIDUAL, earlier_income_rub=7, certified=True, foreign_trade=True))
    venue.do(RegisterInvestor("retail", INDIVIDUAL, assets_rub=1))
    assert (retail.earlier_income_rub, retail.certified, retail.foreign_trade) == (7, True, True)
    venue.do(RegisterInvestor("retail", INDIVIDUAL, certified=False))
    assert (retail.earlier_income_rub, retail.certified, retail.foreign_trade) == (7, False, True)
    venue.do(RegisterInvestor("retail", INDIVIDUAL, replace=True))
    assert (retail.earlier_income_rub, retail.certified, retail.foreign_trade) == (0, False, False)


@pytest.mark.parametrize("replace", [False, True])
def test_only_the_block_list_takes_an_owner_off_it(replace: bool) -> None:
    venue = Venue()
    venue.do(SetBlocked("retail", True))
    venue.do(RegisterInvestor("retail", INDIVIDUAL, replace=replace))
    assert venue.hook._intake.registry.investors["retail"].blocked
    (refused,) = venue.apply(RegisterInvestor("retail", INDIVIDUAL, blocked=False, replace=replace))
    assert isinstance(refused, CommandRejected) and "set_blocked" in refused.detail


def test_an_override_stands_with_its_reason_until_it_is_ended() -> None:
    venue = Venue()
    retail = venue.hook._intake.registry.investors["retail"]
    venue.do(RegisterInvestor("retail", INDIVIDUAL, class_override="qualified", reason="court"))
    venue.do(RegisterInvestor("retail", INDIVIDUAL, assets_rub=3))
    assert (retail.class_override, retail.reason, retail.assets_rub) == ("qualified", "court", 3)
    (refused,) = venue.apply(RegisterInvestor("retail", INDIVIDUAL, class_override="qualified"))
    assert isinstance(refused, CommandRejected) and "needs a reason" in refused.detail
    venue.do(RegisterInvestor("retail", INDIVIDUAL, class_override=""))
    assert (retail.class_override, retail.reason) == ("", "")


def test_a_bank_can_not_become_an_individual_by_leaving_it_out() -> None:
    venue = Venue()
    (refused,) = venue.apply(RegisterInvestor("bank", INDIVIDUAL))
    assert isinstance(refused, CommandRejected) and "only a firm" in refused.detail
