"""Compute many float64 values with one proven relative bound a block.

Where float balls keep a radius beside every value, here a block of some hundred values, a register,
has one number K, which says of each of its entries v:

- v is NaN, and nothing is known; or
- the truth t exists, |t − v| ≤ K |v|, and v is 0, which then is exact, or 2⁻⁹⁶¹ ≤ |v| ≤ 2⁹⁶¹.

K is 0, 2⁻⁶⁰ to 2⁻²⁴, or ∞, which says nothing of any entry. A loop computes values, and of the K of
its operands that of its result; only a sum asks its entries how much it magnifies errors. So a
value costs half of what a ball does or less. An entry that a sum magnifies beyond measure becomes
NaN, so that it does not spoil the K of the others. What is not known well enough this way is
computed in balls.

The range is what makes K enough. A sum of two values in it is 0 or at least 2⁻¹⁰¹³, so nothing
underflows unseen: every operation obeys |computed − exact| ≤ u |exact|, u = 2⁻⁵³, but for a product
or a quotient that becomes 0 and is none. What leaves the range, overflow and what has no value
included, shows in the exponents of a result's bits, of which a loop asks all together whether one
is out of range; then it asks each, and makes those NaN. It asks for 2^±960; a function that gives
back about what it takes may fall below that by 2⁻⁴⁶ of it, 10⁵ times and yet not below 2⁻⁹⁶¹. NaN
goes through arithmetic, is not equal to, less or greater than anything, and so decides no
condition; a case that is not taken drops it.

Errors are compared as |log (t/v)|, which is within K (1 + K) of K. A function moves log |f| by the
move of log |x| times κ = |x f′/f|, at most, and so K by κ K; e^x − 1 ≤ x (1 + x). All that is of
second order, and what the formula of a K itself rounds by, is below 2⁻¹⁰ of a K up to 2⁻²⁵:
`bounds.told` adds that.

Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., chapters 1 (the condition
number) and 3 (products of 1 + δ).
"""
