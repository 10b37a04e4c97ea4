"""The independent truth, which the tests of points and of tables take from this folder."""
