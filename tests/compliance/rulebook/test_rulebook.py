from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import BUILT_IN_RULEBOOKS, RulebookError, load_rulebook
from compliance.rulebook.parameters import parse_hundredths
from compliance.rules.catalogue import RULES as DECLARED
from engine.vocabulary.limits import MAX_MESSAGE_BYTES
from tests.support.compliance.venue import BOOKS, changed, documents

# The rules of the three regimes. A rule that is added or lost is a decision, so they are listed here again.
RULES = (
    *("AML-1", "AML-2", "COOL-1"),
    *(
        "ELR-1",
        "ELR-2",
        "ELR-3",
        "ELR-4",
        "DER-1",
        "DER-2",
        "DER-3",
        "DER-4",
        "RET-1",
        "RET-2",
        "RET-3",
        "RET-4",
        "RET-5",
    ),
    *(
        "QUAL-0",
        "QUAL-1",
        "ANON-1",
        "LIQ-1",
        "LIQ-2",
        "CUR-1",
        "PAY-1",
        "SET-1",
        "SET-2",
        "FRZ-1",
        "ARR-1",
        "CUST-1",
        "RISK-1",
        "SAN-1",
        "INT-1",
    ),
    *("ID-1", "OPS-1", "OPS-2", "SUIT-1", "DISC-1", "LEV-1", "ABUSE-1"),
)

MINIMAL = """
title = "Smallest book"
kinds = ["spot", "note", "future"]
order = ["SAN-1"]
[[rules]]
id = "QUAL-0"
title = "Status"
who = "everyone"
source = "A source"
status = "in_force"
effective_from = "2025-01-01"
applies_to = "classification"
[rules.parameters]
individual_assets_rub = "6000000.00"
firm_net_assets_rub = "1"
firm_revenue_rub = "2.5"
firm_combine = "and"
[[rules]]
id = "SAN-1"
title = "Blocked"
who = "everyone"
source = "A source"
status = "assumed"
effective_from = "2025-01-01"
applies_to = "order_entry"
"""


def refusal(texts: dict[str, str], name: str = "book") -> str:
    with pytest.raises(RulebookError) as caught:
        load_rulebook(name, texts)
    return str(caught.value)


@pytest.mark.parametrize("name", BUILT_IN_RULEBOOKS)
def test_built_in_books_load_and_fit_into_a_command(name: str) -> None:
    texts = documents(name)
    book = load_rulebook(name, texts)
    assert book.name == name
    assert len(book.digest) == 64
    assert sum(len(text.encode()) for text in texts.values()) < MAX_MESSAGE_BYTES // 2
    for rule in book.rules.values():
        assert rule.applies_to == DECLARED[rule.rule].enforced_by


def test_the_books_in_the_folder_are_the_built_in_ones() -> None:
    assert sorted(path.stem for path in BOOKS.glob("*.toml")) == sorted(BUILT_IN_RULEBOOKS)


def test_every_rule_stands_in_a_book_and_every_order_entry_rule_has_a_check() -> None:
    found = {rule for name in BUILT_IN_RULEBOOKS for rule in load_rulebook(name, documents(name)).rules}
    assert found == set(RULES) <= set(DECLARED)
    order_entry = {rule for rule, declared in DECLARED.items() if declared.enforced_by == "order_entry"}
    # RET-5 refuses nothing: it exempts sells from the others, so it has no place in the order of decision.
    assert {rule for rule, declared in DECLARED.items() if declared.orders is not None} == order_entry - {"RET-5"}


