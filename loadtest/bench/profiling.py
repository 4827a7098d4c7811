"""`sbx profile`: where the time of a command goes in a venue, stage by stage, interpreted and compiled."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from engine.build import build_name, is_compiled
from gateway.cli.small_table import small_table
from gateway.cli.terminal import Terminal
from gateway.printable import json_safe
from loadtest.bench.builds import DEFAULT_COMPILED, lines_of
from loadtest.bench.stages import CODECS, LEFT_OUT, STAGES, StagesLine, measure_stages
from loadtest.bench.stream import generate
