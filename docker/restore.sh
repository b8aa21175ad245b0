#!/usr/bin/env bash
# Puts a backup back: `restore.sh FOLDER-OF-THE-BACKUP < age-key.txt`. Stop the node first. The private key is read from
# standard input and never written; nothing is put back unless both files can be read to their end.
set -euo pipefail
umask 077

from=${1:?name the folder of the backup, e.g. /backups/2026-01-31T020000Z}
node=${NODE_DIR:-/node}
MONGO_URI=${MONGO_URI:-"mongodb://enlace:${MONGO_ENLACE_PASSWORD:-}@mongo1,mongo2,mongo3/enlace?replicaSet=enlace"}
key=$(cat)
[ -n "$key" ] || { echo 'Give the private key on standard input: restore.sh FOLDER < age-key.txt' >&2; exit 1; }

open() { age -d -i <(printf '%s\n' "$key") "$from/$1"; }

for file in enlace.archive.gz.age node.tar.gz.age; do
  open "$file" | gzip -t || { echo "$file cannot be read with this key, or is damaged. Nothing was changed." >&2; exit 1; }
done
open enlace.archive.gz.age | mongorestore --quiet --gzip --archive --drop --config=<(printf 'uri: "%s"\n' "$MONGO_URI")
open node.tar.gz.age | tar -xz -C "$node"
echo "restored $from"
