"""Channels by Deribit's names, of markets and of one's own account; and its candles."""
