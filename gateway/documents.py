"""Documents that say who somebody is: their numbers in one form, and where no such number may stand.

An error never says what was given.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

TAX_NUMBER: Final = "tax_number"
PASSPORT: Final = "passport"
FOREIGN: Final = "foreign_document"
DOCUMENT_KINDS: Final = (TAX_NUMBER, PASSPORT, FOREIGN)
_KINDS_OF_FIRM: Final = (TAX_NUMBER, FOREIGN)
_MAX_CHARS: Final = 64

# Weights of the check digits of a tax number (INN), from its first digit on. Each is the weighted sum, modulo 11, modulo 10.
_FIRM_WEIGHTS: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_PERSON_WEIGHTS: Final = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_LAST_WEIGHTS: Final = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_FIRM_DIGITS: Final = len(_FIRM_WEIGHTS) + 1
_PERSON_DIGITS: Final = len(_LAST_WEIGHTS) + 1
_PASSPORT_DIGITS: Final = 10
# Series and number are written apart or not, by whatever space or dash.
_SEPARATORS: Final = ("Zs", "Cc", "Pd")
# Capitals that look like Latin ones, Cyrillic (as on number plates) and Greek: who types a document may take either.
_ALIKE: Final = str.maketrans("АВЕЅІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABESIJKMHOPCTYXABEZHIKMNOPTYX")
# The codes that ISO 3166-1 assigns (alpha-2), with spaces around each.
_COUNTRIES: Final = (
    " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG "
    "CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL "
    "GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA "
    "LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP "
    "NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "
)
_COUNTRY_CHARS: Final = 2
_FOREIGN_FORM: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3,32}\Z")
_LIKE_A_NUMBER: Final = re.compile(r"[0-9]{10}([0-9]{2})?\Z")


class DocumentError(ValueError):
    """A document can't be taken; the message says why, and never what was given."""


def normal_form(kind: str, number: str, *, firm: bool) -> str:
    """A document's number as it is compared, however it was written.

    Raises:
        DocumentError: it is no number of the kind, or such an owner has no such document.
    """
    if kind not in DOCUMENT_KINDS:
        raise DocumentError(f"an unknown kind of document; known: {', '.join(DOCUMENT_KINDS)}")
    if firm and kind not in _KINDS_OF_FIRM:
        raise DocumentError(f"a firm has no {kind}; it has {' or '.join(_KINDS_OF_FIRM)}")
    text = _compact(number) if len(number) <= _MAX_CHARS else ""
    if kind == FOREIGN:
        return _foreign_form(text.translate(_ALIKE))
    if not (text.isascii() and text.isdigit()):
        raise DocumentError(f"{kind}: digits are needed, and nothing else but spaces or hyphens")
    if kind == PASSPORT:
        if len(text) != _PASSPORT_DIGITS:
            raise DocumentError(f"{kind}: series and number have {_PASSPORT_DIGITS} digits")
        return text
    needed = _FIRM_DIGITS if firm else _PERSON_DIGITS
    if len(text) != needed:
        raise DocumentError(f"{kind}: that of {'a firm' if firm else 'a person'} has {needed} digits")
    if not _checks(text):
        raise DocumentError(f"{kind}: the check digits do not fit; a digit is mistyped")
    return text


def _foreign_form(text: str) -> str:
    """A foreign document's number, in which nobody tells the letter O from zero."""
    if not _FOREIGN_FORM.match(text):
        raise DocumentError(f"{FOREIGN}: two letters of the country, then the number in Latin letters and digits")
    country, number = text[:_COUNTRY_CHARS], text[_COUNTRY_CHARS:]
    if country == "RU":
        raise DocumentError(f"{FOREIGN}: of Russia give {TAX_NUMBER} or {PASSPORT}")
    if f" {country} " not in _COUNTRIES:
        hint = "; that of the United Kingdom is GB" if country == "UK" else ""
        raise DocumentError(f"{FOREIGN}: begins with no code of a country (ISO 3166-1, two letters){hint}")
    return country + _zeros(number)


def _zeros(text: str) -> str:
    """A text with zeros for the letter O."""
    return text.replace("O", "0")


def _compact(text: str) -> str:
    """A text in one form of its letters, in capitals, without what separates."""
    letters = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in letters if unicodedata.category(letter) not in _SEPARATORS)


def _checks(digits: str) -> bool:
    """Whether the check digits of a tax number fit."""
    if len(digits) == _FIRM_DIGITS:
        return _check_digit(digits, _FIRM_WEIGHTS) == digits[-1]
    return (
        _check_digit(digits, _PERSON_WEIGHTS) == digits[len(_PERSON_WEIGHTS)]
        and _check_digit(digits, _LAST_WEIGHTS) == digits[-1]
    )


