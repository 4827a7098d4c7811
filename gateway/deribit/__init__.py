"""A second port of a venue, which speaks as much of Deribit's JSON-RPC API as an unmodified `ccxt` needs (docs/CCXT.md)."""
