"""The statements of docs/MATCHING.md and docs/CLEARING.md: numbered, each shown by a scenario or by a test, the examples run."""

from __future__ import annotations

import re

import pytest

from loadtest.scenarios.format import parse_topic
from loadtest.scenarios.runner import run_scenario
from tests.scenarios.statements import GONE, NUMBERED, STATEMENT, citations, statements
from tests.support.places import ROOT

pytestmark = pytest.mark.skipif(not (ROOT / "docs").exists(), reason="needs the source tree")

CLEARING, TRADING, STATE = "tests/engine/clearing", "tests/engine/trading", "tests/engine/state"
MOVEMENTS = f"{CLEARING}/test_movements.py"
TRANSFERS, HOLDINGS = f"{CLEARING}/test_transfers.py", f"{CLEARING}/test_holdings.py"
INDICATIVE, LEFTOVERS = f"{TRADING}/test_indicative.py", f"{STATE}/test_leftovers.py"
PIECES, STATED = "tests/engine/test_pieces.py", f"{CLEARING}/test_stated.py"
ARRESTS = f"{CLEARING}/test_arrests.py"
ADVANCING = "tests/engine/test_advancing.py"
CASES = "tests/engine/test_cases.py"
ABSENCE = f"{TRADING}/test_absence.py"
RULES = "tests/compliance/rules/test_transfer_rules.py"

