"""Looks at a page as a browser's parser would: what it refers to, and whether its tags fit."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}
REFERRING = {"href", "src", "srcset", "action", "data", "poster", "xlink:href", "background"}
URL = re.compile(r"url\(\s*['\"]?([^)'\"]*)")


class Markup(HTMLParser):
    """What a page is made of.

    `mistakes` are tags that don't fit; `references` whatever a browser would follow; `words` the text people read.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.references: list[str] = URL.findall(text)
        self.handlers: list[str] = []
        self.mistakes: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.mistakes += [f"never closed: {tag}" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        names = Counter(name for name, _ in attrs)
        self.mistakes += [f"{tag} has {name} twice" for name, count in names.items() if count > 1]
        for name, value in attrs:
            if name == "id":
                self.ids[value or ""] += 1
            if name in REFERRING:
                self.references.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.mistakes.append(f"closed out of turn: {tag}")

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.words += data + "\n"
