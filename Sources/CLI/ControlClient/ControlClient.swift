// ControlClient
import AsyncHTTPClient