ELSEWHERE = {
    "C-194": (ADVANCING, "test_a_venue_for_tests_stays_one"),
    "C-195": (ADVANCING, "test_time_is_moved_up_to_a_year"),
    "C-196": (ADVANCING, "test_what_is_refused_moves_nothing"),
    "C-175": (MOVEMENTS, "test_its_id_stays_used_up_over_days_and_is_free_when_the_day_of_its_end_is_over"),
    "C-176": (MOVEMENTS, "test_a_transfer_that_has_to_wait_is_answered_by_its_status_and_told"),
    "C-178": (MOVEMENTS, "test_so_many_wait_and_no_more"),
    "M-5": (TRANSFERS, "test_a_transfer_can_not_use_the_id_of_an_order"),
    "M-83": (f"{TRADING}/test_owners.py", "test_only_who_shares_no_owner_trades"),
    "M-92": (f"{TRADING}/test_owners.py", "test_a_call_that_has_collected_what_is_own_only_now_lets_the_newest_go"),
    "M-94": (f"{TRADING}/test_bounds.py", "test_a_schedule_has_so_many_steps"),
    "M-111": (INDICATIVE, "test_market_orders_count_as_levels"),
    "M-112": (INDICATIVE, "test_up_to_so_many_levels_each_command_publishes"),
    "M-113": (INDICATIVE, "test_with_more_the_price_is_published_a_millisecond_after_the_first_command"),
    "M-114": (INDICATIVE, "test_the_next_wait_is_as_long_as_there_were_levels"),
    "M-115": (INDICATIVE, "test_whatever_is_sent_one_book_takes_a_hundredth_of_the_time"),
    "M-116": (INDICATIVE, "test_a_call_that_gets_smaller_publishes_at_once"),
    "M-117": (INDICATIVE, "test_another_phase_that_is_a_call_begins_another_wait_that_is_no_shorter"),
    "M-124": (f"{TRADING}/test_market_index.py", "test_the_sum_is_that_of_all_members_after_whatever_changes_them"),
    "M-147": (f"{TRADING}/test_room.py", "test_the_bounds_are_those_of_the_venue"),
    "M-155": (TRANSFERS, "test_ids_are_bounded_over_orders_and_transfers"),
    "M-156": (f"{TRADING}/test_work.py", "test_an_instrument_has_so_many_pegs_and_an_account_so_many_of_them"),
    "M-158": (LEFTOVERS, "test_a_venue_keeps_so_many_ids_a_day_over_all_accounts"),
    "M-159": (LEFTOVERS, "test_a_venue_keeps_so_many_trades_a_day"),
    "M-160": (LEFTOVERS, "test_a_venue_keeps_so_many_ids_a_day_over_all_accounts"),
    "M-161": (LEFTOVERS, "test_a_venue_keeps_so_many_ids_a_day_over_all_accounts"),
    "M-162": (LEFTOVERS, "test_a_venue_keeps_so_many_ids_a_day_over_all_accounts"),
    "M-163": (LEFTOVERS, "test_a_venue_keeps_so_many_trades_a_day"),
    "M-164": (PIECES, "test_what_is_too_much_for_a_command_is_left_to_ticks"),
    "M-165": (PIECES, "test_a_command_that_comes_before_the_ticks_finds_it_all_done"),
    "M-166": (
        "tests/gateway/server/sequencing/test_sync_beside.py",
        "test_what_is_left_of_a_command_shares_a_frame_and_its_reply_comes_last",
    ),
    "M-167": (f"{TRADING}/test_cascade.py", "test_ten_thousand_stops_elect_each_other_within_one_command"),
    "M-168": ("tests/engine/test_approval.py", "test_each_kind_waits_and_is_done_once_approved"),
    "M-228": (CASES, "test_an_alert_waits_until_it_is_dismissed"),
    "M-229": (CASES, "test_what_an_alert_names_comes_into_the_case_that_is_made_of_it"),
    "M-232": (CASES, "test_what_is_over_leaves_the_state"),
    "M-236": (CASES, "test_the_bounds_of_cases_and_alerts"),
    "M-237": (CASES, "test_what_ends_something_says_why"),
    "M-238": (CASES, "test_checks_stand_in_their_order"),
    "M-176": (LEFTOVERS, "test_a_venue_keeps_so_many_trades_a_day"),
    "M-183": (
        "tests/compliance/test_rechecks.py",
        "test_what_waits_for_the_entry_of_a_bracket_is_asked_about_when_it_begins",
    ),
    "M-226": (STATED, "test_the_orders_of_one_command_are_numbered_from_it"),
    "C-1": (f"{CLEARING}/test_futures.py", "test_whatever_happens_the_state_stays_sound"),
    "C-13": (STATED, "test_what_is_no_price_of_an_index"),
    "C-37": (
        "tests/engine/test_numbers.py",
        "test_a_loss_beyond_64_bits_is_settled_exactly_and_reported_as_far_as_it_can_be",
    ),
    "C-73": (f"{CLEARING}/test_futures.py", "test_close_outs_are_done_in_pieces_and_numbered_in_each"),
    "C-74": (f"{CLEARING}/test_closeout.py", "test_many_close_outs_come_before_what_is_due_later_however_they_are_cut"),
    "C-84": (STATED, "test_only_a_future_has_the_terms_of_one"),
    "C-101": (f"{TRADING}/test_reducing.py", "test_both_exchanges_hold_reduce_only_orders_alike"),
    "C-118": (TRANSFERS, "test_checks_stand_in_their_order"),
    "C-119": (TRANSFERS, "test_what_a_transfer_is_refused_for"),
    "C-120": (TRANSFERS, "test_a_resent_transfer_is_answered_and_not_done_again"),
    "C-121": (TRANSFERS, "test_a_refused_transfer_uses_up_its_id"),
    "C-122": (TRANSFERS, "test_ids_of_transfers_are_free_again_the_next_day_but_those_of_open_orders_are_not"),
    "C-123": (TRANSFERS, "test_what_a_transfer_is_refused_for"),
    "C-124": (TRANSFERS, "test_kill_switches"),
    "C-125": (TRANSFERS, "test_ids_are_bounded_over_orders_and_transfers"),
    "C-129": (TRANSFERS, "test_a_transfer_moves_what_is_available_and_is_reported_to_both"),
    "C-130": (STATED, "test_a_transfer_needs_no_phase_and_costs_nothing"),
    "C-141": (RULES, "test_a_transferred_note_takes_its_exposure_along_at_average_entry_value"),
    "C-142": (RULES, "test_the_limit_counts_what_came_by_transfer"),
    "C-148": (HOLDINGS, "test_what_issuance_and_redemption_are_refused_for"),
    "C-149": (HOLDINGS, "test_issuance_and_redemption_are_reported_and_change_what_is_outstanding"),
    "C-150": (RULES, "test_nothing_is_redeemed_or_withdrawn_from_a_blocked_owner_until_the_block_is_lifted"),
    "C-151": (RULES, "test_nothing_is_redeemed_or_withdrawn_from_a_blocked_owner_until_the_block_is_lifted"),
    "C-157": (
        HOLDINGS,
        "test_a_freeze_cancels_orders_of_futures_that_hold_the_asset_without_a_fee_and_spares_what_covers_positions",
    ),
    "C-158": (HOLDINGS, "test_a_freeze_takes_the_share_of_each_holder_rounded_up_in_order_of_opening"),
    "C-159": (HOLDINGS, "test_what_is_frozen_is_not_sold_withdrawn_redeemed_or_taken_back_by_a_bust"),
    "C-160": (HOLDINGS, "test_what_a_freeze_is_refused_for"),
    "C-181": (ARRESTS, "test_an_amount_of_an_investor_is_taken_of_the_accounts_as_they_were_opened"),
    "C-183": (ARRESTS, "test_the_example_of_a_freeze_and_an_arrest_side_by_side"),
    "C-185": (ARRESTS, "test_what_covers_positions_is_arrested_as_it_becomes_free"),
    "C-189": (ARRESTS, "test_papers_add_up_and_each_lets_go_of_its_own_part"),
    "C-190": (ARRESTS, "test_a_paper_on_everything_takes_what_comes_wherever_it_comes"),
    "C-191": (ARRESTS, "test_a_correction_that_would_take_back_what_is_arrested_is_refused"),
    "M-239": (ABSENCE, "test_what_is_refused"),
    "M-240": (ABSENCE, "test_what_a_connection_leaves_behind_goes_when_its_grace_ends"),
    "M-241": (ABSENCE, "test_who_comes_back_within_the_grace_keeps_them"),
    "M-242": (ABSENCE, "test_stops_pairs_and_brackets_go_too"),
    "M-243": (ABSENCE, "test_a_timer_acts_unless_it_is_set_again"),
    "M-244": (ABSENCE, "test_a_timer_acts_unless_it_is_set_again"),
    "M-245": (ABSENCE, "test_what_ends_at_one_instant_has_an_order"),
}
"""Which test shows a statement, or the part of it, that no scenario can."""


