"""What is asked about an account's past: from the reports that are kept, and from the journal by its index."""
