"""Frameworks beside torch: their own functions judged by the same truth, a file each."""
