"""Orders, futures, papers and the passing of time, as participants and supervisors of a served venue see them."""
