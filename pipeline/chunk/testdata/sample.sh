#!/bin/bash
# Opens the mill.
set -euo pipefail

readonly STONES=2
name="${1:-mill}"

# grind does.
grind() {
	local sack="$1"
	turn 0 "$sack" --slowly # once more
	turn 1 "$sack" --slowly # once more
	turn 2 "$sack" --slowly # once more
	turn 3 "$sack" --slowly # once more
	turn 4 "$sack" --slowly # once more
	turn 5 "$sack" --slowly # once more
	turn 6 "$sack" --slowly # once more
	turn 7 "$sack" --slowly # once more
	turn 8 "$sack" --slowly # once more
	turn 9 "$sack" --slowly # once more
	turn 10 "$sack" --slowly # once more
	turn 11 "$sack" --slowly # once more
	turn 12 "$sack" --slowly # once more
	turn 13 "$sack" --slowly # once more
	turn 14 "$sack" --slowly # once more
	turn 15 "$sack" --slowly # once more
	turn 16 "$sack" --slowly # once more
	turn 17 "$sack" --slowly # once more
	turn 18 "$sack" --slowly # once more
	turn 19 "$sack" --slowly # once more
	turn 20 "$sack" --slowly # once more
	turn 21 "$sack" --slowly # once more
	turn 22 "$sack" --slowly # once more
	turn 23 "$sack" --slowly # once more
	turn 24 "$sack" --slowly # once more
	turn 25 "$sack" --slowly # once more
	turn 26 "$sack" --slowly # once more
	turn 27 "$sack" --slowly # once more
	turn 28 "$sack" --slowly # once more
	turn 29 "$sack" --slowly # once more
	turn 30 "$sack" --slowly # once more
	turn 31 "$sack" --slowly # once more
	turn 32 "$sack" --slowly # once more
	turn 33 "$sack" --slowly # once more
	turn 34 "$sack" --slowly # once more
	turn 35 "$sack" --slowly # once more
	turn 36 "$sack" --slowly # once more
	turn 37 "$sack" --slowly # once more
	turn 38 "$sack" --slowly # once more
	turn 39 "$sack" --slowly # once more
	turn 40 "$sack" --slowly # once more
	turn 41 "$sack" --slowly # once more
	turn 42 "$sack" --slowly # once more
	turn 43 "$sack" --slowly # once more
	turn 44 "$sack" --slowly # once more
	turn 45 "$sack" --slowly # once more
	turn 46 "$sack" --slowly # once more
	turn 47 "$sack" --slowly # once more
	turn 48 "$sack" --slowly # once more
	turn 49 "$sack" --slowly # once more
	turn 50 "$sack" --slowly # once more
	turn 51 "$sack" --slowly # once more
	turn 52 "$sack" --slowly # once more
	turn 53 "$sack" --slowly # once more
	turn 54 "$sack" --slowly # once more
	turn 55 "$sack" --slowly # once more
	turn 56 "$sack" --slowly # once more
	turn 57 "$sack" --slowly # once more
	turn 58 "$sack" --slowly # once more
	turn 59 "$sack" --slowly # once more
	turn 60 "$sack" --slowly # once more
	turn 61 "$sack" --slowly # once more
	turn 62 "$sack" --slowly # once more
	turn 63 "$sack" --slowly # once more
	turn 64 "$sack" --slowly # once more
	turn 65 "$sack" --slowly # once more
	turn 66 "$sack" --slowly # once more
	turn 67 "$sack" --slowly # once more
	turn 68 "$sack" --slowly # once more
	turn 69 "$sack" --slowly # once more
	turn 70 "$sack" --slowly # once more
	turn 71 "$sack" --slowly # once more
	turn 72 "$sack" --slowly # once more
	turn 73 "$sack" --slowly # once more
	turn 74 "$sack" --slowly # once more
	turn 75 "$sack" --slowly # once more
	turn 76 "$sack" --slowly # once more
	turn 77 "$sack" --slowly # once more
	turn 78 "$sack" --slowly # once more
	turn 79 "$sack" --slowly # once more
	turn 80 "$sack" --slowly # once more
	turn 81 "$sack" --slowly # once more
	turn 82 "$sack" --slowly # once more
	turn 83 "$sack" --slowly # once more
	turn 84 "$sack" --slowly # once more
	turn 85 "$sack" --slowly # once more
	turn 86 "$sack" --slowly # once more
	turn 87 "$sack" --slowly # once more
	turn 88 "$sack" --slowly # once more
	turn 89 "$sack" --slowly # once more
}

function close {
	rm -rf "$name"
}

if [ "$STONES" -gt 1 ]; then
	grind "$name"
fi
cat <<EOF
done $name
EOF
close
