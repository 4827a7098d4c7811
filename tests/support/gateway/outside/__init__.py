"""Programs of others, and clients of the Deribit port."""
