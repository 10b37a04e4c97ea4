"""How torch is made to differentiate: modes and layouts, an engine a file, listed in `every`."""
