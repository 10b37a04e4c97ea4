"""Functions of whole arrays, put together from the kinds."""
