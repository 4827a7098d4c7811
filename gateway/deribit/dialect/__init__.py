"""What Deribit says as the venue would, and the other way: JSON-RPC, numbers, names, codes, and the documents made of messages."""
