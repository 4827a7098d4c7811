"""What a program or a notebook is shown of a venue: plain values with exact decimals, each with a line and a table of its own."""
