"""Compute with float64 values and a proven radius each, whole arrays at a time.

A ball here is a float64 midpoint and a float64 radius, as flint's is with more bits. It is made by
ordinary float64 operations, so that arrays go at their speed; what 53 bits do not decide is left
open, its radius infinite, for `symdiff.oracle` to decide with more.

No function of a libm is trusted: `elementary` has its own, each with the proof of its error.
Assumed is IEEE 754 arithmetic with rounding to nearest and gradual underflow (`environment` asks
the processor), and of a matrix product that each entry is the sum of its products, in any order.

Source: Rump, "Fast and parallel interval arithmetic", BIT 39(3), 1999: midpoint and radius.
"""
