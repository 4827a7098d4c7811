"""`sbx verify`: whether a journal is what the venue wrote."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Column, Table

from engine.record.rows import LINK_BYTES
from engine.record.segments import Torn
from engine.replay import EventsDigest
from gateway.cli.recordings.snapshot import table_of
from gateway.cli.terminal import Terminal
from gateway.journal.files import JournalError, find_journal
from gateway.journal.head import Point
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.keys import KeyFileError, exact_hex, parse_public_key
from gateway.printable import json_text
from gateway.snapshots.checking import AgainstJournal, Checked, check_all

SOUND = 0
DAMAGED = 1
TORN = 3
_EXITS = {"sound": SOUND, "damaged": DAMAGED, "snapshots_damaged": DAMAGED, "torn": TORN}


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--public-key",
    metavar="HEX",
    help="The venue's key, from a source you trust. Without it the key in the journal itself is believed.",
)
@click.option(
    "--tip",
    "tips",
    metavar="SEQ:LINK",
    multiple=True,
    help="What you were told in `welcome` or `journal_tip`: the journal must have it. May be given more than once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, public_key: str | None, tips: tuple[str, ...], as_json: bool) -> None:
    """Check the integrity of the journal in DIRECTORY (or its folder journal), and change nothing.

    Every frame's checksums, the hash chain through all segments, the sequence numbers and every segment's signature. A
    segment that the venue still writes, or was writing when it crashed, is open: chained, but not yet signed. Of the snapshots
    beside it: their digests and signatures, and that they are of this journal.

    The file `head` says how far the journal was on the disk: an end that was cut off shows. Without it that can't be told,
    and a journal that lacks both is sound. Of a venue that runs, copy the head before the segments.

    \b
    Exit status:
      0  sound
      1  damaged: the file, the offset of the frame and the reason are named; or a snapshot is not what it should be, though
         the journal is sound
      2  usage
      3  sound but for a bad last frame: torn by a crash, or damaged, which can't be told apart

    \b
    Examples:
      sbx verify venue
      sbx verify venue/journal --json
      sbx verify venue --public-key 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29
      sbx verify venue --tip 812:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    try:
        key = parse_public_key(public_key) if public_key else None
        reader = JournalReader(find_journal(directory), key, points=[parse_tip(tip) for tip in tips])
    except (JournalError, KeyFileError) as error:
        raise click.UsageError(str(error)) from error
    digest = EventsDigest()
    damage: JournalDamage | None = None
    try:
        snapshots = check_all(reader.directory)
        against = AgainstJournal(snapshots)
        for batch in reader.batches():
            for row in batch:
                digest.update(row[3])
            against.follow(reader.tip)
        against.end(reader.tip, reader.segments[0].header)
    except JournalDamage as found:
        damage = found
    except OSError as error:
        raise click.ClickException(f"the journal can't be read: {error}") from error
    if as_json:
        click.echo(json_text(summary(reader, digest, damage, snapshots)))
    else:
        show(reader, digest, damage, snapshots)
    raise SystemExit(_EXITS[status_of(reader, damage, snapshots)])


def parse_tip(text: str) -> Point:
    """Read `SEQ:LINK`, as a venue told it.

    Raises:
        click.UsageError: it is none.
    """
    seq, _, link = text.partition(":")
    try:
        if not (seq.isascii() and seq.isdigit()):
            raise ValueError(f"{seq} is no sequence number")
        point = Point(int(seq), exact_hex(link), f"the tip {text[:24]}...")
    except ValueError:
        point = None
    if point is None or point.seq < 1 or len(point.link) != LINK_BYTES:
        raise click.UsageError(
            f"--tip: {text!r} is no sequence number, a colon and {2 * LINK_BYTES} hexadecimal digits"
        )
    return point


def status_of(reader: JournalReader, damage: JournalDamage | None, snapshots: list[Checked]) -> str:
    """What was found, in a word; of several the worst."""
    if damage is not None:
        return "damaged"
    if not all(each.is_sound for each in snapshots):
        return "snapshots_damaged"
    return "torn" if reader.torn is not None else "sound"