def test_every_rule_on_transfers_has_a_check() -> None:
    on_transfers_only = {rule for rule, declared in DECLARED.items() if declared.enforced_by == "transfer"}
    checked = {rule for rule, declared in DECLARED.items() if declared.transfers or declared.waits}
    assert {rule for rule, declared in DECLARED.items() if declared.waits} == {"AML-2", "COOL-1"}
    assert checked == {rule for rule, declared in DECLARED.items() if declared.on_transfers}
    assert checked == on_transfers_only | {"SAN-1", "ANON-1"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("elr-2025", ("SAN-1", "ANON-1", "PAY-1", "CUR-1", "ELR-4", "SET-1")),
        ("general-2026", ("SAN-1", "ANON-1", "PAY-1", "CUR-1", "SET-1", "CUST-1", "AML-1", "AML-2", "COOL-1")),
        ("derivatives-2025", ("SAN-1", "PAY-1")),
    ],
)
def test_each_regime_has_its_rules_on_transfers(name: str, expected: tuple[str, ...]) -> None:
    assert load_rulebook(name, documents(name)).transfer_order == expected


def test_a_book_without_transfer_order_asks_no_rule_on_transfers() -> None:
    assert load_rulebook("book", {"book": MINIMAL}).transfer_order == ()


def test_rules_of_an_included_book_that_no_order_names_stand_where_they_stand_there() -> None:
    texts = documents("general-2026")
    # As a book is that was copied before a rule was there: derivatives-2025 has got DISC-1 between DER-1 and OPS-1 since.
    older = texts["general-2026"].replace('"SET-2", "DISC-1", "RET-2"', '"SET-2", "RET-2"')
    assert older != texts["general-2026"]
    book = load_rulebook("general-2026", texts | {"general-2026": older})
    place = book.order.index("DISC-1")
    assert book.order[place - 1] == "DER-1"
    assert [rule for rule in book.order if rule != "DISC-1"] == [
        rule for rule in load_rulebook("general-2026", texts).order if rule != "DISC-1"
    ]
    older = texts["general-2026"].replace(
        'transfer_order = ["SAN-1", "ANON-1", "PAY-1",', 'transfer_order = ["ANON-1",'
    )
    assert older != texts["general-2026"]
    assert load_rulebook("general-2026", texts | {"general-2026": older}).transfer_order[:3] == (
        *("SAN-1", "PAY-1", "ANON-1"),
    )


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ('"SAN-1"', "transfer_order: must be a list of names"),
        ("[]", "transfer_order: SAN-1 is missing"),
        ('["SAN-1", "SAN-1"]', "transfer_order: must be a list of different names"),
        ('["SAN-1", "CUR-1"]', "transfer_order: CUR-1 is not a rule of this book that can refuse a transfer"),
        ('["SAN-1", "QUAL-0"]', "transfer_order: QUAL-0 is not a rule of this book that can refuse a transfer"),
    ],
)
def test_a_bad_transfer_order_is_refused(order: str, message: str) -> None:
    text = MINIMAL.replace('order = ["SAN-1"]', f'order = ["SAN-1"]\ntransfer_order = {order}')
    assert message in refusal({"book": text})


def test_a_book_with_rules_that_only_transfers_meet_needs_a_transfer_order() -> None:
    currency = MINIMAL.partition('id = "SAN-1"')[2].replace("order_entry", "transfer")
    text = f'{MINIMAL}[[rules]]\nid = "CUR-1"{currency}'
    assert "transfer_order is missing: nothing else enforces CUR-1" in refusal({"book": text})
    text = text.replace('order = ["SAN-1"]', 'order = ["SAN-1"]\ntransfer_order = ["CUR-1", "SAN-1"]')
    assert load_rulebook("book", {"book": text}).transfer_order == ("CUR-1", "SAN-1")


def test_a_book_takes_over_what_it_includes() -> None:
    book = load_rulebook("general-2026", documents("general-2026"))
    assert book.rules["DER-1"].document == "derivatives-2025"
    assert book.rules["RET-1"].document == "general-2026"
    assert sorted(book.kinds) == ["future", "note", "spot"]
    assert book.order[0] == "SAN-1"


