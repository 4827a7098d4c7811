"""A recorded session replayed beside itself under other rules: read, compared, put into tables, on a page, and in grids."""
