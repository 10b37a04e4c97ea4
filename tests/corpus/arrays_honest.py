WRONG = []
HONEST = []