def text_of(page: str) -> str:
    return (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", NUMBERED)
def test_each_statement_has_a_number_of_its_own(page: str) -> None:
    found = STATEMENT.findall(text_of(page))
    given = [*found, *(number for number in GONE if number.startswith(page[0]))]
    assert sorted(given) == sorted(f"{page[0]}-{number}" for number in range(1, len(given) + 1))
    assert len(found) > 100
    assert text_of(page).count("\n**") == len(found), "a paragraph begins like a statement, and is none"


def test_every_statement_is_shown() -> None:
    cited = {number for numbers in citations().values() for number in numbers}
    known = statements()
    assert [number for number in known if number not in cited and number not in ELSEWHERE] == []


def test_what_is_cited_is_stated() -> None:
    known = set(statements())
    assert {name: unknown for name, numbers in citations().items() if (unknown := set(numbers) - known)} == {}
    assert set(ELSEWHERE) <= known


def test_the_tests_that_show_the_others_exist() -> None:
    gone = [
        f"{path}::{name}"
        for path, name in ELSEWHERE.values()
        if not re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert gone == []


@pytest.mark.parametrize("page", [*NUMBERED, "../tests/scenarios/README"])
def test_a_page_refers_to_statements_that_there_are(page: str) -> None:
    assert set(re.findall(r"\b[MC]-[0-9]+\b", text_of(page))) <= set(statements())


@pytest.mark.parametrize("page", NUMBERED)
def test_the_worked_example_comes_first_and_happens(page: str) -> None:
    text = text_of(page)
    example = re.search(r"^```\n(scenario: .*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert example is not None
    assert example.start() < text.index("**" + page[0] + "-1**")
    (scenario,) = parse_topic(page, example[1])
    assert len(scenario.steps) >= 5
    failure = run_scenario(scenario)
    assert failure is None, f"\n{failure}"
