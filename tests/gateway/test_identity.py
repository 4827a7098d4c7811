"""Documents as identity keys: what is one document however it is written, what is none, and the file of the secret."""

from __future__ import annotations

import os
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.registry.persons import MAX_OWNERS, is_key
from engine.vocabulary.limits import MAX_SUPPLY
from gateway.documents import (
    DOCUMENT_KINDS,
    DocumentError,
    invented_tax_number,
    is_like_a_number,
    normal_form,
    spills,
    without_numbers,
)
from gateway.identity import IDENTITY_FILE, MAX_DOCUMENTS, Identities
from gateway.keys import KeyFileError

IDENTITIES = Identities.seeded(1)
PERSON = invented_tax_number(12_345_678)
FIRM = invented_tax_number(1_234_567, firm=True)


@pytest.mark.parametrize(
    ("kind", "firm", "first", *(f"again{number}" for number in range(4))),
    [
        ("tax_number", False, PERSON, f" {PERSON}\n", f"{PERSON[:4]} {PERSON[4:8]}-{PERSON[8:]}", f"{PERSON[:6]}\u00a0{PERSON[6:]}",
         "".join(chr(0xFF10 + int(digit)) for digit in PERSON)),
        ("tax_number", True, FIRM, f"{FIRM[:5]}\u2013{FIRM[5:]}", f"\t{FIRM}", f"{FIRM[:5]}\u2009{FIRM[5:]}", f"{FIRM} "),
        ("passport", False, "4510 123456", "4510123456", "45 10 123456", "45-10-123456", "４５１０ 123456"),
        ("foreign_document", False, "KZ N1234567", "kz n1234567", "KZ-N 123 4567", "КZ n1234567", "ｋｚ Ｎ1234567"),
        ("foreign_document", False, "OM NO10203", "om n010203", "ОМ NО1O2O3", "OM-NO1 0203", "OM N0 10 203"),
    ],
)  # fmt: skip
def test_a_document_is_the_same_however_it_is_written(kind, firm, first, again0, again1, again2, again3):
    (key,) = IDENTITIES.keys({kind: first}, firm=firm)
    assert is_key(key)
    for again in (again0, again1, again2, again3):
        assert IDENTITIES.keys({kind: again}, firm=firm) == (key,), again


def test_other_documents_kinds_and_secrets_make_other_keys():
    documents = [("passport", "0000000001"), ("passport", "0000000002"), ("tax_number", PERSON)]
    documents += [("foreign_document", "KZ0000000001"), ("foreign_document", "AE0000000001")]
    keys = [IDENTITIES.keys(dict([each]), firm=False)[0] for each in documents]
    keys += [
        Identities.seeded(2).keys(dict([documents[0]]), firm=False)[0],
        Identities.new().keys(dict([documents[0]]), firm=False)[0],
    ]
    keys += [IDENTITIES.keys({"foreign_document": "KZ0000000001"}, firm=True)[0]]
    # A foreign paper is not told apart by who shows it: a firm's and a person's with one number are one.
    assert keys[-1] == keys[3]
    assert all(one != other for one, other in combinations(keys[:-1], 2))
    assert {key[:8] for key in keys[:5]} == {IDENTITIES.name}
    assert not any(number.replace(" ", "") in key for _, number in documents for key in keys)


