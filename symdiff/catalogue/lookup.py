"""Look up activations and losses by name, by formula, or as they are."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr

from symdiff.definition import Definition, user_definition
from symdiff.suggestion import same_name, suggestion


def activation(source: str | Expr | Definition, /, **parameters: object) -> Definition:
    """Get an activation by name, by formula (text or SymPy) in `z`, or as it is.

    Keyword arguments set parameters: `activation("elu", alpha=0.5)`,
    `activation("z*sigmoid(beta*z)", beta=1)`.

    Raises: ValueError if the name, a symbol or a parameter is unknown; TypeError if `source` is
        none of these.
    """
    from symdiff.catalogue.activations import activations

    return _lookup(source, activations, ("z",), "activation", parameters)


def loss(source: str | Expr | Definition, /, **parameters: object) -> Definition:
    """Get a pointwise loss of prediction `y` and target `t`, by name, by formula, or as it is.

    Keyword arguments set parameters: `loss("huber", delta=2)`.

    Raises: ValueError if the name, a symbol or a parameter is unknown; TypeError if `source` is
        none of these.
    """
    from symdiff.catalogue.losses import losses

    return _lookup(source, losses, ("y", "t"), "loss", parameters)


def _lookup(
    source: str | Expr | Definition,
    catalogue: Mapping[str, Definition],
    variables: tuple[str, ...],
    kind: str,
    parameters: Mapping[str, object],
) -> Definition:
    if isinstance(source, str) and source in catalogue:
        source = catalogue[source]
    if isinstance(source, Definition):
        return source.with_parameters(**parameters) if parameters else source
    is_word = isinstance(source, str) and source.isidentifier() and source not in variables
    if is_word and source not in parameters:
        raise ValueError(_unknown(str(source), catalogue, kind))
    return user_definition(source, variables, parameters)


def _unknown(name: str, catalogue: Mapping[str, Definition], kind: str) -> str:
    """The sentence about a name that is in no catalogue, or in another."""
    from symdiff.catalogue.activations import activations
    from symdiff.catalogue.losses import losses

    if same_name(name, catalogue) is None:
        others = {"activations": activations, "losses": losses}
        for where, names in others.items():
            if (found := same_name(name, names)) is not None:
                return f"{found!r} is no {kind}; symdiff.{where}[{found!r}] has it"
    hint = suggestion(name, catalogue, f"`symdiff list` shows all {len(catalogue)}")
    return f"unknown {kind} {name!r}; {hint}"
