"""Futures and their marks, close-outs, transfers, holdings, corrections of trades."""
