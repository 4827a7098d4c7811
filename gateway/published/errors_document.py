"""The catalogue of errors as a page: `docs/ERRORS.md`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from gateway.published.errors import KINDS

_WIDTH: Final = 116
_INTRODUCTION: Final = """\
# Errors

Written by `sbx errors --markdown` from `gateway/published/errors.py`: change that, not this page.
`sbx errors CODE` says the same in a terminal.

Every code that a venue may say no with, what it means, and what to do. Programs go by the code; `detail` and `title`
are words for people, and may change. New codes may come ([versions](PROTOCOL.md#versions)): treat one that you
don't know as a plain no.
"""


def errors_document() -> str:
    """The whole page, with a newline at the end."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION.rstrip("\n")
    for kind in KINDS:
        yield ""
        yield f"## {kind.title}"
        yield ""
        yield from textwrap.wrap(kind.where, _WIDTH, break_long_words=False)
        yield ""
        yield "| code | what it means | what to do |"
        yield "|---|---|---|"
        for entry in kind.entries:
            yield f"| `{entry.code}` | {entry.means} | {entry.to_do} |"
