#!/usr/bin/env bash
# Kills `careflex report --store`, `careflex outbox run` and `careflex watch` 500 times in all with `kill -9`, at random
# moments, and checks after each kill that the outbox and the portal (a sandbox in the test) tell the same: nothing is lost, nothing is
# booked twice, each employee's incidents are in their order. Nothing but cargo is needed. It takes a few minutes.
#
#   bash scripts/kill-test.sh
#   CAREFLEX_KILLS=5000 bash scripts/kill-test.sh       # more of it
#   CAREFLEX_SEED=17 bash scripts/kill-test.sh          # with the populations, delays and aims of this seed
#   CAREFLEX_SEED=17 CAREFLEX_ROUND=4 bash scripts/kill-test.sh   # one round of it, again and again
#
# The last lines sum up what was killed when, and what came of it. A failure tells seed and round, and leaves the
# folder with the outbox. When a kill hits depends on the machine: the same seed does not hit exactly the same again.
set -euo pipefail
cd "$(dirname "$0")/.."

export CAREFLEX_KILLS="${CAREFLEX_KILLS:-500}"
# Others each time, so that it finds more the more often it runs.
export CAREFLEX_SEED="${CAREFLEX_SEED:-$(date +%s)}"
cargo test --release --locked -p careflex-cli --test kills -- --nocapture
