#!/usr/bin/env bash
# The targets, their seeds and their options, for ClusterFuzzLite and OSS-Fuzz. Both set OUT and SRC; a dry run sets OUT,
# and BUILD where there is no cargo-fuzz: see .ci/long.
#
# `conform` is left out: the service's containers forbid what it takes of the kernel.
set -euo pipefail
cd "$(dirname "$0")"
[ -d ../fuzz ] && cd .. || cd "$SRC/memfd-seal-model"

${BUILD:-cargo fuzz build -O --debug-assertions}
built=$(dirname "$(find fuzz/target -maxdepth 3 -name schedule -type f -perm -u+x -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2)")
for target in schedule hunt engines input; do
    cp "$built/$target" "$OUT/"
    zip --quiet --junk-paths --recurse-paths "$OUT/${target}_seed_corpus.zip" "fuzz/seeds/$target"
    printf '[libfuzzer]\nmax_len = 512\n' >"$OUT/$target.options"
done
