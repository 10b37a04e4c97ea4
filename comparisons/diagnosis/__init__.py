"""Find where an error comes from: the line that loses the digits, or the backward that is wrong.

A run of the user's code, forward and backward, is followed operator by operator. Beside each number
that torch computed stands what the same step gives in exact arithmetic, so the error of a gradient
splits into parts: what the formula that was run is off by, and what each operator's rounding adds.
"""
