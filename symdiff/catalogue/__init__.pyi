from .lookup import activation as activation
from .lookup import loss as loss
