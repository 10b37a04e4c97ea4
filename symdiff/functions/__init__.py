"""Special functions whose derivatives stay accurate where textbook forms overflow or cancel.

One stanza a function: its derivative (`fdiff`), how each arithmetic evaluates it, and how it is
written. Plain SymPy would not do: `diff(1/(1 + exp(-z)))` evaluates to NaN at −800,
`1 - tanh(z)**2` loses every digit from z = 20 on, and `cosh(z)**-2` overflows.

SymPy differentiates straight into these forms: σ' = σ(z) σ(−z), tanh' = sech²(z), Φ' = φ(z).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
