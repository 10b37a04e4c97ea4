from .isolation import breakpoints as breakpoints
from .isolation import isolate as isolate
from .isolation import kinks as kinks
from .kink import Kink as Kink
from .kink import Kinks as Kinks
from .kink import Unresolved as Unresolved
