"""`sbx verify`: whether a journal is what the venue wrote."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Column, Table

from engine.record.segments import Torn
from engine.replay import EventsDigest
from gateway.cli.terminal import Terminal
from gateway.journal.files import JournalError, find_journal
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.keys import KeyFileError, parse_public_key
from gateway.printable import json_text

SOUND = 0
DAMAGED = 1
TORN = 3


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--public-key",
    metavar="HEX",
    help="The venue's key, from a source you trust. Without it the key in the journal itself is believed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(directory: Path, public_key: str | None, as_json: bool) -> None:
    """Check the integrity of the journal in DIRECTORY (or its folder journal), and change nothing.

    Every frame's checksums, the hash chain through all segments, the sequence numbers and every segment's signature. A
    segment that the venue still writes, or was writing when it crashed, is open: chained, but not yet signed.

    \b
    Exit status:
      0  sound
      1  damaged: the file, the offset of the frame and the reason are named
      2  usage
      3  sound but for a bad last frame: torn by a crash, or damaged, which can't be told apart

    \b
    Examples:
      sbx verify venue
      sbx verify venue/journal --json
      sbx verify venue --public-key 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29
    """
    try:
        reader = JournalReader(find_journal(directory), parse_public_key(public_key) if public_key else None)
    except (JournalError, KeyFileError) as error:
        raise click.UsageError(str(error)) from error
    digest = EventsDigest()
    damage: JournalDamage | None = None
    try:
        for row in reader.rows():
            digest.update(row[3])
    except JournalDamage as found:
        damage = found
    except OSError as error:
        raise click.ClickException(f"the journal can't be read: {error}") from error
    if as_json:
        click.echo(json_text(summary(reader, digest, damage)))
    else:
        show(reader, digest, damage)
    if damage is not None:
        raise SystemExit(DAMAGED)
    raise SystemExit(TORN if reader.torn is not None else SOUND)


def summary(reader: JournalReader, digest: EventsDigest, damage: JournalDamage | None) -> dict[str, object]:
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
        "status": "damaged" if damage is not None else "torn" if reader.torn is not None else "sound",
        "directory": str(reader.directory),
        "venue": header.venue if header is not None else None,
        "public_key": header.public_key.hex() if header is not None else None,
        "segments": segments,
        "frames": sum(segment.frames for segment in reader.segments),
        "commands": reader.tip.next_seq - 1,
        "events_digest": digest.hexdigest(),
        "damage": damage_summary(damage),
        "torn": torn_summary(reader),
    }


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


def show(reader: JournalReader, digest: EventsDigest, damage: JournalDamage | None) -> None:
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
    if damage is not None:
        console.tell(("damaged", "red"), f": {damage}")
    elif reader.torn is not None:
        console.tell(("torn", "yellow"), f": {reader.segments[-1].name}: {reader.torn}")
    else:
        console.tell(("sound", "green"))
