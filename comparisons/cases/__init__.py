"""A case is a subject at inputs in a type, with its truth; `asked` makes one of a request."""
