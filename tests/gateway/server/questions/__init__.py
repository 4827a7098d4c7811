"""What a served venue is asked: the past, candles, oneself; in two languages, and too often."""
