"""Engines that differ in how torch is asked to differentiate, one file each."""
