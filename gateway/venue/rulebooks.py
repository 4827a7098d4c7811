"""Rulebooks by name or file: the documents that a `LoadRulebook` carries."""

from __future__ import annotations

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.venue.error import VenueError

__all__ = ["built_in_rulebooks", "load_rulebook_documents"]


def built_in_rulebooks() -> dict[str, Traversable]:
    """Return the files of the rulebooks of this distribution by name, in order of name."""
    files = sorted(resources.files("compliance").joinpath("rulebooks").iterdir(), key=lambda item: item.name)
    return {item.name.removesuffix(".toml"): item for item in files if item.name.endswith(".toml")}


def load_rulebook_documents(
    name_or_path: str, directory: Path | None = None, *, partial: bool = False
) -> tuple[str, dict[str, str]]:
    """Read a rulebook and those it includes.

    Args:
        name_or_path: a rulebook of this distribution (`elr-2025`), or the path of a TOML file, relative to `directory`.
        partial: return what can be found, though included rulebooks are missing or a document is no TOML: for a check
            that names everything that is wrong.

    Returns:
        The rulebook's name, and the text of each document by name, as `LoadRulebook` carries them.

    Raises:
        VenueError: there is no such rulebook, or its TOML can't be read.
    """
    built_in = built_in_rulebooks()
    name, beside = name_or_path, Path()
    documents: dict[str, str] = {}
    if name_or_path.endswith(".toml"):
        path = (directory or Path()) / name_or_path
        name, beside = path.stem, path.parent
        documents[name] = _read_rulebook(path)
    wanted = _includes(name, documents[name], partial) if documents else [name]
    while wanted:
        each = wanted.pop()
        if each in documents:
            continue
        if each in built_in:
            documents[each] = built_in[each].read_text(encoding="utf-8")
        elif beside != Path() and (beside / f"{each}.toml").exists():
            documents[each] = _read_rulebook(beside / f"{each}.toml")
        elif partial and documents:
            continue
        else:
            raise VenueError(
                f"unknown rulebook {each!r}; there are {', '.join(built_in)}, or name a file that ends in .toml"
            )
        wanted += _includes(each, documents[each], partial)
    return name, dict(sorted(documents.items()))


def _includes(name: str, text: str, partial: bool) -> list[str]:
    """Name the rulebooks that one includes; whatever else is wrong with it, the core says when it loads."""
    try:
        include = tomllib.loads(text).get("include", [])
    except (ValueError, RecursionError) as error:
        if partial:
            return []
        raise VenueError(f"rulebook {name} is not valid TOML: {error}") from error
    if not isinstance(include, list) or not all(isinstance(each, str) for each in include):
        if partial:
            return []
        raise VenueError(f"rulebook {name}: `include` is a list of rulebook names")
    return include


def _read_rulebook(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise VenueError(f"rulebook {path} can't be read: {error}") from error
