"""What candles are: intervals, the arithmetic of one, and those that a venue has in memory of what was traded."""
