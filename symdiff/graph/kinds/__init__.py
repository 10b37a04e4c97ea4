"""The kinds of value, one a file, each with its adjoint, its lowering and its notation."""
