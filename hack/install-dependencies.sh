#!/bin/sh
# Installs node_modules exactly as package-lock.json says. Needs any Node.js >= 18 with npm: where that is too old for
# nodefleet, a package of the lock file brings a newer node. Runs no install scripts.
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "nodefleet: $1" >&2
  exit 1
}

command -v node >/dev/null || fail 'no node on the PATH: install Node.js 18 or newer (24 is best), with npm'
command -v npm >/dev/null || fail 'no npm on the PATH: install it beside node (it comes with Node.js)'
node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' ||
  fail "Node.js $(node --version) is too old to install with: 18 is the oldest (24 is best)"

echo 'Installing dependencies (npm ci) …' >&2
npm ci --include=dev --include=optional --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
touch node_modules/.package-lock.json

PATH="$PWD/node_modules/.bin:$PATH"
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 19) ? 0 : 1)' || {
  rm -f node_modules/.package-lock.json
  fail "needs Node.js >= 22.19; the PATH has $(node --version), and no package brings one for $(uname -sm)"
}
