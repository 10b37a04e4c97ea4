from .ball import enclose_ball as enclose_ball
from .choice import enclose as enclose
from .enclosure import FORMATS as FORMATS
from .enclosure import Enclosure as Enclosure
from .from_balls import enclosure_of as enclosure_of
