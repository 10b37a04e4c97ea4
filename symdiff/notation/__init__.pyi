from .writing import aligned as aligned
from .writing import latex as latex
from .writing import text as text
