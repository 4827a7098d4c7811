"""The messages of sbx.v1 and how they travel: Structs, codecs, decimals."""