def _check_digit(digits: str, weights: tuple[int, ...]) -> str:
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))
    return str(total % 11 % 10)


def invented_tax_number(number: int, *, firm: bool = False) -> str:
    """A tax number that nobody has: its region is 00, which there is not; its check digits fit."""
    if firm:
        digits = f"00{number:07}"
        return digits + _check_digit(digits, _FIRM_WEIGHTS)
    digits = f"00{number:08}"
    digits += _check_digit(digits, _PERSON_WEIGHTS)
    return digits + _check_digit(digits, _LAST_WEIGHTS)


# ── where no number may stand ──────────────────────────────────────────────────────────────────────────────────────

_GIVEN_IN: Final = ("documents", "owners")
_LEAST_CHARS: Final = 3
"""Of a foreign document's number."""


def is_like_a_number(name: str) -> bool:
    """Whether a name looks as a tax number or a passport does: names are in journals, logs and reports."""
    return _LIKE_A_NUMBER.match(_bare(name)) is not None


def holds_a_number(text: str) -> bool:
    """Whether something in a text may be a tax number or a passport's."""
    return _BARE.search(_bare(text)) is not None


def _bare(text: str) -> str:
    """The letters and digits of a text alone, whatever stands between them.

    In capitals, digits of any script as ours, look-alikes as Latin.
    """
    found = []
    for each in text:
        form = unicodedata.normalize("NFKC", each)
        # A circled letter is one; the sign "№" is none, though it has two in its other form.
        if unicodedata.category(each)[0] not in "LN" and len(form) > 1:
            continue
        for letter in form.upper():
            digit = unicodedata.digit(letter, None)
            if digit is not None:
                found.append(str(digit))
            elif letter.isalnum():
                found.append(letter)
    return "".join(found).translate(_ALIKE)


def _digits(text: str) -> str:
    """The digits of a text alone."""
    return "".join(letter for letter in _bare(text) if letter.isdecimal())


def spills(given: Mapping[str, object]) -> bool:
    """Whether a number that stands among documents or owners stands in another text as well, which would be journaled."""
    others = list(_texts(given, inside=False))
    bare, digits = [_zeros(_bare(text)) for text in others], [_digits(text) for text in others]
    integers = [each for each in _integers(given) if len(str(each)) > _MOST_DIGITS]
    for text in _texts(given, inside=True):
        whole = _bare(text)
        # Of a foreign document the number says enough without its country.
        without = whole[_COUNTRY_CHARS:] if whole[:_COUNTRY_CHARS].isalpha() else ""
        for number in (_zeros(whole), _zeros(without)):
            if len(number) >= _LEAST_CHARS and any(number in other for other in bare):
                return True
            long = len(number) > _MOST_DIGITS and number.isdecimal()
            if long and (int(number) in integers or any(number in other for other in digits)):
                return True
    return False


def _texts(given: object, *, inside: bool, stands_inside: bool = False) -> Iterator[str]:
    """The texts in a table of arguments: those given as documents, or all others."""
    if isinstance(given, str):
        if inside == stands_inside:
            yield given
    elif isinstance(given, Mapping):
        for key, value in given.items():
            yield from _texts(value, inside=inside, stands_inside=stands_inside or key in _GIVEN_IN)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from _texts(value, inside=inside, stands_inside=stands_inside)


def _integers(given: object) -> Iterator[int]:
    """The integers in a table of arguments."""
    if type(given) is int:
        yield given
    elif isinstance(given, Mapping | list | tuple):
        for value in given.values() if isinstance(given, Mapping) else given:
            yield from _integers(value)


# What was given may hold quotes, and may have been cut off: from the first quote to the last, or to the end. Backticks also stand
# around types and places.
_GIVEN: Final = re.compile(r"(['\"]|(?<=unknown field )`)(.*\1|.*\Z)", re.DOTALL)
_MOST_DIGITS: Final = 5
_MANY_DIGITS: Final = re.compile(r"(?:[^0-9]*[0-9]){6}")
# However it is quoted: what has as many digits as a tax number or a passport, no more and no fewer. A bound that is named is ours.
_BARE: Final = re.compile(r"(?<![0-9])(?<!larger than )[0-9]{10}([0-9]{2})?(?![0-9])")


def without_numbers(text: str) -> str:
    """What is said of a mistake, without what it repeats of a request or a file where that has as many digits as a document."""
    if text.isascii() and _MANY_DIGITS.match(text) is None:
        # Mostly so: nothing here is long enough.
        return text
    return _BARE.sub("...", _GIVEN.sub(_unless_number, text))


def _unless_number(match: re.Match[str]) -> str:
    """What was given in quotes, if it may be repeated."""
    digits = sum(letter.isdigit() for letter in match[2])
    return match[0] if digits <= _MOST_DIGITS else f"{match[1]}...{match[1]}"
