"""Put functions of whole arrays together from the kinds of node."""
