// Settings
import TOMLKit
