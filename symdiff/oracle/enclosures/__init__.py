"""Enclosures: values with a proven bound, and how balls and running bounds make them."""
