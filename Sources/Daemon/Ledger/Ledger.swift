// Ledger
import GRDB
