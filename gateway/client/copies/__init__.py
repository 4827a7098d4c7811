"""What a client follows of a market, and its own copies of it, kept from channels."""