def test_parameters_are_typed() -> None:
    book = load_rulebook("general-2026", documents("general-2026"))
    cap = book.rules["RET-1"].parameters
    assert cap.number("retail_cap_rub") == 300_000_00
    assert cap.word("cap_scope") == "aggregate"
    assert cap.flag("crypto_for_crypto_counted") is True
    for key, word in (("cap_basis", "net_of_sales"), ("cap_window", "rolling_year"), ("cap_scope", "per_intermediary")):
        texts = changed(documents("general-2026"), "RET-1", key, f'"{word}"')
        assert load_rulebook("general-2026", texts).rules["RET-1"].parameters.word(key) == word
    texts = changed(documents("general-2026"), "RET-1", "crypto_for_crypto_counted", "true")
    assert load_rulebook("general-2026", texts).rules["RET-1"].parameters.flag("crypto_for_crypto_counted")
    assert book.rules["LIQ-2"].parameters.names("assets") == ("BTC", "ETH", "USDT")
    assert book.rules["DER-3"].parameters.number("exposure_percent_of_capital") == 1_00


def test_the_digest_depends_on_every_document_and_on_the_name() -> None:
    texts = documents("general-2026")
    digests = {load_rulebook("general-2026", texts).digest}
    for name in texts:
        digests.add(load_rulebook("general-2026", {**texts, name: texts[name] + "\n# a comment\n"}).digest)
    digests.add(
        load_rulebook("other", {"other": texts["general-2026"], "derivatives-2025": texts["derivatives-2025"]}).digest
    )
    assert len(digests) == 4
    assert load_rulebook("general-2026", dict(reversed(texts.items()))).digest in digests


def test_a_book_may_say_itself_in_russian() -> None:
    text = MINIMAL.replace('title = "Smallest book"', 'title = "Smallest book"\ntitle_ru = "Наименьший свод"')
    text = text.replace('title = "Blocked"', 'title = "Blocked"\ntitle_ru = "Заблокирован"\nnote_ru = "Да"')
    book = load_rulebook("book", {"book": text})
    assert (book.title, book.title_ru) == ("Smallest book", "Наименьший свод")
    assert book.rules["SAN-1"].russian == {"title": "Заблокирован", "who": "", "source": "", "note": "Да"}
    # Of any day, and with any setting.
    assert book.on(20_000).title_ru == "Наименьший свод"
    assert book.on(20_000).rules["SAN-1"].russian["title"] == "Заблокирован"
    assert load_rulebook("book", {"book": MINIMAL}).title_ru == ""


@pytest.mark.parametrize("name", BUILT_IN_RULEBOOKS)
def test_the_books_that_come_with_the_venue_have_russian_titles(name: str) -> None:
    book = load_rulebook(name, documents(name))
    assert book.title_ru
    assert [data.rule for data in book.rules.values() if not data.russian["title"]] == []


