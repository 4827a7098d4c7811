"""Mixes: what is sent, as TOML documents. Those that come with `sbx load` are in `named_mixes/`; docs/LOAD.md explains the form."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar

import msgspec

from gateway.protocol.messages import Interval
from loadtest.load.plan.arrivals import parse_arrivals
from loadtest.load.plan.market import Drift
from loadtest.load.plan.seats import Listed, traded
from loadtest.load.plan.settings import PARTS, Part, Share
from loadtest.load.plan.shapes import PlanError, parse_shape

DEFAULT_MIX: Final = "day"
_Kind = TypeVar("_Kind", bound=msgspec.Struct)
_Text = Annotated[str, msgspec.Meta(min_length=1)]
Channel = Literal["trades", "top", "ticker", "book", "orders", "candles", "status", "marks", "auction"]


class Section(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What all sections are: unknown keys are errors."""


class Subscribers(Section, frozen=True):
    """[subscribers]. Connections that only listen."""

    connections: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    channels: Annotated[list[Channel], msgspec.Meta(min_length=1)]
    instruments: Annotated[int, msgspec.Meta(ge=1)]
    """That each listens to: of those traded, the first for the first connection, then on in turn."""
    interval: Interval = "1m"
    """Of channel `candles`, if it is among them."""


class ControlEntry(Section, frozen=True):
    """[[control]]. What the operator does meanwhile."""

    command: _Text
    """Of the operator, as in docs/PROTOCOL.md."""
    arguments: dict[str, str | int | bool] = {}
    at_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    every_s: Annotated[float, msgspec.Meta(ge=0.01)] | None = None
    """Again so often; left out: once."""
    at_end: bool = False
    """Once more when the run is over, so that the venue is left as it was found."""
    each_instrument: bool = False
    """Once for each instrument traded, with its name as the argument `instrument`."""

    def times(self, seconds: float) -> list[float]:
        """When it is done in a run of so many seconds, in order."""
        times = [self.at_s] if self.at_s < seconds else []
        while times and self.every_s is not None and times[-1] + self.every_s < seconds:
            times.append(times[-1] + self.every_s)
        return times + ([seconds] if self.at_end else [])


class Control(NamedTuple):
    """One admin request of the operator."""

    at_s: float
    command: str
    arguments: dict[str, str | int | bool]


class Head(Section, frozen=True, omit_defaults=True):
    """What a mix says beside its parts."""

    title: _Text
    about: _Text
    """What it does, and why it looks like that."""
    instruments: Annotated[int, msgspec.Meta(ge=1)] = 10
    """How many are traded at most."""
    kinds: Annotated[tuple[Literal["spot", "note", "future"], ...], msgspec.Meta(min_length=1)] = ("spot",)
    """Of which kinds."""
    resting: Annotated[int, msgspec.Meta(ge=2, le=5_000)] = 50
    """The most open orders of one connection: so the depth of books is bounded by it times the connections."""
    arrivals: str = ""
    """As for `parse_arrivals`, unless the caller asks for others; empty: no preference."""
    shape: str = ""
    """As for `parse_shape`, likewise."""
    drift: tuple[tuple[Share, float], ...] = ()
    """Corners of a line, (fraction of the run, basis points), by which the price that all believe in moves away."""
    subscribers: Subscribers | None = None
    control: tuple[ControlEntry, ...] = ()


class Mix(Head, kw_only=True, frozen=True, omit_defaults=True):
    """What is sent."""

    part: tuple[Part, ...]

    @property
    def text(self) -> str:
        """It as a TOML document, which reads as the same mix."""
        return _toml(msgspec.to_builtins(self))

    def traded(self, instruments: Iterable[Listed]) -> tuple[Listed, ...]:
        """The instruments that it trades, of those there are."""
        return traded(instruments, self.kinds, self.instruments)

    def drift_at(self, seconds: float) -> Drift:
        """The drift of a run of so many seconds."""
        return tuple((share * seconds, away_bp) for share, away_bp in self.drift)

    def controls(self, seconds: float, instruments: Sequence[Listed]) -> list[Control]:
        """What the operator does in a run of so many seconds, in order of time."""
        names = [each.instrument for each in self.traded(instruments)]
        return sorted(
            [
                Control(at_s, entry.command, arguments)
                for entry in self.control
                for at_s in entry.times(seconds)
                for arguments in (
                    [{**entry.arguments, "instrument": name} for name in names]
                    if entry.each_instrument
                    else [entry.arguments]
                )
            ],
            key=lambda control: control.at_s,
        )


def mix_names() -> tuple[str, ...]:
    """The mixes that come with `sbx load`, in order of name."""
    files = resources.files("loadtest.load.plan").joinpath("named_mixes").iterdir()
    return tuple(sorted(each.name.removesuffix(".toml") for each in files if each.name.endswith(".toml")))


def load_mix(source: str = DEFAULT_MIX) -> Mix:
    """Read a mix.

    Args:
        source: a name of `mix_names`, the path of a `.toml` file, or a weighted sum of both: `makers=0.7,takers=0.3`.
            Of a sum, what only one mix can state (arrivals, shape, drift, subscribers, controls) is of the first that states it.

    Raises:
        PlanError: there is none, or something is wrong with it; the message names the key.
        OSError: the file can't be read.
    """
    if "=" in source:
        return _sum(source)
    if source.endswith(".toml"):
        try:
            return parse_mix(Path(source).read_text(encoding="utf-8"))
        except (PlanError, UnicodeDecodeError) as error:
            raise PlanError(f"{source}: {error}") from error
    if source not in mix_names():
        raise PlanError(
            f"unknown mix {source!r}; there are {', '.join(mix_names())}, or name a file that ends in .toml"
        )
    return parse_mix(resources.files("loadtest.load.plan").joinpath("named_mixes", f"{source}.toml").read_text("utf-8"))


