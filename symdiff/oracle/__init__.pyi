from .choice import enclose as enclose
from .enclosures.enclosure import FORMATS as FORMATS
from .enclosures.enclosure import Enclosure as Enclosure
from .enclosures.from_balls import enclosure_of as enclosure_of
from .points.ball import enclose_ball as enclose_ball