def test_a_rule_can_be_switched_off() -> None:
    book = load_rulebook("book", {"book": MINIMAL.replace('id = "SAN-1"', 'id = "SAN-1"\nenabled = false')})
    assert book.active("SAN-1") is None
    assert book.active("QUAL-0") is not None
    assert book.active("RET-1") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Smallest book"\n', "", "rulebook book: title is missing"),
        ('title = "Smallest book"', 'title = ""', "rulebook book: title: must be a text"),
        ('title = "Smallest book"', 'title = "A"\ntitle_ru = 1', "rulebook book: title_ru: must be a text"),
        ('title = "Blocked"', 'title = "Blocked"\ntitle_ru = ""', "rule SAN-1: title_ru: must be a text"),
        ('title = "Blocked"', 'title = "Blocked"\ntitle_en = "B"', "rule SAN-1: unknown key title_en"),
        ("kinds = ", "sorts = ", "unknown key sorts"),
        ('"future"]', '"swap"]', "kinds: unknown kind swap"),
        (', "future"]', "]", "rule DER-1"),
        ('order = ["SAN-1"]', 'order = "SAN-1"', "order: must be a list of names"),
        ('order = ["SAN-1"]', "order = []", "order: SAN-1 is missing"),
        ('order = ["SAN-1"]', 'order = ["SAN-1", "SAN-1"]', "order: must be a list of different names"),
        ('order = ["SAN-1"]', 'order = ["SAN-1", "QUAL-0"]', "order: QUAL-0 is not a rule"),
        ('order = ["SAN-1"]', 'order = ["SAN-1", "RET-1"]', "order: RET-1 is not a rule"),
        ('id = "SAN-1"', 'id = "SAN-9"', "rule SAN-9: unknown rule id"),
        ('id = "SAN-1"\n', "", "rule 2: id is missing"),
        ('title = "Blocked"', 'titel = "Blocked"', "rule SAN-1: unknown key titel"),
        ('title = "Blocked"\n', "", "rule SAN-1: title is missing"),
        ('source = "A source"\nstatus = "assumed"', 'status = "assumed"', "rule SAN-1: source is missing"),
        (
            'source = "A source"\nstatus = "assumed"',
            'source = " "\nstatus = "assumed"',
            "SAN-1: source: must be a text",
        ),
        ('status = "assumed"\n', "", "rule SAN-1: status is missing"),
        ('status = "assumed"', 'status = "law"', "rule SAN-1: status: law is none of"),
        (
            'effective_from = "2025-01-01"\napplies_to = "order',
            'applies_to = "order',
            "SAN-1: effective_from is missing",
        ),
        (
            '"2025-01-01"\napplies_to = "order',
            '"2025-02-30"\napplies_to = "order',
            "effective_from: 2025-02-30 is no date",
        ),
        ('"2025-01-01"\napplies_to = "order', '2025-01-01\napplies_to = "order', "effective_from: must be a text"),
        ('applies_to = "order_entry"', 'applies_to = "everywhere"', "applies_to: everywhere is none of"),
        ('applies_to = "order_entry"', 'applies_to = "venue"', "applies_to: must be order_entry"),
        (
            'applies_to = "order_entry"',
            'applies_to = "order_entry"\nenabled = 1',
            "SAN-1: enabled: must be true or false",
        ),
        (
            'applies_to = "order_entry"',
            'applies_to = "order_entry"\nparameters = 1',
            "SAN-1: parameters: must be a table",
        ),
        ('applies_to = "order_entry"', 'applies_to = "order_entry"\nnote = 1', "SAN-1: note: must be a text"),
        ("[[rules]]", "[rules]", "not TOML"),
        ("individual_assets_rub", "individual_assets", "QUAL-0: parameters: unknown key individual_assets"),
        ('firm_net_assets_rub = "1"\n', "", "QUAL-0: parameters: firm_net_assets_rub is missing"),
        ('"6000000.00"', "6000000.00", "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', "6000000", "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', '"6000000.001"', "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', '"-6"', "individual_assets_rub: must not be negative"),
        ('"6000000.00"', '"--6"', "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', '"6_000"', "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', '"٣"', "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', '"1e9"', "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', '"nan"', "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', '""', "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', '"1."', "individual_assets_rub: must be a decimal string"),
        ('"6000000.00"', f'"{"9" * 19}"', "individual_assets_rub: must be a decimal string"),
        ('firm_combine = "and"', 'firm_combine = "xor"', "firm_combine: must be one of or, and"),
        ('firm_combine = "and"', "firm_combine = true", "firm_combine: must be one of or, and"),
    ],
)
def test_a_bad_book_is_refused_with_the_place(old: str, new: str, message: str) -> None:
    assert MINIMAL.count(old) >= 1
    refused = refusal({"book": MINIMAL.replace(old, new)})
    assert refused.startswith("rulebook book: ")
    assert message in refused