def summary(
    reader: JournalReader, digest: EventsDigest, damage: JournalDamage | None, snapshots: list[Checked]
) -> dict[str, object]:
    """What was found, for machines."""
    segments = [
        {
            "name": segment.name,
            "bytes": segment.size,
            "frames": segment.frames,
            "first_seq": segment.header.first_seq,
            "last_seq": segment.last_seq,
            "core_version": segment.header.core_version,
            "rulebook_digest": segment.header.rulebook_digest,
            "signed": segment.is_signed,
        }
        for segment in reader.segments
    ]
    header = reader.segments[0].header if reader.segments else None
    return {
        "status": status_of(reader, damage, snapshots),
        "directory": str(reader.directory),
        "venue": header.venue if header is not None else None,
        "public_key": header.public_key.hex() if header is not None else None,
        "segments": segments,
        "frames": sum(segment.frames for segment in reader.segments),
        "commands": reader.tip.next_seq - 1,
        "events_digest": digest.hexdigest(),
        "head": head_summary(reader),
        "snapshots": [each.summary() for each in snapshots],
        "damage": damage_summary(damage),
        "torn": torn_summary(reader),
    }


def head_summary(reader: JournalReader) -> dict[str, object] | None:
    """What the head says, for machines; None: there is none."""
    head = reader.head
    if head is None:
        return None
    return {"seq": head.seq, "link": head.link.hex(), "durability": head.durability}


def damage_summary(damage: JournalDamage | None) -> dict[str, object] | None:
    """Where the damage is, for machines."""
    if damage is None:
        return None
    return {"segment": damage.segment, "offset": damage.offset, "reason": damage.reason}


def torn_summary(reader: JournalReader) -> dict[str, object] | None:
    """What the torn last frame is, for machines."""
    torn: Torn | None = reader.torn
    if torn is None:
        return None
    return {
        "segment": reader.segments[-1].name,
        "offset": torn.start,
        "end": torn.end,
        "reason": torn.reason,
        "first_missing_seq": None if torn.is_seal else torn.first_seq,
        "last_missing_seq": torn.last_seq or None,
        "only_signature": torn.is_seal,
    }


def head_words(reader: JournalReader) -> str:
    """What the head says, for people."""
    head = reader.head
    if head is None:
        return "there is no head: whether something is missing at the end can't be told"
    said = f"head: up to sequence number {head.seq:,} all was on the disk"
    behind = reader.tip.next_seq - 1 - head.seq
    if behind <= 0:
        return said
    more = f"{said}; of the {behind:,} commands after it, it can't be told whether others followed"
    return more + (", and under durability os it trails far" if head.durability == "os" else "")


def show(reader: JournalReader, digest: EventsDigest, damage: JournalDamage | None, snapshots: list[Checked]) -> None:
    """What was found, for people."""
    console = Terminal(wraps=False)
    if reader.segments:
        header = reader.segments[0].header
        console.tell(f"venue {header.venue}, key {header.public_key.hex()}")
        table = Table(Column("segment", no_wrap=True), "bytes", "frames", "sequence numbers", "core", "signature")
        for segment in reader.segments:
            is_bad = damage is not None and damage.segment == segment.name
            state = "damaged" if is_bad else "signed" if segment.is_signed else "still open"
            first, last = segment.header.first_seq, segment.last_seq
            numbers = f"{first} to {last}" if last >= first else "none"
            version = str(segment.header.core_version)
            table.add_row(segment.name, f"{segment.size:,}", f"{segment.frames:,}", numbers, version, state)
        console.print(table)
    commands = reader.tip.next_seq - 1
    frames = sum(segment.frames for segment in reader.segments)
    console.print(f"{len(reader.segments)} segments, {frames:,} sound frames, {commands:,} commands")
    console.print(f"events digest {digest.hexdigest()}")
    console.print(head_words(reader), markup=False)
    if snapshots:
        console.print(table_of(snapshots))
    if damage is not None:
        console.tell(("damaged", "red"), f": {damage}")
    elif reader.torn is not None:
        console.tell(("torn", "yellow"), f": {reader.segments[-1].name}: {reader.torn}")
    problems = [each for each in snapshots if not each.is_sound]
    if damage is None and problems:
        journal = "sound but for that" if reader.torn is not None else "sound"
        console.tell(
            ("snapshots damaged", "red"),
            f": the journal is {journal}, but of {len(snapshots)} snapshots {len(problems)} are not what they should be",
        )
        for each in problems:
            console.tell(f"  {each.name}: {each.problem}")
    elif damage is None and reader.torn is None:
        console.tell(("sound", "green"))
