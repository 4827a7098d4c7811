"""A page of our own, whole in itself: it asks nobody for anything, runs no script, and prints well.

The style sheet uses the system's fonts, is light and dark, and has one column or two.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from gateway.printable import shown
from gateway.svg import Plot

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What a browser may do for the page: apply the styles and show the pictures that are in it, nothing else."""
STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2430; --quiet: #566070; --line: #dfe3e8; --paper: #ffffff; --page: #f5f6f8;
  --shade: #e9ecf0; --good: #1f7a4d; --warn: #97600a; --bad: #b3261e;
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --quiet: #9aa5b4; --line: #343c48; --paper: #1a1f27;
  --page: #12161c; --shade: #262d37; --good: #5fc08f; --warn: #e0aa4f; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 var(--font); }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.2rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 0.6rem; }
h3 { font-size: 1rem; margin: 0 0 0.3rem; }
p { margin: 0.3rem 0; }
.quiet, figcaption { color: var(--quiet); font-size: 0.9rem; }
.verdict { background: var(--paper); border-left: 0.4rem solid var(--line); padding: 0.6rem 1rem; margin: 1rem 0; }
.verdict.good { border-color: var(--good); } .verdict.warn { border-color: var(--warn); }
.verdict.bad { border-color: var(--bad); }
p.good, td.good { color: var(--good); } p.warn, td.warn { color: var(--warn); }
p.bad, td.bad { color: var(--bad); } p.bad, p.warn { font-weight: 600; }
.mark { color: var(--bad); font-size: 0.85rem; font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
figure { margin: 0; padding: 0.8rem; background: var(--paper); min-width: 0; }
svg { display: block; width: 100%; max-width: 42rem; height: auto; margin: 0 auto; }
svg * { stroke-linejoin: round; stroke-linecap: butt; }
svg image { image-rendering: pixelated; }
.plots + .scroll { margin-top: 1rem; }
.scroll { overflow-x: auto; background: var(--paper); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
th, td { text-align: left; padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--quiet); font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
td.word { white-space: nowrap; }
td.text { min-width: 15rem; }
pre { overflow-x: auto; background: var(--paper); padding: 0.8rem; font-size: 0.85rem; }
code { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; margin: 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 32rem) { body { padding: 0.6rem; } figure { padding: 0.4rem; } .verdict { padding: 0.5rem 0.7rem; } }
"""
PRINT: Final = """
@page { size: A4; margin: 14mm 12mm; }
@media print { :root { color-scheme: light; --ink: #000000; --quiet: #444444; --line: #bbbbbb; --paper: #ffffff; --page: #ffffff;
    --shade: #eeeeee; --good: #1f7a4d; --warn: #97600a; --bad: #b3261e; }
  body { max-width: none; padding: 0; font-size: 9.5pt; background: none; }
  h1 { font-size: 15pt; } h2 { font-size: 12pt; margin-top: 12pt; break-after: avoid; }
  h3 { break-after: avoid; } p.quiet { orphans: 3; }
  .plots { display: block; orphans: 1; widows: 1; } .plots figure { display: inline-block; width: 49%; vertical-align: top; }
  h3 { font-size: 10pt; } figcaption, .quiet { font-size: 8pt; }
  figure, .verdict, .tiles { break-inside: avoid; } figure { padding: 0 0 6pt; }
  .scroll { overflow: visible; } table { font-size: 7.5pt; } th, td { padding: 1.5pt 4pt; }
  td.word, .number { white-space: normal; } td.text { min-width: 0; overflow-wrap: anywhere; }
  thead { display: table-header-group; } tr { break-inside: avoid; }
  section.page { break-before: page; } a { color: inherit; text-decoration: none; } nav { display: none; } }
"""
"""How it prints: on A4, in black on white, no table cut at the side, no row and no picture cut by the end of a page."""


def document(title: str, body: Iterable[str], style: str = "", *, language: str = "en") -> str:
    """The text of a page.

    Args:
        title: as plain text.
        body: pieces of HTML, in which all that others wrote is escaped.
        style: more rules for the style sheet.
        language: of the text, by its code.
    """
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="{language}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        # The page is whole in itself: a text that got past the escaping could neither run nor call anybody.
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        # Without an icon of its own a page makes some browsers ask for one.
        '<link rel="icon" href="data:,">',
        f"<title>{escape(title)}</title><style>{STYLE}{style}{PRINT}</style></head><body>",
        *body,
        "</body></html>",
    ]
    return shown("\n".join(parts) + "\n")


def grid(plots: Iterable[Plot]) -> str:
    """Plots side by side, as many as the width has room for; empty: there are none."""
    figures = [
        f"<figure><h3>{escape(plot.title)}</h3>{plot.svg}"
        f"{f'<figcaption>{escape(plot.says)}</figcaption>' if plot.says else ''}</figure>"
        for plot in plots
    ]
    return f'<div class="plots">{"".join(figures)}</div>' if figures else ""
