"""The terminal of all commands: what is printed here is text and nothing else."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Console
from rich.text import Text

from gateway.printable import printable, shown
from gateway.words.chosen import chosen

WIDTH: Final = 200
"""Of tables in a file or pipe."""


class Terminal(Console):
    """A console that knows no markup and no codes in a text: what is to be styled is said beside it.

    So a text that others wrote is shown as it is, whatever it holds, in a line and in the cell of a table. What no text should
    hold is spelled out. Only a newline is left to whoever prints: `printable` spells those.

    Args:
        stderr: print to standard error.
        wraps: break lines at the terminal's width; else long lines stay whole.
        width: of tables where there is no terminal.
    """

    def __init__(self, *, stderr: bool = False, wraps: bool = True, width: int | None = None) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=not wraps)
        if width is not None and not self.is_terminal:
            self.width = width

    def tell(self, *parts: str | tuple[str, str]) -> None:
        """Print a line made of texts of ours, each alone or with its style, in the chosen language. Newlines in them are spelled out.

        A part of one word may be a name: it stays as it is.
        """
        self.print(styled(*map(_read, parts)))

    def print(self, *objects: Any, **options: Any) -> None:
        """Print texts of ours in the chosen language, and anything else as it is."""
        super().print(*(_read_text(each) if isinstance(each, str) else each for each in objects), **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """What a text looks like; every text that is printed, and in a table, passes here."""
        return super().render_str(shown(text), **options)


def _read(part: str | tuple[str, str]) -> str | tuple[str, str]:
    if isinstance(part, tuple):
        return _read_text(part[0]), part[1]
    return _read_text(part)


def _read_text(text: str) -> str:
    if " " not in text.strip():
        return text
    said = chosen().read(text)
    # A line may be indented: its sentence is known without that.
    indent = text[: len(text) - len(text.lstrip(" "))] if said == text else ""
    return indent + chosen().read(text[len(indent) :]) if indent else said


def styled(*parts: str | tuple[str, str]) -> Text:
    """A text of several parts, each alone or with its style, for a line or a cell."""
    found = Text()
    for part in parts:
        text, style = part if isinstance(part, tuple) else (part, "")
        found.append(printable(text), style or None)
    return found
