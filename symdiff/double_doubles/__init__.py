"""Compute with double-double values and a proven radius each, whole arrays at a time.

A ball here has a midpoint high + low of two float64, some 106 bits, and a float64 radius: what
`symdiff.float_balls` is to float32 this is to float64. Lowering, tapes and the run of a program are
that room's; here is the arithmetic.

Nothing is taken from a theorem about double-doubles as a whole. Every operation is a chain of
error-free transformations, which are identities, and of roundings whose loss is measured by one
more such transformation: the radius adds up what was lost. A function is a formula in such balls:
its argument reduced by an identity, a table that flint proves, a series with its remainder. So its
proof is the formula's; the roundings prove themselves.

Source: Dekker, "A floating-point technique for extending the available precision", Numerische
Mathematik 18, 1971; Knuth, The Art of Computer Programming 2, §4.2.2 (TwoSum); Ogita, Rump, Oishi,
"Accurate sum and dot product", SIAM J. Sci. Comput. 26(6), 2005; Joldes, Muller, Popescu, "Tight
and rigorous error bounds for basic building blocks of double-word arithmetic", ACM TOMS 44(2),
2017, whose algorithms these are.
"""
