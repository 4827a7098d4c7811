"""What presses a venue: participants, recorded flow, scenarios, benchmarks."""
