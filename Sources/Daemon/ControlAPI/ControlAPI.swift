// ControlAPI
import Hummingbird
