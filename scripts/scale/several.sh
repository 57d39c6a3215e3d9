#!/bin/bash
# On each machine the same lines; FIRST is the name of one of them, which all others can reach.
set -euo pipefail

torchrun --nnodes 2 --nproc-per-node 8 --max-restarts 3 \
    --rdzv-id photos-1 --rdzv-backend c10d --rdzv-endpoint "$FIRST:29500" \
    -m ganzoo train stylegan2 --data photos --out runs/photos-1
