"""The kinds of node, one a file, each with its adjoint, its lowering and its notation."""
