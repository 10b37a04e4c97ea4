"""Ties, jumps and poles: what is certified where a formula alone does not say."""
