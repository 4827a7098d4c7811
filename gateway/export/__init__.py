"""A session as tables of typed columns for other programs: declared once, made row by row, written as Parquet or handed to Arrow."""
