from .compiled import compile_ball as compile_ball
from .elementary import CannotCertify as CannotCertify
from .elementary import Undecided as Undecided
from .elementary import Undefined as Undefined