def parse_mix(text: str) -> Mix:
    """Read the text of a mix. Raises `PlanError`, which names the key."""
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanError(f"not valid TOML: {error}") from error
    rows = tables.pop("part", None)
    if not isinstance(rows, list) or not rows:
        raise PlanError("part: write [[part]] above each part; a mix has at least one")
    parts = tuple(_part(row, f"part[{place}]") for place, row in enumerate(rows))
    mix = Mix(part=parts, **msgspec.structs.asdict(_convert(tables, Head, "")))
    _check(mix)
    return mix


def _part(row: object, where: str) -> Part:
    """Read one part by the behaviour that it names."""
    behaviour = row.get("behaviour") if isinstance(row, dict) else None
    if behaviour not in PARTS:
        raise PlanError(f"{where}.behaviour: unknown behaviour {behaviour!r}; known: {', '.join(PARTS)}")
    part = _convert(row, PARTS[behaviour], f"{where} ({behaviour})")
    if part.from_ >= part.to:
        raise PlanError(f"{where} ({behaviour}).to: must be after `from`")
    return part


_SECTIONS: Final[dict[str, type[msgspec.Struct]]] = {"subscribers": Subscribers, "control": ControlEntry}


def _convert(row: object, kind: type[_Kind], where: str) -> _Kind:
    """Turn a TOML table into its Struct, or say what is wrong with which key."""
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        key = path.rstrip("`")
        hint = ""
        if message.startswith("Object contains unknown field"):
            meant = _SECTIONS.get(key.strip(".").partition("[")[0], kind)
            more = ("part",) if meant is Head else ()
            hint = f"; known keys: {', '.join((*meant.__struct_encode_fields__, *more))}"
        raise PlanError(f"{where}{key}: {message}{hint}".lstrip(".: ")) from error


def _check(mix: Mix) -> None:
    """Check what no single key shows."""
    edges = sorted({0.0, *(part.from_ for part in mix.part), *(part.to for part in mix.part)} - {1.0})
    for edge in edges:
        if not any(part.from_ <= edge < part.to for part in mix.part):
            raise PlanError(f"part: nothing is sent from {edge:g} of the run on; a part must cover every moment")
    if [share for share, _ in mix.drift] != sorted(share for share, _ in mix.drift):
        raise PlanError("drift: corners come in order of time")
    try:
        if mix.arrivals and not mix.arrivals.startswith("recording:"):
            parse_arrivals(mix.arrivals)
        if mix.shape:
            parse_shape(mix.shape, 1.0, 1.0)
    except PlanError as error:
        raise PlanError(f"mix: {error}") from error


def _sum(source: str) -> Mix:
    """A weighted sum of mixes: each has its weight of the requests, dealt to its parts by theirs."""
    terms: list[tuple[str, float, Mix]] = []
    for each in source.split(","):
        name, _, text = each.partition("=")
        try:
            weight = float(text)
        except ValueError:
            weight = 0.0
        if not 0 < weight < float("inf"):
            raise PlanError(f"mix {source!r}: write `name=weight,name=weight`, weights above zero")
        terms.append((name.strip(), weight, load_mix(name.strip())))
    mixes = [mix for _, _, mix in terms]
    parts = [
        msgspec.structs.replace(part, weight=_short(weight * part.weight / sum(each.weight for each in mix.part)))
        for _, weight, mix in terms
        for part in mix.part
    ]
    return Mix(
        title=", ".join(f"{weight:g} {name}" for name, weight, _ in terms),
        about="A weighted sum. " + " ".join(f"{name}: {mix.about}" for name, _, mix in terms),
        part=tuple(parts),
        instruments=max(mix.instruments for mix in mixes),
        kinds=tuple(dict.fromkeys(kind for mix in mixes for kind in mix.kinds)),
        resting=max(mix.resting for mix in mixes),
        arrivals=next((mix.arrivals for mix in mixes if mix.arrivals), ""),
        shape=next((mix.shape for mix in mixes if mix.shape), ""),
        drift=next((mix.drift for mix in mixes if mix.drift), ()),
        subscribers=next((mix.subscribers for mix in mixes if mix.subscribers), None),
        control=next((mix.control for mix in mixes if mix.control), ()),
    )


def _short(weight: float) -> float:
    """Without the last digits, which only arithmetic made."""
    return float(f"{weight:.10g}")


def _toml(table: dict[str, Any], name: str = "") -> str:
    """A table of plain values, tables and lists of tables as TOML: what a mix is made of."""
    own = [f"{key} = {_value(value)}" for key, value in table.items() if not _is_section(value)]
    text = "\n".join([*([name] if name else []), *own]) + "\n"
    for key, value in table.items():
        if _is_section(value):
            for row in value:
                text += "\n" + _toml(row, f"[[{key}]]")
    return text


def _is_section(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], dict)


def _value(value: object) -> str:
    """A value as TOML writes it; JSON's strings and numbers are TOML's."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return msgspec.json.encode(value).decode()
