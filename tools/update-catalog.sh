#!/bin/bash
# Write systemd/finetuned.catalog and the table of events in docs/logging.md anew from EventKind.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --build-tests -Xswiftc -enable-testing
FINETUNED_UPDATE=1 swift test -c release --skip-build -Xswiftc -enable-testing --filter SystemdUnitTests.CatalogTests