@pytest.mark.parametrize(
    ("kind", "firm", "number", "words"),
    [
        ("tax_number", False, PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10), "the check digits do not fit"),
        ("tax_number", False, PERSON[:10] + str((int(PERSON[10]) + 1) % 10) + PERSON[11], "the check digits do not fit"),
        ("tax_number", True, FIRM[:-1] + str((int(FIRM[-1]) + 1) % 10), "the check digits do not fit"),
        ("tax_number", False, FIRM, "that of a person has 12 digits"),
        ("tax_number", True, PERSON, "that of a firm has 10 digits"),
        ("tax_number", True, "٧٧٠٧٠٨٣٨٩٣", "digits are needed"),
        ("tax_number", True, f"{FIRM}\u200b", "digits are needed"),
        ("tax_number", True, "", "digits are needed"),
        ("tax_number", True, " " * 65, "digits are needed"),
        ("passport", False, "451012345", "series and number have 10 digits"),
        ("passport", True, "4510123456", "a firm has no passport"),
        ("foreign_document", False, "1234567", "two letters of the country"),
        ("foreign_document", False, "KZ", "two letters of the country"),
        ("foreign_document", False, "KZ №Ж1234", "two letters of the country"),
        ("foreign_document", False, "RU 4510123456", "^foreign_document: of Russia give tax_number or passport$"),
        ("foreign_document", True, "RU 7707083893", "of Russia give tax_number or passport"),
        ("foreign_document", False, "UK 1234567", r"no code of a country \(ISO 3166-1, two letters\); that of the United Kingdom is GB$"),
        ("foreign_document", False, "XX 1234567", r"no code of a country \(ISO 3166-1, two letters\)$"),
        ("foreign_document", False, "SU 1234567", "no code of a country"),
        ("4510123456", False, "a passport", "an unknown kind of document"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_without_being_repeated(kind, firm, number, words):
    with pytest.raises(DocumentError, match=words) as caught:
        normal_form(kind, number, firm=firm)
    assert not number.strip() or number not in str(caught.value)
    assert kind in DOCUMENT_KINDS or kind not in str(caught.value)


def test_somebody_has_at_least_one_document_and_not_without_end():
    with pytest.raises(DocumentError, match=r"^at least one document is needed$"):
        IDENTITIES.keys({}, firm=False)
    many = {f"kind{number}": "1" for number in range(MAX_DOCUMENTS + 1)}
    with pytest.raises(DocumentError, match=r"^a person or firm gives 8 documents at most$"):
        IDENTITIES.keys(many, firm=False)
    with pytest.raises(DocumentError, match=r"^a person or firm gives 8 documents at most$"):
        IDENTITIES.keys_of_all([{"passport": "wrong"}, many])
    with pytest.raises(DocumentError, match=r"^a firm names 8 owners at most$"):
        IDENTITIES.keys_of_all([{"passport": "wrong"}] * (MAX_OWNERS + 1))
    with pytest.raises(DocumentError, match=r"^\[1\]: passport: "):
        IDENTITIES.keys_of_all([{"tax_number": PERSON}, {"passport": "1"}])


@given(st.integers(0, 10**7 - 1), st.booleans())
def test_invented_numbers_are_sound_and_nobodys(number, firm):
    invented = invented_tax_number(number, firm=firm)
    assert normal_form("tax_number", invented, firm=firm) == invented
    assert invented.startswith("00")


# ── where no number may stand ──────────────────────────────────────────────────────────────────────────────────────


@given(st.text("'`\"", max_size=4), st.text("'`\"x ", max_size=6), st.integers(0, 40))
def test_no_complaint_repeats_a_number_whatever_stands_around_it(before, after, cut):
    given = f"{before}{PERSON}{after}"
    for complaint in (
        f"Invalid value {given!r} - at `$.type`",
        f"Invalid value '{given}' - at `$.type`"[:cut],
        f"Object contains unknown field `{given}` - at `$.x[...]`",
        f"arguments: unknown name {given!r}; known: account, reason",
        f"the key {given!r} stands twice",
    ):
        assert PERSON not in without_numbers(complaint)


@pytest.mark.parametrize(
    "complaint",
    [
        "Expected `int` <= 9223372036854775807 - at `$.arguments[...][0]`",
        "Invalid value 'limt' - at `$.order_type`",
        "arguments: unknown name 'clients2'; known: name, reason",
        "Object contains unknown field `prise` - at `$`",
        "larger than 92233720368",
        *(f"larger than {MAX_SUPPLY // 10**scale}" for scale in range(19)),
        'prices[0].price: not a decimal: write digits and at most one point, as in "250.50"',
        'arguments.steps: expected a table such as {"10:00": "continuous"}',
    ],
)
def test_what_is_no_number_is_repeated(complaint):
    assert without_numbers(complaint) == complaint


def test_a_number_that_stands_beside_its_place_is_found():
    documents = {"tax_number": f"{PERSON[:4]} {PERSON[4:]}"}
    for name in (PERSON, f"anna-{PERSON}", f"{PERSON[:6]}-{PERSON[6:]}"):
        assert spills({"investor": name, "documents": documents})
        assert spills(
            {"effective_ns": 1, "arguments": {"documents": {}, "owners": [documents]}, "reason": f"see {name}"}
        )
    assert not spills({"investor": "anna", "documents": documents, "reason": "on paper"})
    assert not spills({"investor": "anna", "documents": {"foreign_document": "AE 0000001"}, "reason": "AE, page 1"})


@pytest.mark.parametrize("between", ["", " ", ".", "/", "_", "\u200b", "\u200d", "№", " № ", "–", "\u2060"])
def test_a_number_is_found_whatever_stands_between_its_parts(between):
    arabic = "".join(chr(0x660 + int(digit)) for digit in PERSON)
    for kind, number in (("tax_number", PERSON), ("passport", "4510 123456"), ("foreign_document", "KZ N1234567")):
        compact = number.replace(" ", "")
        written = [between.join(compact), f"id{between}{compact[:5]}{between}{compact[5:]}x"]
        if kind == "foreign_document":
            # Cyrillic К; and without the country.
            written += [f"К{between}Z{between}n1234567", f"n{between}1234{between}567"]
        elif kind == "tax_number":
            written.append(between.join(arabic))
        for text in written:
            given = {"investor": "anna", "documents": {kind: number}}
            assert spills(given | {"reason": text}), text
            assert spills({"arguments": {"owners": [given["documents"]], "investor": text}}), text
    assert is_like_a_number(between.join(PERSON))
    assert is_like_a_number(between.join(arabic))
    assert is_like_a_number(f"4510{between}123456")


def test_a_number_is_found_as_an_integer_and_a_foreign_one_with_the_letter_o():
    assert spills({"documents": {"tax_number": PERSON}, "assets_rub": int("4510123456")}) is False
    assert spills({"documents": {"passport": "4510 123456"}, "assets_rub": 4510123456})
    assert spills({"documents": {"passport": "0000 123456"}, "arguments": {"assets_rub": 123456}})
    assert spills({"documents": {"foreign_document": "AE 12345678"}, "assets_rub": 12345678})
    # Part of an amount says nothing, nor does one of few digits.
    assert not spills({"documents": {"foreign_document": "AE 000000"}, "assets_rub": 5_000_000_000})
    assert not spills({"documents": {"foreign_document": "AE 0000001"}, "assets_rub": 1})
    assert spills({"documents": {"foreign_document": "KZ N1234567"}, "reason": "Ⓝ①②③④⑤⑥⑦"})
    assert spills({"documents": {"foreign_document": "OM 0012"}, "reason": "OO12"})
    assert spills({"documents": {"foreign_document": "GB 12O45"}, "reason": "1.2.0.4.5"})
    assert is_like_a_number(PERSON)
    assert is_like_a_number("4510 123456")
    assert not is_like_a_number("p0001.c1")
    assert not is_like_a_number("12345678901")


# ── the file of the secret ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_secret_is_its_owners_alone_and_never_overwritten(tmp_path):
    assert Identities.read(tmp_path) is None
    made = Identities.new()
    made.keep(tmp_path)
    path = tmp_path / IDENTITY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    read = Identities.read(tmp_path)
    assert read is not None
    assert (read.name, read.is_new, made.is_new) == (made.name, False, True)
    assert read.keys({"tax_number": PERSON}, firm=False) == made.keys({"tax_number": PERSON}, firm=False)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        Identities.new().keep(tmp_path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [IDENTITY_FILE]
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="others may read or write the secret of the identity keys; chmod 600"):
        Identities.read(tmp_path)


@pytest.mark.parametrize("content", ["", "\n", "ab" * 31, "ab" * 33, "zz" * 32, "ab " * 32, "é" * 32])
def test_a_damaged_secret_is_no_secret(tmp_path, content):
    path = tmp_path / IDENTITY_FILE
    path.write_text(content)
    os.chmod(path, 0o600)
    with pytest.raises(KeyFileError, match="is no secret of identity keys; put it back"):
        Identities.read(tmp_path)
