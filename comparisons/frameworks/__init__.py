"""Judge the own functions of frameworks beside torch by the same truth, one file a framework."""
