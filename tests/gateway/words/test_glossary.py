"""docs/GLOSSARY.md and what is said in Russian agree: each term is used, and no word that the page bans."""

from __future__ import annotations

import re
from functools import cache

from gateway.words.language import DOMAINS
from tests.support.catalogues.files import read
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
SUPERVISORS = ROOT / "docs" / "SUPERVISOR.ru.md"
BOOKS = sorted((ROOT / "compliance" / "rulebooks").glob("*.toml"))
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.*?) ?\| (.+?) \|$", re.MULTILINE)
CODE = re.compile(r"`[^`]*`|```.*?```", re.DOTALL)


@cache
def rows() -> list[tuple[str, str, list[str]]]:
    """English, Russian, and what is never said."""
    found = [row for row in ROW.findall(PAGE) if row[0] != "English"]
    assert len(found) > 90
    return [(english, russian, [each for each in never.split(", ") if each]) for english, russian, never, _ in found]


@cache
def said() -> dict[str, str]:
    """Everything that is said in Russian, by where it is said."""
    found: dict[str, list[str]] = {}
    for domain in DOMAINS:
        for message in read(domain):
            if message.id:
                forms = message.string if isinstance(message.string, tuple | list) else [message.string]
                found.setdefault(f"{domain}.po", []).extend(map(str, forms))
    for path in BOOKS:
        russian = re.findall(
            r'^\w+_ru = "(?:"")?(.*?)"(?:"")?$', path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        found.setdefault(path.name, []).extend(russian)
    found[SUPERVISORS.name] = [SUPERVISORS.read_text(encoding="utf-8")]
    return {where: CODE.sub("", "\n".join(texts)).lower().replace("ё", "е") for where, texts in found.items()}


def stems(term: str) -> list[str]:
    """What is left of the words of a term whatever their endings are."""
    return [word[: max(3, len(word) - 2)] for word in re.findall(r"[а-я-]+", term.lower().replace("ё", "е"))]


def uses(text: str, term: str) -> bool:
    """Whether a text has a term, in any of its forms: its words side by side."""
    between = r"[а-я-]*\W+"
    return re.search(r"(?<![а-я-])" + between.join(map(re.escape, stems(term))), text) is not None


def banned(text: str, word: str) -> bool:
    """Whether a text has a banned word: in the form in which it stands, or with another ending."""
    return (
        re.search(
            rf"(?<![а-я-]){re.escape(word.lower().replace('ё', 'е'))}(?:а|у|е|ы|ов|ом|ам|ами|ах|н\w*)?(?![а-я-])", text
        )
        is not None
    )


def test_each_term_is_used() -> None:
    everything = "\n".join(said().values())
    assert [russian for _, russian, _ in rows() if not uses(everything, russian)] == []


def test_no_banned_word_is_said() -> None:
    found = [
        f"{where}: {word}, for {russian}"
        for where, text in said().items()
        for _, russian, never in rows()
        for word in never
        if banned(text, word)
    ]
    assert found == []


def test_a_term_stands_once_and_is_not_banned_elsewhere() -> None:
    english = [each for each, _, _ in rows()]
    assert len(english) == len(set(english))
    words = {word for _, _, never in rows() for word in never}
    assert [russian for _, russian, _ in rows() if russian in words] == []


def test_what_is_banned_is_found() -> None:
    assert banned("этот ордер отклонен", "ордер")
    assert banned("список ордеров", "ордер")
    assert not banned("бордерный", "ордер")
    assert uses("лимитных заявок нет", "лимитная") and uses("ценового коридора", "ценовой коридор")
    assert not uses("ценовой странный коридор", "ценовой коридор")
