"""How torch is made to differentiate: an engine a file, all of them in `every`."""
