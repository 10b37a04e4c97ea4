"""The engines are the ways to make torch differentiate: modes and layouts, one file each."""
