// Supervision
import Subprocess
