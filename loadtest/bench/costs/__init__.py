"""What a command costs by its parts: rules, stages, sizes of a book, percentiles, memory."""
