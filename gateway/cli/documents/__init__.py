"""What a venue goes by, to read: rulebooks, the protocol, the codes of refusals."""