@pytest.mark.parametrize(
    ("rule", "key", "value", "message"),
    [
        ("RET-3", "pass_mark", "101", "must be a whole number from 0 to 100"),
        ("RET-3", "validity_days", "-1", "must be a whole number"),
        ("RET-3", "validity_days", "true", "must be a whole number"),
        ("RET-3", "validity_days", '"365"', "must be a whole number"),
        ("RET-3", "validity_days", "1.5", "must be a whole number"),
        ("RET-2", "foreign_stablecoins", '"true"', "must be true or false"),
        ("ANON-1", "banned_privacy", '["none"]', "must be a list of different names of default, optional"),
        ("LIQ-2", "assets", '["BTC", "BTC"]', "must be a list of different names"),
        ("LIQ-2", "assets", '"BTC"', "must be a list of names"),
        ("RET-1", "cap_window", '"decade"', "must be one of calendar_year, rolling_year"),
    ],
)
def test_a_bad_parameter_is_refused_with_the_place(rule: str, key: str, value: str, message: str) -> None:
    refused = refusal(changed(documents("general-2026"), rule, key, value), "general-2026")
    assert refused.startswith(f"rulebook general-2026: rule {rule}: parameters: {key}: ")
    assert message in refused


def test_includes_must_be_there_be_used_and_not_turn_in_a_circle() -> None:
    texts = documents("general-2026")
    alone = {"general-2026": texts["general-2026"]}
    assert refusal(alone, "general-2026") == "rulebook general-2026: includes derivatives-2025, which is missing"
    assert refusal({}, "book") == "rulebook book: its document is missing"
    assert refusal({"book": MINIMAL, "other": MINIMAL}) == "rulebook book: document other is not included by it"
    circle = {"book": f'include = ["other"]\n{MINIMAL}', "other": f'include = ["book"]\n{MINIMAL}'}
    assert refusal(circle) == "rulebook book: include cycle book -> other -> book"
    itself = {"book": f'include = ["book"]\n{MINIMAL}'}
    assert refusal(itself) == "rulebook book: include cycle book -> book"
    twice = {"book": f'include = ["other"]\n{MINIMAL}', "other": MINIMAL}
    assert refusal(twice) == "rulebook book: rule QUAL-0: already stated in document other"
    many = {f"book{number}": MINIMAL for number in range(17)}
    assert refusal(many, "book1") == "rulebook book1: no more than 16 documents"


def test_contradictions_are_refused() -> None:
    upside_down = changed(documents("elr-2025"), "ELR-1", "assets_above_rub", '"5999999.99"')
    assert "ELR-1: assets_above_rub: below individual_assets_rub of QUAL-0" in refusal(upside_down, "elr-2025")
    texts = documents("general-2026")
    start = texts["general-2026"].index('[[rules]]\nid = "LIQ-1"')
    end = texts["general-2026"].index('[[rules]]\nid = "LIQ-2"')
    texts["general-2026"] = texts["general-2026"][:start] + texts["general-2026"][end:]
    assert load_rulebook("general-2026", texts)
    by_criteria = changed(texts, "RET-2", "highly_liquid_by", '"criteria"')
    assert "rule RET-2: highly_liquid_by: criteria needs rule LIQ-1" in refusal(by_criteria, "general-2026")
    without_classes = MINIMAL[: MINIMAL.index("[[rules]]")] + MINIMAL[MINIMAL.rindex("[[rules]]") :]
    assert "rule QUAL-0 is missing" in refusal({"book": without_classes})


@pytest.mark.parametrize(
    "text", ["", "x", "a = " + "[" * 60_000, "a = " + "9" * 5_000, "rules = [1]", "\x00", "rules = 1"]
)
def test_what_is_no_book_is_refused_and_nothing_breaks(text: str) -> None:
    assert refusal({"book": text}).startswith("rulebook book: ")


@given(st.text(alphabet="0123456789.-+_eE ,", max_size=8))
def test_decimals_have_at_most_two_places_and_nothing_else(text: str) -> None:
    parsed = parse_hundredths(text)
    whole, _, fraction = text.partition(".")
    plain = (
        text.count(".") <= 1 and whole.isdigit() and ("." not in text or (fraction.isdigit() and len(fraction) <= 2))
    )
    assert (parsed is not None) == plain
    if parsed is not None:
        assert parsed == int(whole) * 100 + int((fraction + "00")[:2])
