"""`sbx load`: open-loop load on a venue, measured honestly, checked, and compared."""
