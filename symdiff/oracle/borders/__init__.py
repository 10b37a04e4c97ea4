"""Certify what a formula alone does not say: at ties, jumps and poles."""
