"""The methods that may be called: those for anybody, of one's account, for orders, for channels."""
